"""Who may see what, when, and where it may lie: the reviewed table. What is not in it is seen by
nobody (fault A2, A3).

It works in both directions: a cell in which nothing is seen makes the test fail as well, or a blind
search would pass.
"""

from dataclasses import dataclass

# What the technician learns with the claim, and no longer from the moment it is lost (rule D8).
CONTACT = {
    f"BookingContact.{name}"
    for name in ("name", "phone", "street", "door_code", "at_the_door", "problem")
}
CONTACT |= {"BookingAnswer.answer"}
PHOTOS = {"photo", "BookingPhoto.key"}
TO_THE_DOOR = {"BookingContact.door_code", "BookingContact.at_the_door"}

BEFORE = ("searching", "offered to the decliner", "offered to the loser")
LOSERS = ("claimed by the loser", "called by the loser")
LOST = ("lost", "pool", "call missed")
COMING = ("claimed", "called", "confirmed", "unconfirmed")
AT_WORK = ("en route", "arrived", "in progress")
DONE = ("finished", "closed by silence", "signed late", "contested", "signed off", "settled")
OVER = ("a week later", "cancelled", "failed")
HOLDERS = (*COMING, *AT_WORK, *DONE)
STAGES = ("draft", *BEFORE, *LOSERS, *LOST, *HOLDERS, "suspended", *OVER)

THIS_WEEK = tuple(set(STAGES) - {"closed by silence", "signed late", "a week later"})


@dataclass(frozen=True)
class Cell:
    who: str
    fields: set[str]
    stages: tuple[str, ...]
    why: str


def _from(first: str) -> tuple[str, ...]:
    """From this stage on, in the story that is told to the end."""
    told = (
        "draft",
        *BEFORE,
        *LOSERS,
        "lost",
        "pool",
        *COMING[:3],
        *AT_WORK,
        "finished",
        "signed off",
        "settled",
    )
    told += ("a week later",)
    return told[told.index(first) :]


PRICE = {"Quote.reason", "QuoteLine.label"}

