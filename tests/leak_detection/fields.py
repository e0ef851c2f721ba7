"""Which fields are about a person, read from the models: each is planted, or a reason says why it
need not be.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from mila.encrypted_fields import EncryptedTextField

# What cannot hold words, or a point.
MUTE = (
    models.BooleanField,
    models.IntegerField,
    models.DateField,
    models.TimeField,
    models.DurationField,
    models.UUIDField,
    models.SlugField,
    models.BinaryField,
)
# Always somebody's own: no reason excuses these.
ALWAYS = (EncryptedTextField, PhoneNumberField)

# Every other field that is not planted by tests.leak_detection.story, and why nobody is hurt when
# it is read.
NOT_PRIVATE = {
    "accounts.Skill.*": "a word of the catalogue",
    "accounts.PartnerProfile.name": "the customer's contract names it",
    "accounts.Technician.name": "the customer is told who comes",
    "accounts.Technician.languages": "shown to the customer",
    "accounts.Technician.postcode": "five digits: the district",
    "accounts.CalendarEntry.during": "an hour without a reason",
    "accounts.SkillSearch.lat": "a copy of Technician.lat, found as that",
    "accounts.SkillSearch.lon": "a copy of Technician.lon, found as that",
    "accounts.SkillSearch.scored_under": "a country and a hash of figures",
    "accounts.SearchRowsCheck.mended": "ids of technicians, never of customers",
    "accounts.CalendarFeed.token_hash": "leads nowhere: a hash of 256 random bits",
    "accounts.Attempt.*": "words of the code and of a provider, the keyed hash of a number for a "
    "day; searched",
    "accounts.NoticeChoice.without": "words of the code",
    "accounts.DeadAddress.*": "a copy of User.email, found as that; on staff's masked list alone",
    "accounts.Notification.urgency": "a word of the code",
    "accounts.Notification.kind": "a word of the code",
    "accounts.Notification.email": "a copy of User.email, found as that",
    "accounts.Notification.context": "facts of a message, searched as a column",
    "accounts.Notification.error": "searched as a column",
    "catalogue.*": "what Mila sells, for everybody",
    "policy.*": "figures of the rules, of nobody",
    "places.*": "postcodes for everybody; of addresses a keyed hash alone",
    "requests_app.Booking.token_hash": "leads nowhere: a hash of 256 random bits",
    "requests_app.Booking.draft_key": "leads nowhere: a hash of 192 random bits",
    "accounts.AccountCode.mac": "keyed: a code cannot be tried against it",
    "requests_app.AddressCode.mac": "keyed: a code cannot be tried against it",
    "requests_app.Booking.state": "a word of the code",
    "requests_app.Booking.postcode": "the district, seen before the claim (rule D8)",
    "requests_app.Booking.city": "the district, seen before the claim (rule D8)",
    "requests_app.Booking.region": "whose holidays count",
    "requests_app.Booking.timezone": "one of two",
    "requests_app.Booking.policy_data": "figures",
    "requests_app.Booking.card": "a copy of SavedCard.stripe_id, found as that",
    "requests_app.Booking.report": "what was done: stands in SignOff.text, found as that",
    "requests_app.Wish.wall": "an hour, seen before the claim (rule D8)",
    "requests_app.Assignment.end": "a word of the code",
    "requests_app.BookingContact.precision": "a word of the code",
    "requests_app.Booking.events_hash": "tells nothing of what it is over",
    "requests_app.Booking.quotes_hash": "tells nothing of what it is over",
    "requests_app.Quote.key": "used up when it is stored",
    "requests_app.QuoteEvent.data": "figures and words of the code",
    "requests_app.QuoteEvent.hash": "tells nothing of what it is over",
    "requests_app.PriceCode.mac": "keyed: a number cannot be tried against it",
    "requests_app.SignOff.key": "used up when it is stored",
    "requests_app.SignOff.currency": "one of two",
    "requests_app.SignOff.sha256": "tells nothing of what it is over",
    "requests_app.LateSignature.key": "used up when it is stored",
    "requests_app.LateSignature.currency": "one of two",
    "requests_app.LateSignature.sha256": "tells nothing of what it is over",
    "requests_app.Rating.comment": "published, as its form says",
    "requests_app.Rating.answer": "published beside it",
    "requests_app.Rating.hidden_reason": "staff's own words",
    "requests_app.BookingEvent.move": "a word of the code",
    "requests_app.BookingEvent.source": "a word of the code",
    "requests_app.BookingEvent.target": "a word of the code",
    "requests_app.BookingEvent.role": "a word of the code",
    "requests_app.BookingEvent.data": "searched as a column",
    "requests_app.BookingEvent.hash": "tells nothing of what it is over",
    "requests_app.BookingPhoto.sha256": "tells nothing of what it is over",
    "requests_app.ProgressNote.key": "used up when it is stored",
    "dispatch.AreaAlert.*": "on no page and in no list: read by its own mail alone, and gone with "
    "it",
    "dispatch.AlertTrail.address_hash": "tells nothing of what it is over",
    "dispatch.Search.end": "a word of the code",
    "dispatch.Trace.*": "searched as columns: the place in it must be rounded",
    "dispatch.Offer.parts": "figures of the rank",
    "dispatch.Offer.wishes": "numbers of wishes",
    "payments.SavedCard.brand": "a maker of cards",
    "payments.SavedCard.last4": "four digits, which stand everywhere",
    "payments.CardSetup.intent_id": "the beginning of CardSetup.client_secret",
    "payments.Charge.currency": "one of two",
    "payments.Charge.payment_method": "a copy of SavedCard.stripe_id, found as that",
    "payments.Charge.failure_code": "a word of Stripe's",
    "payments.Operation.*": "what is sent to Stripe, searched as columns",
    "payments.LedgerEntry.*": "words of the code",
    "payments.Earning.*": "figures",
    "payments.Payout.*": "figures, and Stripe's names",
    "payments.PayoutAccount.*": "Stripe's words for what is missing, and its name for a bank "
    "account",
    "payments.StripeEvent.*": "what Stripe tells, searched as columns",
    "standin.*": "stands for Stripe's side: searched as columns",
    "admin.LogEntry.*": "staff's own acts, searched as columns",
    "auth.*": "what staff may do",
    "contenttypes.*": "names of models",
    "sessions.Session.session_data": "searched as a column",
    "account.EmailAddress.email": "a copy of User.email, found as that",
    "account.EmailConfirmation.key": "lives for an hour, in a mail of its own; no booking's "
    "business",
    "devstack.*": "the demo's own, which production does not install",
    "mfa.Authenticator.data": "no booking's business, encrypted; not registered in the admin",
}


def speaking() -> Iterator[tuple[str, models.Field]]:
    """(app.Model.field, field) of every column that can hold words or a point."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if not (field.is_relation or field.choices or isinstance(field, MUTE)):
                yield f"{model._meta.label}.{field.name}", field


def excused(name: str) -> bool:
    app, model, _field = name.split(".")
    return bool(NOT_PRIVATE.keys() & {name, f"{app}.{model}.*", f"{app}.*"})


def faults(planted: set[str]) -> list[str]:
    """Private fields without a canary, excuses nobody needs.

    `planted` are names such as "BookingContact.street".
    """
    found = []
    for name, field in speaking():
        short = name.partition(".")[2]
        if short in planted:
            if name in NOT_PRIVATE:
                found.append(f"{name}: planted and excused")
        elif isinstance(field, ALWAYS) or not excused(name):
            found.append(f"{name}: no canary")
    names = {name for name, _field in speaking()}
    for excuse in NOT_PRIVATE:
        if not any(name == excuse or name.startswith(excuse.removesuffix("*")) for name in names):
            found.append(f"{excuse}: no such field")
    return found
