"""By e-mail: the channel everybody has. An unreachable server is left in peace for a moment."""

import logging
import smtplib
from contextlib import suppress

import requests
from django.core import mail
from django.core.cache import cache

from accounts.channels.outcomes import MaybeSent, NotSent
from accounts.mail_words import render, shown_error
from accounts.models import Attempt, DeadAddress, Notification

logger = logging.getLogger(__name__)

REST = 30  # seconds without another try after the mail server could not be reached
MAIL_RESTS = "notifications:mail-rests"


def is_dead(email: str) -> bool:
    """Mails to it come back."""
    return DeadAddress.objects.filter(email__iexact=email).exists()


class Mails:
    def rests(self) -> bool:
        return bool(cache.get(MAIL_RESTS))

    def can_reach(self, notice: Notification) -> bool:
        return bool(notice.email) and not is_dead(notice.email)

    def send(self, attempt: Attempt) -> bool:
        """One message over one connection; with a provider's API (django-anymail) the connection is
        its session.
        """
        connection = mail.get_connection()  # with settings.EMAIL_TIMEOUT
        try:
            message = render(attempt.notification)
            message.message()  # refuses a header that is none, before anybody is called
        # whatever is wrong with the words, the other messages must go out
        except Exception as error:
            logger.exception("Notification %s could not be written", attempt.notification_id)
            raise NotSent(shown_error(error)) from error
        try:
            connection.open()
        except OSError as error:  # smtplib's errors are OSErrors too, and those of requests
            logger.warning("Mail server not reached: %s", error)
            cache.set(MAIL_RESTS, True, REST)
            raise NotSent(shown_error(error)) from error
        try:
            connection.send_messages([message])
        except (
            smtplib.SMTPResponseException,
            smtplib.SMTPRecipientsRefused,
            requests.ConnectTimeout,
        ) as error:
            raise NotSent(shown_error(error)) from error
        except OSError as error:
            # a provider's own refusal, by its number
            if status := getattr(error, "status_code", None):
                raise NotSent(f"{type(error).__name__}: {status}") from error
            logger.error("Notification %s may or may not have gone out", attempt.notification_id)
            raise MaybeSent(shown_error(error)) from error
        finally:
            with suppress(OSError):
                connection.close()
        attempt.provider_key = str(
            getattr(getattr(message, "anymail_status", None), "message_id", None) or ""
        )[:120]
        return False
