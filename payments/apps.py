from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Money")
    label = "payments"

    def ready(self):
        from payments import checks

        # gunicorn and the workers run no system checks: what production may not do stops them here.
        wrong = checks.keys_fit()
        if wrong:
            raise ImproperlyConfigured(" ".join(error.msg for error in wrong))
