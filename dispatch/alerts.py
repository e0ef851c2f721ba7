"""Nobody comes there yet: who asked is told once, as soon as somebody does, and then forgotten
(rule B14).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac

from accounts import notifications
from accounts.models import Notification, NotificationState, language_bits
from dispatch.availability import Visit, somebody_works
from dispatch.models import AlertTrail, AreaAlert
from mila.clock import mila_now
from mila.sweeping import handle_each
from mila.transactions import verb
from places import gazetteer
from policy.queries import policy_at
from requests_app.models import Booking

KEPT, COMES = "area_alert_kept", "area_alert"  # the words: templates/emails
SIGNER = signing.Signer(salt="dispatch.area_alert", sep=".")
# On its way, or staff may send it again: until then the address is needed.
NEEDED = Q(state__in=[NotificationState.QUEUED, NotificationState.SENDING]) | Q(
    state=NotificationState.FAILED, kind=COMES
)
LOOK_AGAIN = timedelta(minutes=10)
DAY = timedelta(days=1)
BATCH = 100


@verb
def ask(booking: Booking, *, email: str, language: str) -> None:
    """Tell this address once somebody comes to the draft's place for its service; one mail says so
    at once.

    A repeat changes nothing. Beyond the limit of one address, of those that wait and of those asked
    within a day, nothing is kept, nor for one that has stopped them lately, and nobody learns
    which; nor where somebody comes already: there is nothing to wait for. The town is the
    gazetteer's: no stranger's words go out in a mail of ours.
    """
    at = mila_now()
    if somebody_works(Visit.of(booking), at):
        return
    where = {
        "email": email,
        "service": booking.service,
        "country": booking.country,
        "postcode": booking.postcode,
    }
    trail = _lock_trail(email)
    if AreaAlert.objects.filter(**where).exists() or trail.filter(stopped=True).exists():
        return
    most = policy_at(at, booking.country).alerts_per_address
    if (
        max(AreaAlert.objects.filter(email=email).count(), trail.filter(at__gt=at - DAY).count())
        >= most
    ):
        return
    AlertTrail.objects.create(address_hash=_hash(email), at=at)
    contact = booking.contact
    known = gazetteer.table().get(booking.country, booking.postcode)
    alert = AreaAlert.objects.create(
        **where,
        language=language,
        city=known.name if known else "",
        lat=round(contact.lat, 2),
        lon=round(contact.lon, 2),
        asked_at=at,
        checked_at=at,
    )
    _tell(alert, KEPT)


@verb
def stop(key: str) -> None:
    """By the link of the mail: no alert of this address any more, nor a new one while its trail is
    kept.

    A link that is no more changes nothing.
    """
    email = _email_of(key)
    if email is not None:
        _lock_trail(email)
        AlertTrail.objects.create(address_hash=_hash(email), stopped=True, at=mila_now())
        _forget(AreaAlert.objects.filter(email=email))


def sweep() -> int:
    """Those that were not looked at lately: told where somebody comes now, dropped when they have
    waited too long.
    """
    due = AreaAlert.objects.filter(checked_at__lte=mila_now() - LOOK_AGAIN).order_by("checked_at")
    return sum(handle_each(look, list(due.values_list("pk", flat=True)[:BATCH]), lambda _pk: None))


@verb
def look(alert_id: int) -> bool:
    """One of them, under its lock; False where somebody else has it, or it is gone."""
    alert = (
        AreaAlert.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=alert_id)
        .first()
    )
    if alert is None:
        return False
    at = mila_now()
    told = alert.told_at is not None
    over = at >= alert.asked_at + policy_at(at, alert.country).alert_life
    if over or (told and not _messages(alert).filter(NEEDED).exists()):
        _forget(AreaAlert.objects.filter(pk=alert.pk))
        return True
    if not told and _comes(alert, at):
        _tell(alert, COMES)
        alert.told_at = at
    alert.checked_at = at
    alert.save(update_fields=["checked_at", "told_at"])
    return True


def _hash(email: str) -> str:
    return salted_hmac("dispatch.alerts", email, algorithm="sha256").hexdigest()


def _lock_trail(email: str) -> QuerySet[AlertTrail]:
    """What was asked and stopped for the address, read by one transaction after the other."""
    address_hash = _hash(email)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [address_hash])
    return AlertTrail.objects.filter(address_hash=address_hash)


def _messages(*alerts: AreaAlert) -> QuerySet[Notification]:
    return Notification.objects.filter(subject_id__in=[alert.uuid for alert in alerts])


def _forget(alerts: QuerySet[AreaAlert]) -> None:
    """The address is kept nowhere any more, not in the messages either."""
    _messages(*alerts).delete()
    alerts.delete()


def _comes(alert: AreaAlert, at: datetime) -> bool:
    policy = policy_at(at, alert.country)
    service = alert.service
    minutes = service.duration_minutes
    spoken = language_bits([alert.language])
    return somebody_works(
        Visit(service.skill_id, alert.lat, alert.lon, "town", "", minutes, policy, spoken), at
    )


def _tell(alert: AreaAlert, kind: str) -> None:
    with translation.override(alert.language):
        service = str(alert.service)
    books = reverse("customer:book", args=[alert.service.slug])
    notifications.queue(
        kind=kind,
        subject_id=alert.uuid,
        round=0,
        email=alert.email,
        language=alert.language,
        context={
            "country": alert.country,
            "service": service,
            "place": f"{alert.postcode} {alert.city}".strip(),
            "books": f"{settings.SITE_URL}{books}?country={alert.country}",
        },
        sealed={"stops": settings.SITE_URL + reverse("customer:stop_alerts", args=[key_of(alert)])},
    )


def key_of(alert: AreaAlert) -> str:
    """What the link to stop carries: it names nobody, and nobody else can make one."""
    return SIGNER.sign(str(alert.uuid))


def _email_of(key: str) -> str | None:
    try:
        uuid = SIGNER.unsign(key)
    except signing.BadSignature:
        return None
    return AreaAlert.objects.filter(uuid=uuid).values_list("email", flat=True).first()