CELLS = (
    Cell("by link", {"BookingContact.street", *PHOTOS}, STAGES, "their own booking (rule B11)"),
    Cell(
        "by link",
        {*CONTACT, "User.email"} - {"BookingContact.door_code"},
        ("draft",),
        "what is being written; the way to the door only in the browser that wrote it (rule B12)",
    ),
    Cell(
        "by link",
        {"BookingContact.at_the_door"},
        ("en route", "arrived"),
        "the code may be sent on (rule L9b)",
    ),
    Cell(
        "by link",
        TO_THE_DOOR,
        (*BEFORE, *LOSERS, *LOST, *COMING, "suspended"),
        "they may still change it (rule B8)",
    ),
    Cell(
        "by link",
        {"Assignment.code"},
        ("en route", "arrived"),
        "said at the door, and not before (rule L9b)",
    ),
    Cell(
        "by link",
        {"BookingContact.name"},
        ("finished", "closed by silence"),
        "the signature's form (rule L12)",
    ),
    Cell(
        "by link",
        {"BookingContact.name"},
        _from("settled"),
        "their invoice: who it is for, and the seller (rule M8)",
    ),
    Cell("by link", {"loser Technician.phone"}, LOSERS, "who comes (rule B11)"),
    Cell("by link", {"holder Technician.phone"}, (*HOLDERS, "suspended"), "who comes (rule B11)"),
    Cell("by link", {"ProgressNote.text"}, _from("in progress"), "written for them (rule L9)"),
    Cell(
        "by link",
        {"TimeProposal.reason"},
        ("in progress",),
        "why somebody would come again (rule L11)",
    ),
    Cell("customer", {"TimeProposal.reason"}, ("in progress",), "the same"),
    Cell("by link", {"Message.text"}, _from("called"), "they wrote it (rule L1)"),
    Cell(
        "holder",
        {"Message.text"},
        _from("called")[:-1],
        "written to them, as long as the contact data (rule D8)",
    ),
    Cell(
        "ops with a reason", {"Message.text"}, _from("called"), "kept with the reason (fault A11)"
    ),
    Cell("by link", PRICE, _from("in progress"), "what they accept, and why (rule L10)"),
    Cell("customer", {"Booking.token"}, STAGES, "their account leads to the link (rule B11)"),
    Cell(
        "customer", {"BookingContact.street", "BookingPhoto.key"}, STAGES[1:], "their own booking"
    ),
    Cell(
        "customer",
        {"Assignment.code", "BookingContact.at_the_door"},
        ("en route", "arrived"),
        "the same (rule L9b)",
    ),
    Cell("customer", {"loser Technician.phone"}, LOSERS, "who comes (rule B11)"),
    Cell("customer", {"holder Technician.phone"}, (*HOLDERS, "suspended"), "who comes (rule B11)"),
    Cell("customer", {"ProgressNote.text"}, _from("in progress"), "written for them (rule L9)"),
    Cell("customer", PRICE, _from("in progress"), "what they accept, and why (rule L10)"),
    Cell("loser", {*CONTACT, *PHOTOS}, LOSERS, "the job is theirs (rule D8)"),
    Cell(
        "loser",
        {"loser CallAttempt.note"},
        ("called by the loser",),
        "what they wrote, while it is theirs",
    ),
    Cell("loser", {"loser CalendarEntry.note"}, THIS_WEEK, "their own calendar of this week"),
    Cell("holder", {*CONTACT, *PHOTOS}, HOLDERS, "the job is theirs (rule D8)"),
    Cell(
        "holder",
        {"CallAttempt.note"},
        _from("called")[:-1],
        "what they wrote, as long as the contact data",
    ),
    Cell(
        "holder",
        {"ProgressNote.text"},
        _from("in progress"),
        "what they told the customer, in their own words",
    ),
    Cell(
        "holder", PRICE, _from("in progress"), "what they proposed, in their own words (rule L10)"
    ),
    Cell("holder", {"holder CalendarEntry.note"}, THIS_WEEK, "their own calendar of this week"),
    Cell(
        "holder",
        {"holder PartnerProfile.suspension_reason"},
        ("suspended",),
        "they are told why (rule P3)",
    ),
    Cell(
        "ops", {"photo"}, STAGES, "its address is learnt only where a reason was given (fault A11)"
    ),
    Cell(
        "ops",
        {"BookingEvent.reason"},
        (*_from("lost"), "contested", "failed"),
        "the story of the booking (rule O1)",
    ),
    Cell("ops", {"Booking.end_reason"}, ("cancelled",), "the story of the booking (rule O1)"),
    *(
        Cell(
            who,
            {"DecisionAppeal.words", "DecisionAppeal.reason"},
            ("failed",),
            "an appeal and its answer (rule L17)",
        )
        for who in ("by link", "customer", "ops")
    ),
    Cell("ops", {"ProgressNote.text"}, _from("in progress"), "the story of the booking (rule O1)"),
    Cell("ops", PRICE, _from("in progress"), "the story of the booking (rule O1)"),
    Cell("ops", {"SignOff.device"}, _from("signed off"), "evidence (rule L12)"),
    Cell("ops", {"LateSignature.device"}, ("signed late",), "evidence (rule L13)"),
    Cell("ops", {"ContactAccess.reason"}, _from("confirmed"), "who looked, and why (fault A11)"),
    Cell("by link", {"SignOff.text"}, ("finished",), "read before it is signed (rule L12)"),
    Cell("holder", {"SignOff.text"}, ("finished",), "what they wrote themselves (rule L12)"),
    Cell("ops", {"SignOff.text"}, _from("finished"), "evidence (rule L12)"),
    Cell(
        "by link",
        {"LateSignature.text"},
        ("closed by silence",),
        "read before it is signed (rule L13)",
    ),
    Cell(
        "ops", {"LateSignature.text"}, ("closed by silence", "signed late"), "evidence (rule L13)"
    ),
    Cell(
        "ops with a reason",
        {*CONTACT, "BookingPhoto.key", "User.email"},
        STAGES,
        "kept with the reason (fault A11)",
    ),
    Cell("ops with a reason", {"loser CallAttempt.note"}, _from("called by the loser"), "the same"),
    Cell("ops with a reason", {"CallAttempt.note"}, _from("called"), "the same"),
    # Where everybody has looked at everything there is:
    Cell("customer", {"Message.text"}, ("in progress",), "they wrote it (rule L1)"),
    Cell(
        "customer", {"photo", "User.email"}, ("in progress",), "their photos, and their own account"
    ),
    *(
        Cell(who, {f"{who} User.email", f"{who} Technician.phone"}, ("in progress",), "their own")
        for who in ("holder", "loser")
    ),
    Cell(
        "clerk",
        {"BookingEvent.reason", "ContactAccess.reason", "ProgressNote.text", *PRICE},
        ("in progress",),
        "the story of the booking (rule O1)",
    ),
    Cell(
        "ops",
        {"User.name", *(f"{who}User.email" for who in ("", "decliner ", "loser ", "holder "))},
        ("in progress",),
        "the list of accounts",
    ),
    Cell(
        "ops",
        {
            "holder PartnerProfile.email",
            "holder PartnerProfile.stripe_account",
            *(f"holder Technician.{name}" for name in ("phone", "lat", "lon")),
        },
        ("in progress",),
        "the partner's page: they approve and call them (rule P1, O1)",
    ),
)

