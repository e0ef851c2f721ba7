from django.apps import AppConfig


class MilaConfig(AppConfig):
    name = "mila"

    def ready(self):
        from mila import heartbeat  # the jobs' settings are complete only now

        heartbeat.watch()
