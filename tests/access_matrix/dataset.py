"""A small dataset where everything has happened once: a person of each role, a booking in each
state, and the addresses under which each of them meets it. Made for walks over the whole site
(fault W1, W3).
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib import admin
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from accounts.models import CalendarEntry, CustomerProfile, User
from catalogue.models import Category, Service
from dispatch import offers
from mila.clock import mila_now
from payments import gateway
from payments.models import StripeEvent
from requests_app.models import Booking, SignOff, SignOffKind, State
from tests import factories, pictures
from tests.evidence import forged
from tests.payments import cast
from tests.requests_app.booking_states import booking_in

VISITOR, CUSTOMER, FRIEND, PRO, STAFF = ROLES = ("visitor", "customer", "friend", "pro", "staff")
# Where each of them goes; the first whose place it is. Public pages look the same for everybody.
TERRITORY = {
    STAFF: ("admin/", "_styleguide/"),
    FRIEND: ("partner/", "start/"),
    PRO: ("partner/",),
    CUSTOMER: ("b/", "book/", "bookings/", "pay/", "accounts/"),
    VISITOR: ("",),
}
NO_VISITORS = ("admin/", "partner/", "b/", "bookings/", "pay/", "_styleguide/")
PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass
class Dataset:
    people: dict[str, User | None]
    values: dict[str, list[str]] = field(default_factory=dict)
    own: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    more: list[tuple[str, str]] = field(default_factory=list)

    def addresses(self, role: str) -> dict[str, list[str]]:
        """By the name of its pattern: each address there is, if it is this person's."""
        found: dict[str, list[str]] = {}
        for name, address in itertools.chain(
            self.more, _filled(self.values | self.own.get(role, {}))
        ):
            path = address.removeprefix("/")
            if path.startswith(TERRITORY[role]) and not (
                role == VISITOR and path.startswith(NO_VISITORS)
            ):
                found.setdefault(name, []).append(address)
        return found


def build() -> Dataset:
    """Wants both databases, and a clock near a working day's morning."""
    at = mila_now()
    customer = factories.UserFactory(name="Odile Perrachon", email="odile@example.com")
    CustomerProfile.objects.create(user=customer, phone="+33639980117")
    staff = factories.UserFactory(
        name="Ops", email="ops@example.com", is_staff=True, is_superuser=True
    )
    friend = cast.payee(user__name="Yanis Corvel", user__email="yanis@example.com")
    pro = factories.TechnicianFactory(
        user__name="Inès Rivale", user__email="ines@example.com", partner__kind="pro"
    )
    factories.PackageFactory()

    drafts = _drafts()
    ends = {
        "due_at": at + timedelta(hours=5),
        "finished_at": at,
        "signed_off_at": at,
        "report": {"done": "Canal changé"},
    }
    stages = [
        booking_in(state, friend, at - timedelta(hours=4 * n), **ends)
        for n, state in enumerate(State)
    ]
    stages.append(booking_in(State.IN_PROGRESS, pro, at, **ends))
    by_state = {booking.state: booking for booking in stages}
    with forged():
        SignOff.objects.filter(booking=by_state[State.SIGNED_OFF]).update(kind=SignOffKind.SILENCE)
    owing = cast.signed_booking(customer, cast.saved_card(customer, cast.ASKS_ALWAYS), friend)
    charge = cast.charged(owing)
    searching = factories.placed_booking()
    offer = offers.open_next(searching.pk)
    absence = CalendarEntry.objects.create(
        technician=friend,
        kind="absence",
        during=DateTimeTZRange(at + timedelta(days=60), at + timedelta(days=61)),
    )
    photos = [pictures.photo_of(drafts[-1]), pictures.photo_of(by_state[State.DRAFT])]
    photos[1].booking = by_state[State.CONFIRMED]
    photos[1].save()
    StripeEvent.objects.create(
        stripe_id="evt_1", type="x", object_id="o", livemode=False, payload={}, error="Odd"
    )
    everything = [*drafts, *stages, owing, searching]
    Booking.objects.filter(pk__in=[booking.pk for booking in everything]).update(customer=customer)

    dataset = Dataset(
        {VISITOR: None, CUSTOMER: customer, FRIEND: friend.user, PRO: pro.user, STAFF: staff}
    )
    dataset.values = {
        "token": [booking.token for booking in everything],
        "uuid": [str(booking.uuid) for booking in everything],
        "pk": sorted({str(offer.pk), str(absence.pk)}),
        "key": [photo.key for photo in photos],
        "service": list(Service.objects.values_list("slug", flat=True)[:1]),
        "slug": [Service.objects.first().slug, Category.objects.first().slug],
        "rest": [
            "payment_intents",
            f"payment_intents/{charge.intent_id}",
            "customers",
            "events",
            "setup_intents",
        ],
        "link_id": [_onboarding_link(friend.partner.stripe_account)],
        "intent_id": [charge.intent_id],
        "year": [str(at.year)],
        "month": [str(at.month)],
    }
    own = [str(booking.uuid) for booking in Booking.objects.filter(technician=friend)]
    dataset.own = {
        VISITOR: {"token": [draft.token for draft in drafts]},
        CUSTOMER: {"token": [booking.token for booking in everything[2:]]},
        FRIEND: {"uuid": [*own, str(searching.uuid)]},
        PRO: {"uuid": [str(stages[-1].uuid)]},
    }
    dataset.more = [
        ("standin:bank", f"/_stripe/3ds/{charge.intent_id}/?client_secret={cast.secret_of(charge)}")
    ]
    return dataset


