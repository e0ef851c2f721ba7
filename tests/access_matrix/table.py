"""Who gets in where: one row for every named address outside the admin. To be read and reviewed
(fault A1).

A row says who may pass the door, with which methods, and which kind of thing (Ownership.kinds) the
address is about. What is somebody else's, and what does not exist, is not found. Where more than
one refusal applies, whichever guard stands first may give its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from partner.views.jobs import STEPS
from tests.access_matrix.asker import BAD, FORBIDDEN, HIDDEN, LOGIN, NO_KEY
from tests.access_matrix.people import Person

# --- Doors: the refusal of somebody who may not pass, or None
# --------------------------------------------------------

Door = Callable[[Person], str | int | None]


def anybody(person: Person) -> None:
    """Whoever knows the address."""


def signed_in(person: Person) -> str | None:
    return None if person.signed_in else LOGIN


def technician(person: Person) -> str | int | None:
    """One who works; everybody else who is signed in has the wrong role."""
    return signed_in(person) or (None if person.technician else FORBIDDEN)


def payee(person: Person) -> str | int | None:
    """One with earnings: who works, or owns a company; with the second factor, which all of them
    have here.
    """
    return signed_in(person) or (None if person.payee else FORBIDDEN)


def owner(person: Person) -> str | int | None:
    """Who decides where they go: a Friend, the owner of a company, no technician of one."""
    return signed_in(person) or (None if person.owns else FORBIDDEN)


def staff(person: Person) -> int | None:
    """Others need not know that there is such a page."""
    return None if person.staff else HIDDEN


def second_factor(person: Person) -> str | int | None:
    """Somebody with an authenticator app: in this world, who works for Mila or has earnings."""
    return signed_in(person) or (None if person.staff or person.payee else HIDDEN)


def recovery_codes(person: Person) -> str | int:
    """Somebody who has made some; nobody in the world has."""
    return signed_in(person) or HIDDEN


def passkey(person: Person) -> str | int | None:
    """Nobody has one: who was not asked again just now is asked first who they are, who has another
    find nothing.
    """
    return signed_in(person) or (HIDDEN if person.staff or person.payee else None)


def signature(person: Person) -> int:
    """Stripe alone, by its signature over the message; no person has it."""
    return BAD


def device(person: Person) -> int:
    """Who was sent the message alone; nobody else has its token."""
    return BAD


def no_provider(person: Person) -> int:
    """A provider of mails that is set, by its signature; here none is."""
    return FORBIDDEN


def secret_key(person: Person) -> int:
    """The stand-in's own clients."""
    return NO_KEY


# --- Rows
# --------------------------------------------------------------------------------------------------

LOOK = frozenset({"GET", "HEAD"})
ACT = frozenset({"POST"})
FORM = LOOK | ACT
CLASS_FORM = FORM | {"PUT"}  # Django's form views take PUT for POST
# a library's view that leads on before it looks at the method
ANY = CLASS_FORM | {"PATCH", "DELETE", "OPTIONS"}


@dataclass(frozen=True)
class Row:
    door: Door
    methods: frozenset[str]
    of: str = ""
    # What is not theirs is answered like what is gone: politely, without a word about it, and
    # nothing is written.
    politely: bool = False
    # What is sent where a script talks to the address: what cannot be read is refused to anybody.
    says: bytes = b""


NO_DEVICE = b"{}"
STEP = b'{"key": "0123456789abcdef", "step": "note", "at": "2026-11-24T10:00:00Z", "fields": {}}'
TABLE: dict[str, Row] = {}


def row(names: str, *args, **kwargs) -> None:
    for name in names.split():
        assert name not in TABLE, name
        TABLE[name] = Row(*args, **kwargs)


