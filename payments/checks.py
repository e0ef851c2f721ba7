"""What must hold before the site takes money: the right keys in the right place, and no stand-in
beside a real key.
"""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.urls import Resolver404, resolve

STANDIN_PATH = "/_stripe/v1/events"
LIVE, TEST = ("sk_live_", "rk_live_"), ("sk_test_", "rk_test_")


@register(Tags.security)
def check_keys(app_configs=None, **options):
    return keys_fit()


@register(Tags.urls)
def check_standin_is_away(app_configs=None, **options):
    """With a real key nothing answers under the stand-in's address."""
    if settings.STANDIN:
        return []
    try:
        resolve(STANDIN_PATH)
    except Resolver404:
        return []
    return [
        Error(
            "The stand-in for Stripe answers although STRIPE_SECRET_KEY is set.", id="payments.E005"
        )
    ]


def keys_fit():
    """A live key in development moves real money by mistake; a test key in production moves none
    (fault M21).
    """
    if settings.STANDIN:
        if settings.PRODUCTION:
            return [
                Error("Production needs STRIPE_SECRET_KEY: it has no stand-in.", id="payments.E001")
            ]
        return []
    wanted = LIVE if settings.PRODUCTION else TEST
    errors = []
    if not settings.STRIPE_SECRET_KEY.startswith(wanted):
        errors.append(
            Error(f"STRIPE_SECRET_KEY must begin with {wanted[0]} here.", id="payments.E002")
        )
    if not settings.STRIPE_PUBLISHABLE_KEY.startswith(wanted[0].replace("sk_", "pk_")):
        errors.append(
            Error("STRIPE_PUBLISHABLE_KEY does not fit STRIPE_SECRET_KEY.", id="payments.E003")
        )
    if not (settings.STRIPE_WEBHOOK_SECRETS and settings.STRIPE_CONNECT_WEBHOOK_SECRETS):
        errors.append(
            Error(
                "STRIPE_WEBHOOK_SECRETS and STRIPE_CONNECT_WEBHOOK_SECRETS must be set.",
                id="payments.E004",
            )
        )
    return errors
