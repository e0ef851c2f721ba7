"""By text message: one part of the telephone's own alphabet, to mobile numbers of France and
Switzerland (fault S6).

Two adapters: a log, whose messages the demo's desk shows, and one provider's address that takes a
signed request. Each message is counted in the database before it leaves, by number, prefix and day:
a cap that Redis forgets is none.
"""

import hashlib
import json
import logging
import re
from datetime import timedelta

import requests
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Sum
from django.template.loader import select_template
from django.utils import translation
from django.utils.crypto import salted_hmac
from urllib3.exceptions import NewConnectionError

from accounts import gsm
from accounts.channels.outcomes import MaybeSent, NotSent, UsedUp
from accounts.mail_words import headline, readable, shown_error, unsealed
from accounts.models import Attempt, Notification
from accounts.signatures import signed
from mila.clock import machine_now, mila_now
from places.place import Country
from policy.queries import policy_at

logger = logging.getLogger(__name__)

MOBILE = re.compile(r"\+33[67]\d{8}|\+417[4-9]\d{7}")
PREFIX = 6  # signs of a number that a fraud buys in blocks: +33 and three digits, +41 and three
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CONNECT, READ = 3, 10  # seconds
ANSWER = 10_000  # bytes of the provider's answer that are read
REST, RESTS = 30, "notifications:sms-rests"
# messages are counted under it
SERIALIZE, COUNTING = "SELECT pg_advisory_xact_lock(%s)", 20_261_128


class TextMessages:
    def rests(self) -> bool:
        return False  # its ladder goes on at once: nobody waits for a provider

    def can_reach(self, notice: Notification) -> bool:
        ready = settings.SMS_GATEWAY and not cache.get(RESTS)
        return bool(ready and MOBILE.fullmatch(phone_of(notice)))

    def send(self, attempt: Attempt) -> bool:
        number, words = phone_of(attempt.notification), text_of(attempt.notification)
        if not MOBILE.fullmatch(number):
            raise NotSent("No mobile number of France or Switzerland.")
        count(attempt, number, gsm.parts(words))
        if settings.SMS_GATEWAY == "log":
            logger.info("Text message of attempt %s: %s part(s)", attempt.pk, attempt.parts)
            return True  # on the demo's desk, where it can be read
        attempt.provider_key = _post(attempt, number, words)
        return False


def phone_of(notice: Notification) -> str:
    return "".join(unsealed(notice).get("phone", "").split())


def text_of(notice: Notification) -> str:
    """Its short words and the page they lead to.

    Never the mailed link: it proves that somebody reads that mailbox.
    """
    facts = unsealed(notice)
    with translation.override(notice.language):
        own = select_template([f"sms/{notice.kind}.txt", "sms/_any.txt"])
        words = own.render({**readable(notice.context), **facts, "headline": headline(notice)})
    return gsm.fitted(words, facts.get("page", ""))


def count(attempt: Attempt, number: str, parts: int) -> None:
    """Take its place under the caps, or raise NotSent.

    One counts at a time: two rivals never share the last place.
    """
    country = Country.CH if number.startswith("+41") else Country.FR
    at = mila_now()
    policy = policy_at(at, country)
    hashed = salted_hmac("accounts.sms", number, algorithm="sha256").hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(SERIALIZE, [COUNTING])
        counted = (
            Attempt.objects.exclude(number_hash="")
            .exclude(pk=attempt.pk)
            .filter(begun_at__gt=at - DAY)
        )
        if counted.filter(number_hash=hashed).count() >= policy.texts_per_number:
            raise NotSent("Enough text messages to this number within a day.")
        if (
            counted.filter(prefix=number[:PREFIX], begun_at__gt=at - HOUR).count()
            >= policy.texts_per_prefix
        ):
            raise NotSent("Enough text messages to numbers like this within an hour.")
        of_country = counted.filter(prefix__startswith=number[:3])
        if (of_country.aggregate(paid=Sum("parts"))["paid"] or 0) + parts > policy.texts_per_day:
            logger.error("The day's text messages to %s are used up", country)
            raise UsedUp(country)
        attempt.number_hash, attempt.prefix, attempt.parts = hashed, number[:PREFIX], parts
        attempt.save(update_fields=["number_hash", "prefix", "parts"])


def _post(attempt: Attempt, number: str, words: str) -> str:
    """The provider's name for it. The key makes a repeat of the same attempt harmless on their
    side.
    """
    body = json.dumps(
        {
            "to": number,
            "from": settings.SMS_SENDER,
            "text": words,
            "receipts": f"{settings.SITE_URL}/webhooks/sms/",
        }
    ).encode()
    name = hashlib.sha256(f"{settings.SITE_URL}:{attempt.pk}".encode()).hexdigest()[:32]
    headers = {
        "content-type": "application/json",
        **signed(body, name=name, key=settings.SMS_KEY, at=machine_now()),
    }
    try:
        answer = requests.post(
            settings.SMS_URL,
            data=body,
            headers=headers,
            timeout=(CONNECT, READ),
            allow_redirects=False,
            stream=True,
        )
        content = answer.raw.read(ANSWER, decode_content=True)
    except (requests.RequestException, OSError) as error:
        if not _never_connected(error):
            raise MaybeSent(type(error).__name__) from error
        cache.set(RESTS, True, REST)
        raise NotSent(type(error).__name__) from error
    if answer.status_code >= 500:
        cache.set(RESTS, True, REST)
        raise MaybeSent(f"HTTP {answer.status_code}")
    if answer.status_code >= 300:
        raise NotSent(f"HTTP {answer.status_code}")
    try:
        return str(json.loads(content)["id"])[:120]
    except (ValueError, KeyError, TypeError) as error:
        raise MaybeSent(shown_error(error)) from error


def _never_connected(error: Exception) -> bool:
    """Whether nothing has left: no connection, or none that could be trusted."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
