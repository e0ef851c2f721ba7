"""The draft of a booking: what the customer wants, where, when, and who they are (rule B1-B8)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import codes, notifications, proofs
from accounts.models import CustomerProfile, Notification, User
from catalogue.models import CURRENCY_OF, Service
from catalogue.queries import packages_for, price_for
from mila.cleaning import canonical_email
from mila.clock import mila_now
from mila.encrypted_fields import fingerprint
from mila.errors import Refusal
from mila.transactions import verb
from places.calendar import check_start
from places.place import TIME_ZONES, Place
from policy.queries import policy_at
from requests_app import notices
from requests_app.deadlines import hours_of
from requests_app.lifecycle import lock_booking
from requests_app.models import (
    AddressCode,
    Booking,
    BookingContact,
    BookingPackage,
    State,
    Wish,
    new_token,
)

PLACE = ("country", "postcode", "city", "region", "timezone")
STARTS = ("first_start_at", "last_start_at")
DRAFTS_COUNT = timedelta(days=1)
PERSON = (
    "customer",
    "booked_by",
    "language",
    "email_proved_at",
    "token",
    "token_hash",
    "link_from_at",
)
PRICE = ("currency", "policy_data", "service_cents", "booking_fee_cents", "duration_minutes")


class NotADraft(Refusal):
    sentence = _("This booking has already been placed. You can follow it on its own page.")


class Incomplete(Refusal):
    sentence = _("Something is still missing. Please go through the steps once more.")


class TooManyDrafts(Refusal):
    sentence = _(
        "Many bookings were begun here today. Please finish one of them, or call us: we are glad "
        "to help."
    )


@verb
def start_draft(
    service: Service, *, country: str, language: str, by: User | None, key: str | None = None
) -> Booking:
    """A new draft with today's price and policy. Raises NotSold where the service has no price,
    TooManyDrafts.

    `key` is of the page that was pressed: however often it arrives, and at once, it begins one
    draft.
    """
    at = mila_now()
    if by is not None:
        # Theirs alone: a draft that a stranger has begun with this address is not proved, and locks
        # nobody out.
        lately = Booking.objects.filter(
            customer=by, email_proved_at__isnull=False, created_at__gt=at - DRAFTS_COUNT
        )
        if lately.count() >= policy_at(at, country).drafts_per_day:
            raise TooManyDrafts
    booking = unsaved_draft(service, country=country, at=at)
    booking.language, booking.customer = language, by
    booking.email_proved_at = at if by is not None and proofs.has_proved(by) else None
    booking.draft_key = fingerprint(key) if key else None
    try:
        with transaction.atomic():
            booking.save()
    except IntegrityError:
        begun = Booking.objects.filter(
            draft_key=booking.draft_key, state=State.DRAFT, service=service
        ).first()
        if begun is not None:
            return begun
        booking.draft_key = None  # the page was pressed again, long after its draft was ordered
        booking.save()
    BookingContact.objects.create(booking=booking, name=by.name if by else "")
    return booking


def unsaved_draft(service: Service, *, country: str, at: datetime) -> Booking:
    """As a draft would begin now: for the page on which nothing is written yet. Raises NotSold."""
    booking = Booking(service=service, country=country, state=State.DRAFT)
    booking.timezone = TIME_ZONES[country]
    set_price(booking, at)
    return booking


def set_price(booking: Booking, at: datetime) -> None:
    """Price and policy of the country, as of now: final at the order (rule B5, B6). The packages
    chosen are part of the price and of the length; one that is no longer sold there falls
    (rule B13).
    """
    policy = policy_at(at, booking.country)
    price = price_for(booking.service, booking.country, at)
    booking.currency = CURRENCY_OF[booking.country]
    booking.policy_data = policy.to_json()
    booking.service_cents = price.price_cents
    booking.booking_fee_cents = policy.booking_fee_cents[booking.currency]
    booking.duration_minutes = booking.service.duration_minutes
    for extra in _extras_as_of(booking, at):
        booking.service_cents += extra.cents
        booking.duration_minutes += extra.duration_minutes


def _extras_as_of(booking: Booking, at: datetime) -> list[BookingPackage]:
    """The packages of the draft with today's price and length, written where they changed."""
    chosen = list(booking.extras.all()) if booking.pk else []
    sold = (
        {one.pk: one for one in packages_for(booking.service, booking.country, at)}
        if chosen
        else {}
    )
    for extra in chosen:
        if package := sold.get(extra.package_id):
            extra.cents, extra.duration_minutes = package.price_cents, package.duration_minutes
            extra.save(update_fields=["cents", "duration_minutes"])
        else:
            extra.delete()
    return [extra for extra in chosen if extra.package_id in sold]


