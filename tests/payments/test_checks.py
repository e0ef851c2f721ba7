"""Which keys may stand where (fault M21), and that no stand-in is beside a real one."""

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from payments import checks

LIVE = {
    "STANDIN": False,
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_1"],
    "STRIPE_CONNECT_WEBHOOK_SECRETS": ["whsec_2"],
}
TEST = {**LIVE, "STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_PUBLISHABLE_KEY": "pk_test_x"}


@pytest.mark.parametrize(
    ("production", "given", "wrong"),
    [
        (True, {"STANDIN": True}, ["payments.E001"]),
        (False, {"STANDIN": True}, []),
        (True, LIVE, []),
        (True, {**LIVE, "STRIPE_SECRET_KEY": "rk_live_x"}, []),
        (False, TEST, []),
        (True, TEST, ["payments.E002", "payments.E003"]),
        (False, LIVE, ["payments.E002", "payments.E003"]),
        (True, {**LIVE, "STRIPE_PUBLISHABLE_KEY": "pk_test_x"}, ["payments.E003"]),
        (True, {**LIVE, "STRIPE_WEBHOOK_SECRETS": []}, ["payments.E004"]),
        (True, {**LIVE, "STRIPE_CONNECT_WEBHOOK_SECRETS": []}, ["payments.E004"]),
    ],
)
def test_keys(production, given, wrong):
    with override_settings(PRODUCTION=production, **given):
        assert [error.id for error in checks.check_keys()] == wrong
        if wrong:
            with pytest.raises(ImproperlyConfigured):
                apps.get_app_config("payments").ready()
        else:
            apps.get_app_config("payments").ready()


def test_stand_in_beside_a_real_key_is_an_error():
    assert checks.check_standin_is_away() == []
    with override_settings(**TEST):
        assert [error.id for error in checks.check_standin_is_away()] == ["payments.E005"]
    with override_settings(ROOT_URLCONF="tests.payments.test_checks", **TEST):
        assert checks.check_standin_is_away() == []


urlpatterns = []