# The house and its catalogue.
row(
    "customer:home customer:prices customer:help customer:ranking customer:legal customer:services "
    "customer:search",
    anybody,
    LOOK,
)
row("customer:sitemap robots_txt security_txt favicon", anybody, LOOK)
row("worker manifest manifest_partner", anybody, LOOK)
row("offline", anybody, LOOK, of="language")
row("customer:terms customer:privacy customer:accessibility customer:reviews", anybody, LOOK)
row("customer:withdrawal", anybody, FORM)
row("customer:own_terms", anybody, LOOK, of="link")
row("customer:paper", anybody, LOOK, of="link_paper")
row("customer:technician", anybody, LOOK, of="technician")
row("customer:category", anybody, LOOK, of="category")
row("customer:service", anybody, LOOK, of="service")
row("healthz readyz", anybody, LOOK)
row("set_language", anybody, ANY)
row("start", signed_in, LOOK)
row("styleguide", staff, LOOK)

# What a device says by itself: the token it was sent is the right, and no person has one here.
row("customer:device_heard customer:device_not_for_me", device, ACT)

# Booking, and the booking: the secret link is the right, whoever holds it (rule B1, B11).
row("customer:book", anybody, FORM, of="service")
row("customer:draft", anybody, LOOK, of="draft")
row("customer:draft_postcodes", anybody, ACT, of="draft")
row("customer:streets customer:book_postcodes", anybody, ACT)
row("customer:draft_service customer:draft_place customer:draft_when", anybody, FORM, of="draft")
row("customer:draft_who customer:card", anybody, FORM, of="draft")
row("customer:draft_photos customer:draft_tell_me", anybody, ACT, of="draft")
row("customer:stop_alerts", anybody, FORM, of="alert", politely=True)
row("customer:booking customer:status", anybody, LOOK, of="link")
row("customer:seen customer:again", anybody, ACT, of="link")
row("customer:wake customer:rest", anybody, ACT, of="link", says=NO_DEVICE)
row("customer:told", anybody, LOOK, of="link")
row("customer:photo customer:photo_small", anybody, LOOK, of="link_photo")
row(
    "customer:cancel customer:withdraw customer:move customer:no_show customer:access",
    anybody,
    FORM,
    of="link",
)
row("customer:from_mail", anybody, LOOK, of="mailed_link")
row("customer:prove customer:renew customer:ended", anybody, FORM, of="link")
row("customer:address", anybody, FORM, of="ordered_link")
row("customer:link_sent", anybody, LOOK)
row(
    "customer:sign customer:refuse customer:rate customer:pay customer:held",
    anybody,
    FORM,
    of="link",
)
row("customer:late", anybody, ACT, of="link")
row(
    "customer:appeal customer:answer_price customer:confirm_price customer:messages "
    "customer:not_again",
    anybody,
    FORM,
    of="link",
)
row("customer:answer_time", anybody, ACT, of="link")

# What belongs to a person who is signed in.
row("customer:bookings", signed_in, LOOK)
row("customer:own_cards", signed_in, LOOK)
row("customer:add_card", signed_in, FORM)
row("customer:choose_card customer:remove_card", signed_in, ACT, of="own_card")
row("customer:notices", signed_in, FORM)
row("customer:mail_again", signed_in, ACT)
row("customer:booking_own", signed_in, LOOK, of="own_booking")
row("customer:another_card", signed_in, FORM, of="link")