def lock_draft(booking_id: int) -> Booking:
    booking = lock_booking(booking_id)
    if booking.state != State.DRAFT:
        raise NotADraft
    return booking


@verb
def set_service(booking_id: int, service: Service, *, country: str) -> Booking:
    """Another service or country, at today's price. What no longer fits is dropped: the place in
    the other country, wishes that were made for another length. Raises NotSold.
    """
    booking = lock_draft(booking_id)
    elsewhere = booking.country != country
    if booking.service != service:
        booking.answers.all().delete()
    booking.service, booking.country = service, country
    length = booking.duration_minutes
    set_price(booking, mila_now())
    if elsewhere:
        booking.postcode = booking.city = booking.region = ""
        booking.timezone = TIME_ZONES[country]
        BookingContact.objects.filter(booking=booking).update(
            street="", door_code="", lat=None, lon=None, precision=""
        )
    if elsewhere or booking.duration_minutes != length:
        booking.wishes.all().delete()
        booking.first_start_at = booking.last_start_at = None
    booking.save(update_fields=["service", *PLACE, *STARTS, *PRICE])
    return booking


@verb
def set_place(
    booking_id: int,
    place: Place,
    *,
    street: str,
    door_code: str,
    keeps_door_code: bool = False,
    spoken: Sequence[str] = (),
) -> Booking:
    """Where it is, and in which languages somebody may come, that of the page besides (rule D1).

    Another country means another price; wishes are dropped where their local time would change.
    `keeps_door_code`: an empty box means "as it is", at the same door; what stood there was not
    shown.
    """
    booking = lock_draft(booking_id)
    if (
        keeps_door_code
        and not door_code
        and (street, place.postcode) == (booking.contact.street, booking.postcode)
    ):
        door_code = booking.contact.door_code
    if place.timezone != booking.timezone or place.region != booking.region:
        booking.wishes.all().delete()
        booking.first_start_at = booking.last_start_at = None
    booking.country, booking.postcode, booking.city = place.country, place.postcode, place.city
    booking.region, booking.timezone = place.region, place.timezone
    booking.spoken = sorted(spoken)
    set_price(booking, mila_now())
    booking.save(update_fields=[*PLACE, *STARTS, *PRICE, "spoken"])
    BookingContact.objects.filter(booking=booking).update(
        street=street, door_code=door_code, lat=place.lat, lon=place.lon, precision=place.precision
    )
    return booking


@verb
def keep_address(booking_id: int, typed: Mapping[str, str]) -> Booking:
    """What stands in the step of the address before it is whole. Only while no address is known:
    then it completes no step, and nothing that was right is lost.
    """
    booking = lock_draft(booking_id)
    if booking.contact.lat is None and typed:
        booking.postcode, booking.city = typed["postcode"], typed["city"]
        booking.save(update_fields=["postcode", "city"])
        BookingContact.objects.filter(booking=booking).update(
            street=typed["street"], door_code=typed["door_code"]
        )
    return booking


@verb
def set_wishes(booking_id: int, walls: Sequence[datetime]) -> Booking:
    """One to three starts in order, as local wall times (rule B2-B4).

    Raises the refusals of places.calendar.
    """
    booking = lock_draft(booking_id)
    write_wishes(booking, walls, mila_now())
    booking.save(update_fields=STARTS)
    return booking


def write_wishes(booking: Booking, walls: Sequence[datetime], at: datetime) -> None:
    """Replace the wishes; sets `first_start_at` and `last_start_at` on the instance, for the caller
    to save.
    """
    walls = list(dict.fromkeys(walls))
    if not 1 <= len(walls) <= booking.policy.wishes_max:
        raise Incomplete
    starts = [check_wish(booking, wall, at) for wall in walls]
    booking.wishes.all().delete()
    Wish.objects.bulk_create(
        Wish(booking=booking, rank=rank, wall=wall.isoformat(timespec="minutes"), start_at=start)
        for rank, (wall, start) in enumerate(zip(walls, starts, strict=True), 1)
    )
    booking.first_start_at, booking.last_start_at = min(starts), max(starts)


def check_wish(booking: Booking, wall: datetime, at: datetime) -> datetime:
    """The instant of a wall time at the booking's place, or the Refusal that says why it cannot be
    booked.
    """
    return check_start(wall, at, booking.duration_minutes, booking, hours_of(booking.policy))