def _drafts() -> list[Booking]:
    """One that has just begun, one that lacks a time, one that lacks the order alone."""
    begun = factories.DraftFactory(
        postcode="",
        city="",
        region="",
        card="",
        contact={"name": "", "phone": "", "street": "", "lat": None},
    )
    timeless = factories.DraftFactory(card="", contact={"name": "", "phone": ""})
    for draft in (begun, timeless):
        draft.wishes.all().delete()
        Booking.objects.filter(pk=draft.pk).update(first_start_at=None, last_start_at=None)
    return [begun, timeless, factories.DraftFactory(card="")]


def _onboarding_link(account: str) -> str:
    url = gateway.onboarding_url(account, "http://localhost/back/", "http://localhost/again/")
    return url.rstrip("/").rpartition("/")[2]


def _filled(
    values: dict[str, list[str]], patterns=None, prefix="/", space=""
) -> Iterator[tuple[str, str]]:
    """Every pattern of the site with every value that is known for its parts; the admin's with rows
    that are there.
    """
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "admin":
            yield from _back_office()
        elif isinstance(entry, URLResolver):
            inner = ":".join(filter(None, (space, entry.namespace)))
            yield from _filled(values, entry.url_patterns, prefix + str(entry.pattern), inner)
        elif isinstance(entry, URLPattern) and not isinstance(entry.pattern, RegexPattern):
            name = ":".join(filter(None, (space, entry.name)))
            route = prefix + str(entry.pattern)
            for chosen in itertools.product(
                *(values.get(part, ["x"]) for part in PLACEHOLDER.findall(route))
            ):
                rest = iter(chosen)
                yield name, PLACEHOLDER.sub(lambda _found, rest=rest: next(rest), route)


def _back_office() -> Iterator[tuple[str, str]]:
    yield from (
        (f"admin:{page}", f"/admin/{path}")
        for page, path in (
            ("index", ""),
            ("login", "login/"),
            ("password_change", "password_change/"),
            ("search", "search/?s=o"),
            ("autocomplete", "autocomplete/"),
            ("jsi18n", "jsi18n/"),
        )
    )
    for model, office in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield f"admin:{name}_changelist", base
        yield f"admin:{name}_add", f"{base}add/"
        for pk in model._default_manager.order_by("pk").values_list("pk", flat=True)[:30]:
            for page in ("change", "history", "delete"):
                yield f"admin:{name}_{page}", f"{base}{pk}/{page}/"
            for act in getattr(office, "acts", ()):
                yield f"admin:{name}_act {act.name}", f"{base}{pk}/do/{act.name}/"