PARTNERS = ("decliner", "loser", "holder")
ADDRESSES = {"User.email", *(f"{who} User.email" for who in PARTNERS)}
ACCOUNTS = {f"{who} PartnerProfile.stripe_account" for who in PARTNERS}
AT_STRIPE = {
    "CardSetup.client_secret",
    "Charge.intent_id",
    "PaymentCustomer.stripe_id",
    "SavedCard.stripe_id",
}
AT_STRIPE |= {"User.email", *ACCOUNTS, *(f"{who} PartnerProfile.email" for who in PARTNERS)}
AT_STRIPE |= {f"{who} User.email" for who in PARTNERS}  # who is paid signs up there with it
# Where a word may lie beside the pages. Places that are not here hold nothing: no log, no job, no
# live message.
LYING = {
    "mail to customer": (
        {
            "User.email",
            "Booking.token",
            "Assignment.code",
            "Notification.sealed",
            "QuoteLine.label",
        },
        "the customer's own: the link, the code (rule B11), the lines of the receipt",
    ),
    **{
        f"mail to {who}": ({f"{who} User.email"}, "their own mail, their address")
        for who in PARTNERS
    },
    "Redis cache": ({"Offer.lock_token"}, "it is the lock"),
    "accounts_user.email": (ADDRESSES, "the login, looked up"),
    "accounts_user.password": ({"User.password"}, "a hash, or none"),
    "accounts_user.name": ({"User.name"}, "shown in lists, of an account and not of a door"),
    "account_emailaddress.email": (ADDRESSES, "the login, as allauth keeps it"),
    "accounts_notification.email": (ADDRESSES, "where the message goes"),
    "accounts_notification.context": ({"QuoteLine.label"}, "the lines of the customer's receipt"),
    "accounts_technician.phone": (
        {f"{who} Technician.phone" for who in PARTNERS},
        "a trader's own number",
    ),
    "accounts_technician.lat": (
        {f"{who} Technician.lat" for who in PARTNERS},
        "the search measures from it",
    ),
    "accounts_technician.lon": (
        {f"{who} Technician.lon" for who in PARTNERS},
        "the search measures from it",
    ),
    "accounts_skillsearch.lat": (
        {f"{who} Technician.lat" for who in PARTNERS},
        "the search measures from it",
    ),
    "accounts_skillsearch.lon": (
        {f"{who} Technician.lon" for who in PARTNERS},
        "the search measures from it",
    ),
    "accounts_partnerprofile.email": (
        {f"{who} PartnerProfile.email" for who in PARTNERS},
        "a trader's own address",
    ),
    "accounts_partnerprofile.stripe_account": (ACCOUNTS, "Stripe's name for them"),
    "accounts_partnerprofile.suspension_reason": (
        {"holder PartnerProfile.suspension_reason"},
        "they are told why",
    ),
    "accounts_suspension.reason": (
        {"holder PartnerProfile.suspension_reason"},
        "they are told why",
    ),
    "accounts_formerrow.row": (
        {f"{who} Technician.{name}" for who in PARTNERS for name in ("lat", "lon")},
        "what the search measured from",
    ),
    "accounts_calendarentry.note": (
        {f"{who} CalendarEntry.note" for who in PARTNERS},
        "their own calendar",
    ),
    "dispatch_offer.lock_token": ({"Offer.lock_token"}, "compared with the lock"),
    "django_session.session_key": ({"Session.session_key"}, "looked up at each visit"),
    "payments_cardsetup.client_secret": (
        {"CardSetup.client_secret"},
        "the card's fields want it again",
    ),
    "payments_charge.intent_id": ({"Charge.intent_id"}, "Stripe's name for it"),
    "payments_charge.payment_method": ({"SavedCard.stripe_id"}, "Stripe's name for it"),
    "payments_operation.params": (
        {"Charge.intent_id", "PaymentCustomer.stripe_id", "SavedCard.stripe_id", *ACCOUNTS},
        "what is sent, committed before (fault M1)",
    ),
    "payments_paymentcustomer.stripe_id": ({"PaymentCustomer.stripe_id"}, "Stripe's name for them"),
    "payments_savedcard.stripe_id": ({"SavedCard.stripe_id"}, "Stripe's name for it"),
    "requests_app_booking.card": ({"SavedCard.stripe_id"}, "Stripe's name for it"),
    "requests_app_booking.end_reason": ({"Booking.end_reason"}, "why it ended: no contact fact"),
    "requests_app_booking.report": (
        {"SignOff.text", "LateSignature.text"},
        "what is read before it is signed",
    ),
    "requests_app_bookingcontact.lat": (
        {"BookingContact.lat"},
        "the search asks by a box; a point has no name",
    ),
    "requests_app_bookingcontact.lon": (
        {"BookingContact.lon"},
        "the search asks by a box; a point has no name",
    ),
    "requests_app_bookingphoto.key": ({"BookingPhoto.key"}, "looked up at each visit"),
    "requests_app_position.lat": ({"Position.lat"}, "from departure to arrival (rule L8)"),
    "requests_app_position.lon": ({"Position.lon"}, "from departure to arrival (rule L8)"),
    **{
        f"standin_{column}": (
            AT_STRIPE,
            "Stripe's side: who pays and who is paid, and its own names",
        )
        for column in (
            "answer.body",
            "answer.key",
            "event.account",
            "event.body",
            "posting.account",
            "thing.account",
            "thing.body",
            "thing.id",
            "thing.inner",
        )
    },
}


def expected(who: str, stage: str) -> set[str]:
    return set().union(*(cell.fields for cell in CELLS if cell.who == who and stage in cell.stages))
