from django.apps import AppConfig


class MilaConfig(AppConfig):
    name = "mila"

    def ready(self):
        from mila import celery_app, heartbeat  # the jobs' settings are complete only now

        heartbeat.watch()
        # Verbs send jobs by name, also from the pages' processes, which import no tasks by
        # themselves.
        celery_app.autodiscover_tasks(force=True)
