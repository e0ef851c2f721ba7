"""The end of a visit: signature, silence, refusal, decision, settlement (rule L12, L13)."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import User
from catalogue import money
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from requests_app import notices, price_versions, statement
from requests_app.lifecycle import IllegalMove, Locked, Role, advance, lock_booking, postpone
from requests_app.models import (
    UNSIGNED,
    AcceptanceKind,
    Booking,
    BookingEvent,
    Fault,
    LateSignature,
    Quote,
    QuoteOrigin,
    SignOff,
    SignOffKind,
    State,
    have_met,
    last_made_at,
)
from requests_app.withdrawal import may_withdraw

UNDECIDED_AGAIN = timedelta(hours=24)


class SignatureMissing(Refusal):
    sentence = _("Please sign in the field, or type your name.")


class NoFeeHere(Refusal):
    sentence = _("Inside the right of withdrawal a visit in vain costs the customer nothing.")


class PriceChanged(Refusal):
    sentence = _(
        "What you are to sign has changed meanwhile. Please read it once more before you sign."
    )


@dataclass(frozen=True)
class SignatureInput:
    """Who ended it, on which screen; without a signature where nobody signed."""

    kind: str
    key: str
    signer: str = ""
    signature: str = ""
    device: str = ""


@verb
def sign_off(
    booking_id: int,
    *,
    key: str,
    kind: str,
    quote_version: int,
    signer: str,
    signature: str,
    device: str,
    by: User | None,
    late: bool = False,
) -> Booking:
    """The customer signs what was done and the price; what was signed is frozen and will be charged
    (rule L12, M1).

    `key` is the one-time key of the form: sent twice it is the same signature (fault M24). `kind`
    says on whose screen. After the visit was closed without it, a signature is evidence: kept once,
    it moves and charges nothing (rule L13). `late`: the page said so; else it had the ordinary
    words on it, and these are kept. Raises SignatureMissing, PriceChanged, IllegalMove.
    """
    booking = lock_booking(booking_id)
    if any(
        model.objects.filter(booking=booking, key=key).exists()
        for model in (SignOff, LateSignature)
    ):
        return booking
    closed = closed_unsigned(booking)
    if closed is None and (late or booking.state != State.FINISHED):
        raise IllegalMove("sign_off", booking.state, Role.CUSTOMER)
    if not signer.strip() or not signature.strip():
        raise SignatureMissing
    quote = _to_be_read(booking, closed, late=late, version=quote_version)
    if quote is None or quote.version != quote_version:
        raise PriceChanged
    # what is kept is what is hashed
    signature_input = SignatureInput(kind, key, signer, signature, device[:200])
    if closed is None:
        signed = _signed_statement(booking, quote, signature_input, by=by)
        if evidence_only(signed):
            notices.queue(signed, "signed_unproved", round=signed.epoch)
        return signed
    columns = _frozen(booking, quote, signature_input, mila_now(), closed=closed if late else None)
    LateSignature.objects.create(booking=booking, by=by, **columns)
    publish.publish(f"booking:{booking.uuid}", "signed")
    return booking


def closed_unsigned(booking: Booking) -> SignOff | None:
    """The end that came without the customer's hand, by silence or by Mila's decision, while they
    may still sign it; the last one, where it was decided anew.
    """
    if booking.state not in (State.SIGNED_OFF, State.SETTLED):
        return None
    return (
        SignOff.objects.filter(booking=booking, kind__in=UNSIGNED, booking__late_signature=None)
        .select_related("quote")
        .last()
    )


def was_contested(events: Iterable[BookingEvent]) -> bool:
    """Whether the customer has said themselves that something is not right: what was decided then,
    no page asks them to sign. What they had signed before is still kept as evidence.
    """
    return any(one.move in ("refuse", "object") and one.role == Role.CUSTOMER for one in events)


def _to_be_read(
    booking: Booking, closed: SignOff | None, *, late: bool, version: int
) -> Quote | None:
    """The version of the price that must have stood on their page."""
    if closed is None:
        return booking.quotes.agreed().latest("version")
    # A page from before the end showed a version of its own: silence may have chosen another, a
    # decision added one.
    return closed.quote if late else booking.quotes.agreed().filter(version=version).first()


def evidence_only(booking: Booking) -> bool:
    """Signed on the technician's screen, and nobody said the visit code: the payer is asked first
    (rule L9b).
    """
    last = SignOff.objects.filter(booking=booking).last()
    return last is not None and last.kind == SignOffKind.SCREEN and not have_met(booking)


@verb
def see_report(booking_id: int, *, version: int) -> Booking:
    """A person has the report before them: silence may end it from here on (rule L13). The first
    time counts.

    `version` is that of the price beside it: a page that shows an end which was taken back since
    says nothing.
    """
    booking = lock_booking(booking_id)
    if (
        booking.state == State.FINISHED
        and booking.report_seen_at is None
        and version == _last_version(booking)
    ):
        booking.report_seen_at = mila_now()
        booking.save(update_fields=["report_seen_at"])
    return booking


def _last_version(booking: Booking) -> int:
    return booking.quotes.agreed().latest("version").version


@verb
def object_to(
    booking_id: int, *, by: User | None, reason: str, role: Role = Role.CUSTOMER
) -> Booking:
    """What was reported is not so: people decide, and no fee is owed meanwhile (rule L9b, L11).

    Whether a charge is still held is the caller's to know, who holds its lock.
    """
    return advance(booking_id, "object", role=role, by=by, reason=reason, fee_cents=0)


def _signed_statement(
    booking: Locked,
    quote: Quote,
    signature_input: SignatureInput,
    *,
    by: User | None = None,
    move: str = "sign_off",
    role: Role = Role.CUSTOMER,
    reason: str = "",
) -> Booking:
    """Write the sign-off and make the move, in one transaction."""
    at = mila_now()
    SignOff.objects.create(booking=booking, **_frozen(booking, quote, signature_input, at))
    return advance(
        booking,
        move,
        role=role,
        by=by,
        at=at,
        reason=reason,
        signed_off_at=at,
        data={"kind": signature_input.kind},
    )


def _frozen(
    booking: Booking,
    quote: Quote,
    signature_input: SignatureInput,
    at: datetime,
    *,
    closed: SignOff | None = None,
) -> dict[str, Any]:
    """The columns of a frozen end: the words in the customer's language, the amounts, and the hash
    of all of it.
    """
    rate = booking.policy.commission_bp[booking.partner.kind]
    shares = money.split(quote.service_cents, rate, booking.booking_fee_cents)
    with translation.override(booking.language):
        text = statement.text(booking, quote, closed=closed)
    columns = {
        **asdict(signature_input),
        "quote": quote,
        "text": text,
        "service_cents": shares.service_cents,
        "booking_fee_cents": shares.fee_cents,
        "commission_cents": shares.commission_cents,
        "partner_cents": shares.partner_cents,
        "charge_cents": shares.charge_cents,
        "currency": booking.currency,
        "signed_at": at,
    }
    return columns | {"sha256": statement.sha256(SignOff(booking=booking, **columns))}


@verb
def sign_off_by_silence(booking_id: int) -> Booking:
    """After 72 h without a word: the lower of the report and what the customer accepted by their
    own hand (rule L13).

    Only if the two have met, by the visit code, and a person has seen the report on the page. Else
    ops are told, and again each day, until somebody decides.
    """
    booking = lock_booking(booking_id)
    at = mila_now()
    if booking.state != State.FINISHED or booking.due_at is None or booking.due_at > at:
        return booking
    if booking.report_seen_at is None or not have_met(booking):
        notices.queue(booking, "undecided_ops", round=at.toordinal())
        postpone(booking, at + UNDECIDED_AGAIN)
        return booking
    final = booking.quotes.agreed().latest("version")
    accepted = booking.quotes.agreed().filter(accepted_by_payer=True).latest("version")
    quote = min(final, accepted, key=lambda q: q.service_cents)
    return _signed_statement(
        booking,
        quote,
        SignatureInput(SignOffKind.SILENCE, f"silence-{booking.uuid}"),
        role=Role.SYSTEM,
    )


@verb
def refuse(booking_id: int, *, by: User | None, reason: str, role: Role = Role.CUSTOMER) -> Booking:
    """It goes wrong, or they do not sign, and say why: nothing is charged before the decision
    (rule L13).

    The work and its slot end here. A repeat returns the booking.
    """
    booking = lock_booking(booking_id)
    if booking.state == State.CONTESTED:
        return booking
    return advance(booking, "refuse", role=role, by=by, reason=reason)


@verb
def decide(booking_id: int, *, service_cents: int, by: User, reason: str) -> Booking:
    """Ops decide what the work is worth, with reasons; above what was accepted last is never
    possible.

    A repeat returns the booking as it was decided; anew after an appeal it is a further one.
    """
    booking = lock_booking(booking_id)
    anew = booking.events.filter(move="reopen").count()
    key = f"decision-{booking_id}-{anew}" if anew else f"decision-{booking_id}"
    if SignOff.objects.filter(booking=booking, key=key).exists():
        return booking
    if booking.state != State.CONTESTED:
        raise IllegalMove("decide", booking.state, Role.OPS)
    at = mila_now()
    cents = max(0, min(service_cents, booking.quotes.agreed().latest("version").service_cents))
    with translation.override(booking.language):
        lines = [price_versions.Line(booking.service.name, cents)]
    quote = price_versions.write(booking, lines, by=by, at=at, origin=QuoteOrigin.DECISION)
    price_versions.accept(quote, AcceptanceKind.DECISION, by=by, at=at)
    signature_input = SignatureInput(SignOffKind.DECISION, key)
    return _signed_statement(
        booking, quote, signature_input, by=by, move="decide", role=Role.OPS, reason=reason
    )


@verb
def decide_none(booking_id: int, *, by: User, reason: str, fault: str = Fault.NOBODY) -> Booking:
    """Ops decide that nothing is owed. A repeat returns the booking."""
    booking = lock_booking(booking_id)
    if booking.state == State.FAILED and booking.events.filter(move="decide_none").exists():
        return booking
    return advance(
        booking,
        "decide_none",
        role=Role.OPS,
        by=by,
        reason=reason,
        end_reason=reason[:200],
        end_fault=fault,
        fee_cents=0,
    )


@verb
def decide_fee(
    booking_id: int, *, by: User, reason: str, at_most_cents: int | None = None
) -> Booking:
    """Ops decide that the visit in vain is paid: the fee of the policy it was made under, or less
    after an appeal. A repeat returns the booking.

    Raises NoFeeHere where the right of withdrawal forbids it (rule B10).
    """
    booking = lock_booking(booking_id)
    at = mila_now()
    if booking.state == State.FAILED and booking.events.latest("sequence").move == "decide_fee":
        return booking
    if may_withdraw(booking, last_made_at(booking, "arrive") or at):
        raise NoFeeHere
    fee_cents = booking.policy.cancel_fee_cents[booking.currency]
    return advance(
        booking,
        "decide_fee",
        role=Role.OPS,
        by=by,
        at=at,
        reason=reason,
        end_reason=reason[:200],
        end_fault=Fault.CUSTOMER,
        fee_cents=fee_cents if at_most_cents is None else min(fee_cents, at_most_cents),
    )


@verb
def reopen(booking_id: int, *, by: User, reason: str) -> Booking:
    """Decided anew after an appeal, by the same transaction: no fee is owed until then.

    That nothing of it was paid, or can be meanwhile, is the caller's to know (payments.appeals).
    """
    return advance(booking_id, "reopen", role=Role.OPS, by=by, reason=reason, fee_cents=0)


@verb
def settle(booking_id: int) -> Booking:
    """The charge has succeeded, or nothing was due: the booking is closed, the job counts
    (rule M1). Repeatable.
    """
    booking = lock_booking(booking_id)
    if booking.state == State.SETTLED:
        return booking
    advance(booking, "settle", role=Role.SYSTEM, by=None)
    search.count_settled_job(booking.technician)
    return booking
