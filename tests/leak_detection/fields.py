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
    "accounts.Technician.star_sum": "the public mean of stars comes from it",
    "accounts.Technician.postcode": "five digits: the district",
    "accounts.CalendarEntry.during": "an hour without a reason",
    "accounts.SkillSearch.lat": "a copy of Technician.lat, found as that",
    "accounts.SkillSearch.lon": "a copy of Technician.lon, found as that",
    "accounts.SkillSearch.scored_under": "a country and a hash of figures",
    "accounts.FormerRow.what": "the name of a table",
    "accounts.FormerRow.row": "searched as a column",
    "accounts.Suspension.*": "staff's words, for the partner to read",
    "accounts.SearchRowsCheck.mended": "ids of technicians, never of customers",
    "accounts.CalendarFeed.token_hash": "leads nowhere: a hash of 256 random bits",
    "accounts.Attempt.*": "words of the code and of a provider, the keyed hash of a number for a "
    "day; searched",
    "accounts.NoticeChoice.without": "words of the code",
    "accounts.DeadAddress.*": "a copy of User.email, found as that; on staff's masked list alone",
    "accounts.Notification.kind": "a word of the code",
    "accounts.Notification.email": "a copy of User.email, found as that",
    "accounts.Notification.context": "facts of a message, searched as a column",
    "accounts.Notification.error": "searched as a column",
    "accounts.PushSubscription.endpoint_hash": "leads nowhere: a hash of a random address",
    "accounts.PushSubscription.session_hash": "keyed, and of a password nobody can find by it",
    "catalogue.*": "what Mila sells, for everybody",
    "policy.*": "figures of the rules, of nobody",
    "places.*": "postcodes for everybody; of addresses a keyed hash alone",
    "requests_app.OfflineStep.*": "a key used up, a word of the code, and a sentence of ours: "
    "nothing that was typed",
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
    "requests_app.BookingAnswer.words": "the catalogue's question",
    "requests_app.Wish.wall": "an hour, seen before the claim (rule D8)",
    "requests_app.Assignment.end": "a word of the code",
    "requests_app.FaultEntry.evidence": "instants and words of the code",
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
    "requests_app.Rating.answer_hidden_reason": "staff's own words",
    "requests_app.BookingEvent.move": "a word of the code",
    "requests_app.BookingEvent.source": "a word of the code",
    "requests_app.BookingEvent.target": "a word of the code",
    "requests_app.BookingEvent.role": "a word of the code",
    "requests_app.BookingEvent.data": "searched as a column",
    "requests_app.BookingEvent.hash": "tells nothing of what it is over",
    "requests_app.BookingPhoto.sha256": "tells nothing of what it is over",
    "requests_app.ProgressNote.key": "used up when it is stored",
    "requests_app.ChecklistTick.words": "a copy of what the catalogue says",
    "requests_app.Message.key": "used up when it is stored",
    "requests_app.Booking.spoken": "languages, shown to whoever has the job",
    "requests_app.TimeProposal.wall": "an hour, as a wish",
    "dispatch.AreaAlert.*": "on no page and in no list: read by its own mail alone, and gone with "
    "it",
    "dispatch.AlertTrail.address_hash": "tells nothing of what it is over",
    "dispatch.Search.end": "a word of the code",
    "dispatch.Trace.*": "searched as columns: the place in it must be rounded",
    "dispatch.Offer.parts": "figures of the rank",
    "dispatch.Offer.wishes": "numbers of wishes",
    "payments.SavedCard.brand": "a maker of cards",
    "payments.SavedCard.last4": "four digits, which stand everywhere",
    "payments.SavedCard.wallet": "one of Stripe's words for a wallet",
    "payments.CardSetup.intent_id": "the beginning of CardSetup.client_secret",
    "payments.PriceRaise.*": "Stripe's names; the secret of a question to the bank opens nothing "
    "but that question",
    "payments.Charge.currency": "one of two",
    "payments.Charge.payment_method": "a copy of SavedCard.stripe_id, found as that",
    "payments.Charge.failure_code": "a word of Stripe's",
    "payments.Operation.*": "what is sent to Stripe, searched as columns",
    "payments.LedgerEntry.*": "words of the code",
    "payments.Earning.*": "figures",
    "payments.Payout.*": "figures, and Stripe's names",
    "payments.Charge.stripe_charge": "Stripe's name",
    "payments.Charge.stripe_transfer": "Stripe's name",
    "payments.Charge.stripe_fee": "Stripe's name",
    "payments.Refund.*": "figures, Stripe's names, and staff's own words",
    "payments.Advance.*": "the same",
    "payments.Dispute.*": "figures, Stripe's names; the evidence names nobody "
    "(tests/payments/test_disputes.py)",
    "payments.StatementLine.*": "figures, and Stripe's names",
    "payments.Difference.*": "figures, and Stripe's names",
    "payments.PayoutAccount.*": "Stripe's words for what is missing, and its name for a bank "
    "account",
    "papers.Billing.*": "who sells: stands on each paper in their name",
    "papers.Series.*": "names of series",
    "papers.Paper.series": "which numbers: a country, or the id of a partner",
    "papers.Paper.key": "ids",
    "papers.Paper.currency": "one of two",
    "papers.Paper.sha256": "tells nothing of what it is over",
    "papers.GivenBack.key": "ids",
    "papers.PaperFile.sha256": "tells nothing of what it is over",
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