@verb
def customer_for(email: str, *, name: str, language: str) -> User:
    """The person behind an address: the account, or a new one that no password opens yet (rule B1).

    An existing account is left as it is, and nobody is told that it exists. It sees nothing of the
    booking before it has proved the address (requests_app.access).
    """
    email = canonical_email(email)
    found = User.objects.filter(email=email).first()
    if found is None:
        # Two tabs at once: the loser of the race finds the winner's row.
        values = {
            "email": email,
            "password": make_password(None),
            "name": name,
            "language": language,
        }
        User.objects.bulk_create([User(**values)], ignore_conflicts=True)
        found = User.objects.get(email=email)
    return found


@verb
def remember_phone(user: User, phone: str) -> None:
    """Offered again at their next booking. Only for somebody who is signed in."""
    CustomerProfile.objects.update_or_create(user=user, defaults={"phone": phone})


@verb
def set_contact(
    booking_id: int,
    *,
    customer: User,
    name: str,
    phone: str,
    problem: str,
    at_the_door: str,
    booked_by: User | None = None,
    language: str = "",
    signed_in: bool = False,
    keeps_door_code: bool = True,
    renews_link: bool = False,
    prefers_writing: bool = False,
) -> Booking:
    """Who books, who is at the door, what hurts (rule B7, B8).

    `language`: a guest's page, whatever language an account of that address has; it would tell that
    there is one. `signed_in`: the customer does it with the account, whose address is proved; a
    guest's is not yet (rule B12). A guest is mailed the link that leads back, once for each
    address. Another address before has had it: the link is made anew, and that one leads nowhere
    any more. `keeps_door_code`: false where the way to the door was not shown: whoever takes the
    draft over does not take that along. `renews_link`: whoever saves it did not begin it, so the
    link they came by is in other hands, and leads nowhere any more.
    """
    booking = lock_draft(booking_id)
    at = mila_now()
    before = booking.customer
    if before != customer:
        # It was another person's.
        booking.card, booking.card_saved_at, booking.card_ends_on = "", None, None
    other = before is not None and before != customer
    if other:
        notifications.give_up(booking.uuid, user=before)
        if not keeps_door_code:
            BookingContact.objects.filter(booking=booking).update(door_code="")
    if renews_link or other:
        booking.token, booking.link_from_at = new_token(), at
    booking.customer, booking.booked_by, booking.language = (
        customer,
        booked_by,
        language or customer.language,
    )
    booking.email_proved_at = at if signed_in and proofs.has_proved(customer) else None
    booking.prefers_writing = prefers_writing
    booking.save(
        update_fields=[*PERSON, "prefers_writing", "card", "card_saved_at", "card_ends_on"]
    )
    contact = booking.contact
    contact.name, contact.phone, contact.problem, contact.at_the_door = (
        name,
        phone,
        problem,
        at_the_door,
    )
    contact.save(update_fields=["name", "phone", "problem", "at_the_door"])
    if renews_link and before == customer:
        notices.reseal(booking)
    if not signed_in and (renews_link or before != customer):
        _mail_the_link(booking, at)
    return booking


@verb
def keep_typed(
    booking_id: int, right: Mapping[str, str], wrong: Mapping[str, str], *, prefers_writing: bool
) -> Booking:
    """What stands in the contact step before it is saved. What is not `right` only while the draft
    is nobody's, because then it completes no step.
    """
    booking = lock_draft(booking_id)
    kept = {**right} if booking.customer_id else {**wrong, **right}
    BookingContact.objects.filter(booking=booking).update(**kept)
    booking.prefers_writing = prefers_writing
    booking.save(update_fields=["prefers_writing"])
    return booking


def _mail_the_link(booking: Booking, at: datetime) -> None:
    """The way back to the draft. No mailbox is filled by it: so many an hour from one draft, and to
    one address.

    Counted are the messages, however old their drafts are; those that were given up before they
    went as well.
    """
    most = booking.policy.address_codes_an_hour
    # many drafts at once count one by one
    User.objects.select_for_update(no_key=True).get(pk=booking.customer.pk)
    mailed = Notification.objects.filter(
        user=booking.customer, kind="draft_saved", queued_at__gt=at - codes.HOUR
    )
    if mailed.count() >= most:
        return
    row = AddressCode.objects.filter(booking=booking).first() or AddressCode(
        booking=booking, counted_from_at=at
    )
    try:
        row.count_message(at, an_hour=most)
    except codes.TooManyCodes:
        return
    row.save()
    notices.queue(booking, "draft_saved", round=row.rounds)