# The technician's app: their offers, the bookings shown to them, their jobs, themselves (rule
# D3-D8, L1-L12).
row("partner:home partner:jobs partner:offers partner:waiting", technician, LOOK)
row("partner:phone partner:day", technician, LOOK)
row("partner:phone_wake partner:phone_rest partner:phone_test", technician, ACT, says=NO_DEVICE)
row("partner:ill", technician, FORM)
row("partner:earnings partner:account partner:account_back", payee, LOOK)
row("partner:statement partner:statement_csv", payee, LOOK, of="month")
row("partner:papers", payee, LOOK)
row("partner:paper", payee, LOOK, of="partner_paper")
row("partner:billing", owner, FORM)
row("partner:account_start", owner, ACT)
row("partner:account_again", owner, LOOK)
row("partner:reviews", technician, LOOK)
row("partner:answer_review", technician, ACT, of="job")
row("partner:calendar partner:me partner:notices", technician, FORM)
row("partner:hours partner:feed_address partner:other_calendar", technician, FORM)
row("partner:feed", anybody, LOOK, of="feed")
row("partner:faults partner:searches", technician, LOOK)
row("partner:appeal_fault", technician, FORM, of="fault")
row("partner:appeal_suspension", technician, FORM, of="suspension")
row("partner:appeal_photo", technician, LOOK, of="appeal_photo")
row("partner:remove_absence", technician, ACT, of="absence", politely=True)
row("partner:offer", technician, LOOK, of="offer")
row("partner:claim partner:decline", technician, ACT, of="offer")
row("partner:tap partner:keep_in_reserve partner:leave_reserve", technician, ACT, of="shown")
row("partner:job partner:thanks", technician, LOOK, of="job")
row("partner:photo partner:photo_small", technician, LOOK, of="job_photo")
row("partner:call partner:finish partner:sign partner:rate", technician, FORM, of="job")
row("partner:propose partner:answer_price partner:messages", technician, FORM, of="job")
# Each step that is a button, also one that comes to be.
row(" ".join(f"partner:{step}" for step in STEPS), technician, ACT, of="job")
row("partner:position partner:start", technician, ACT, of="job")
row(
    "partner:code partner:undo partner:propose_time partner:not_again partner:tick",
    technician,
    ACT,
    of="job",
)
row("partner:later", technician, ACT, of="job", says=STEP)
row("partner:note partner:release partner:fail", technician, ACT, of="job")

# Messages between machines.
row("payments:webhook payments:connect_webhook accounts:text_receipt", signature, ACT)
row("accounts:mail_events", no_provider, ACT | {"HEAD"})
row("standin:api", secret_key, frozenset({"GET", "POST", "DELETE"}))

# Stripe's pages as the stand-in plays them, for this machine alone.
row("standin:card", anybody, LOOK)
row("standin:bank", anybody, FORM, of="intent")
row("standin:onboarding", anybody, FORM, of="onboarding")

# Signing in (allauth).
row("account_login account_signup", anybody, ANY)
row("account_reset_password", anybody, CLASS_FORM)
row("account_logout", anybody, FORM)
row("account_inactive account_reset_password_done", anybody, LOOK)
row("account_email_verification_sent", anybody, ANY)
row("account_reset_password_from_key_done", anybody, LOOK)
row("account_reset_password_from_key", anybody, ANY, of="reset_key", politely=True)
row("account_email account_change_password", signed_in, CLASS_FORM)
row("account_reauthenticate account_reauthenticate_code", signed_in, ANY)
row("account_set_password account_confirm_login_code", signed_in, ANY)
row("mfa_index", signed_in, LOOK)
row(
    "mfa_authenticate mfa_reauthenticate mfa_activate_totp mfa_generate_recovery_codes",
    signed_in,
    ANY,
)
row("mfa_deactivate_totp", second_factor, ANY)
row("mfa_download_recovery_codes", recovery_codes, ANY)
row("mfa_view_recovery_codes", recovery_codes, LOOK)
row("mfa_list_webauthn", signed_in, LOOK)
row("mfa_add_webauthn mfa_reauthenticate_webauthn", signed_in, ANY)
row("mfa_edit_webauthn mfa_remove_webauthn", passkey, ANY)
row("mfa_login_webauthn", anybody, ANY)


def without_row(found: Iterable[tuple[str, str, object]]) -> list[str]:
    """Addresses nobody has decided about; those of the admin follow its own rules
    (test_admin_walls.py).
    """
    open_ones = ((route, name) for route, name, _view in found if not route.startswith("/admin/"))
    return sorted(
        f"{name or 'without a name'}: {route}" for route, name in open_ones if name not in TABLE
    )


def without_address(found: Iterable[tuple[str, str, object]]) -> list[str]:
    """Rows whose address is gone."""
    return sorted(TABLE.keys() - {name for _route, name, _view in found})
