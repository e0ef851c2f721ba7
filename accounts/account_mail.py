"""What allauth has to say by mail, said as all our mail is: a row in the outbox, our words and look
(rule N2).

A row and no call to the mail server: a known and an unknown address cost the same time, and a
server that is away breaks no page. Codes and links are sealed: who reads the row cannot use them.
Links begin with SITE_URL, never with the address a request happened to name.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account import app_settings
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from accounts import notifications, proofs
from accounts.models import User
from mila.clock import mila_now
from mila.transactions import verb

# allauth's name of a mail, and the kind that says it here: templates/emails/<kind>.txt. What is not
# here is not sent.
KINDS = {
    "account/email/email_confirmation": "account_code",
    "account/email/email_confirmation_signup": "account_code",
    "account/email/password_reset_key": "account_reset",
    "account/email/unknown_account": "account_unknown",
    "account/email/email_changed": "account_email_changed",
    "account/email/password_changed": "account_password_changed",
    "account/email/password_set": "account_password_changed",
    "account/email/password_reset": "account_password_changed",
    "account/email/account_already_exists": "account_way_in",
    "mfa/email/totp_activated": "account_factor_added",
    "mfa/email/webauthn_added": "account_factor_added",
    "mfa/email/totp_deactivated": "account_factor_removed",
    "mfa/email/webauthn_removed": "account_factor_removed",
    "mfa/email/recovery_codes_generated": "account_recovery_codes",
}


class AccountMail:
    """For the adapter: every mail of allauth's goes through `send_mail` or
    `send_notification_mail`.
    """

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        kind = KINDS.get(template_prefix)
        if kind is None:
            return super().send_mail(template_prefix, email, context)  # type: ignore[misc]
        sealed = {"code": context["code"]} if "code" in context else {}
        if "uid" in context:
            sealed["link"] = self.get_reset_password_from_key_url(
                f"{context['uid']}-{context['key']}"
            )
        facts: dict[str, Any] = {
            "signs_up": page("account_signup"),
            "forgot": page("account_reset_password"),
        }
        if "code" in sealed:
            facts["until_at"] = mila_now() + timedelta(
                seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT
            )
        return _queue(kind, email, context.get("user"), facts, sealed)

    def send_notification_mail(self, template_prefix, user, context=None, email=None) -> None:
        """To the account, or to the address it has just left; whatever EMAIL_NOTIFICATIONS says."""
        if template_prefix in KINDS:
            self.send_mail(template_prefix, email or user.email, {**(context or {}), "user": user})
        else:
            super().send_notification_mail(  # type: ignore[misc]
                template_prefix, user, context, email
            )

    def send_account_already_exists_mail(self, email: str) -> None:
        """To who signs up with a known address: the way in.

        A password is chosen by link where none was proved.
        """
        user = User.objects.filter(email=email).first()
        if user is None:
            return
        sealed = {}
        if not proofs.has_proved(user):
            key = default_token_generator.make_token(user)
            sealed["link"] = self.get_reset_password_from_key_url(
                f"{user_pk_to_url_str(user)}-{key}"
            )
        facts = {"signs_in": page("account_login"), "forgot": page("account_reset_password")}
        _queue("account_way_in", email, user, facts, sealed)

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, token = key.partition("-")
        return page("account_reset_password_from_key", uidb36=uid, key=token)


def page(name: str, **values: str) -> str:
    return settings.SITE_URL + reverse(name, kwargs=values)


@verb
def _queue(
    kind: str, email: str, user: User | None, facts: dict[str, Any], sealed: dict[str, Any]
) -> None:
    notifications.queue(
        kind=kind,
        subject_id=uuid4(),  # about no booking: every one is a message of its own
        round=0,
        user=user,
        email=email,
        language=user.language if user else (get_language() or "fr")[:2],
        context=facts,
        sealed=sealed,
    )
