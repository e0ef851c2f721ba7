"""What becomes of a booking, told by the verbs of the people in it: each `yield` names where it
stands.
"""

from collections.abc import Iterator
from datetime import timedelta

from accounts import actions
from dispatch import offers
from mila.clock import mila_now, set_clock
from papers import sweeps as papers
from payments.sweeps import charge_booking
from requests_app.actions import (
    answering,
    appealing,
    changes,
    contact_access,
    messaging,
    notes,
    other_times,
    quoting,
    signing,
    visit,
)
from requests_app.actions.assigning import assign
from requests_app.actions.doorstep import PhonePlace
from requests_app.lifecycle import Role
from requests_app.models import Author, DecisionAppeal, NotePhrase, SignOffKind, State, Verdict
from requests_app.price_versions import ByHand
from requests_app.sweeps import sweep_bookings, sweep_clocks
from tests import cast
from tests.leak_detection.dataset import Dataset
from tests.papers.cast import billing_of

REPORT = {"done": "Canal changé", "explained": True, "tidied": True}
Story = Iterator[str]


def later(**span: int) -> None:
    set_clock(mila_now() + timedelta(**span), speed=0)


def to_the_end(w: Dataset) -> Story:
    """Declined by one, claimed and given back by another, found again in the
    pool, done and paid.
    """
    word, booking = w.canaries.word, None
    w.draft()
    yield "draft"
    w.order()
    booking = w.booking
    yield "searching"
    first = offers.open_next(booking.pk)
    assert first.technician == w.decliner
    yield "offered to the decliner"
    offers.decline(first.pk, w.decliner.pk, reason="far")
    second = offers.open_next(booking.pk)
    assert second.technician == w.loser
    yield "offered to the loser"
    offers.claim(booking.pk, w.loser.pk, rank=1, by=w.loser.user)
    yield "claimed by the loser"
    note = f"{word('loser CallAttempt.note')} rappeler"
    visit.record_call(
        booking.pk, w.loser.pk, by=w.loser.user, channel="phone", reached=True, note=note
    )
    yield "called by the loser"
    set_clock(booking.wishes.get().start_at - timedelta(hours=5), speed=0)
    visit.release(booking.pk, w.loser.pk, by=w.loser.user, reason=word("BookingEvent.reason"))
    yield "lost"
    assert offers.open_next(booking.pk) is None
    yield "pool"
    offers.tap(booking.pk, w.holder.pk)
    offers.claim(booking.pk, w.holder.pk, rank=1, by=w.holder.user)
    booking.assignments.filter(ended_at=None).update(code=word("Assignment.code"))
    yield "claimed"
    messaging.write(
        booking.pk,
        Author.CUSTOMER,
        key="m-1",
        text=f"{word('Message.text')} est au fond de la cour.",
    )
    note = f"{word('CallAttempt.note')} rappeler"
    visit.record_call(
        booking.pk, w.holder.pk, by=w.holder.user, channel="phone", reached=True, note=note
    )
    yield "called"
    visit.confirm(booking.pk, w.holder.pk, by=w.holder.user)
    contact_access.show_contact(booking.pk, by=w.ops, reason=word("ContactAccess.reason"))
    yield "confirmed"
    booking.refresh_from_db()
    set_clock(booking.start_at - timedelta(minutes=20), speed=0)
    visit.depart(booking.pk, w.holder.pk, by=w.holder.user)
    point = {"lat": 45.763417, "lon": 4.861519}
    visit.report_position(
        booking.pk, w.holder.pk, **point, eta_at=mila_now() + timedelta(minutes=9)
    )
    for name, value in point.items():
        w.canaries.plant(f"Position.{name}", value)
    yield "en route"
    visit.arrive(
        booking.pk, w.holder.pk, by=w.holder.user, place=PhonePlace(45.748913, 4.846917, 12)
    )
    w.canaries.plant("DoorPlace.point", "45.748913 4.846917")
    yield "arrived"
    cast.begin(booking, w.holder)
    _agreed_on_the_phone(w)
    notes.post_note(booking.pk, w.holder.pk, key="n-1", text=f"{word('ProgressNote.text')} trouvé")
    notes.post_note(booking.pk, w.holder.pk, key="n-2", phrase=NotePhrase.NEARLY)
    reason = f"{word('TimeProposal.reason')} manque"
    other_times.propose(booking.pk, w.holder.pk, wall=cast.next_wall(5), reason=reason)
    yield "in progress"
    visit.finish(
        booking.pk, w.holder.pk, by=w.holder.user, report=REPORT | {"done": word("SignOff.text")}
    )
    yield "finished"
    signing.sign_off(
        booking.pk,
        key="s-1",
        kind=SignOffKind.SCREEN,
        quote_version=booking.quotes.agreed().latest("version").version,
        signer=word("SignOff.signer"),
        signature=word("SignOff.signature"),
        device=word("SignOff.device"),
        by=w.holder.user,
    )
    yield "signed off"
    charge_booking(booking.pk)
    assert_state(w, State.SETTLED)
    billing_of(w.holder)
    papers.sweep()
    yield "settled"
    later(days=7)
    yield "a week later"


def _agreed_on_the_phone(w: Dataset) -> None:
    """A version of the price in the technician's words, accepted on the phone turned round."""
    word = w.canaries.word
    quote = quoting.propose(
        w.booking.pk,
        w.holder.pk,
        by=w.holder.user,
        key="p-1",
        agreed_version=1,
        wanted=quoting.Wanted(service_cents=6000, own=[(f"{word('QuoteLine.label')} neuf", 100)]),
        reason=f"{word('Quote.reason')} cassé",
    )
    hand = ByHand(
        *(word(f"QuoteEvent.{name}") for name in ("words", "signer", "signature", "device"))
    )
    answering.accept_on_screen(
        w.booking.pk, w.holder.pk, version=quote.version, by=w.holder.user, hand=hand
    )


def called_off(w: Dataset) -> Story:
    """Lost by a call that was not made; given to another by hand, who is late to confirm and
    suspended; cancelled.
    """
    _offered_to_the_loser(w)
    offers.claim(w.booking.pk, w.loser.pk, rank=1, by=w.loser.user)
    yield "claimed by the loser"
    later(hours=12)
    assert sweep_bookings() == 1
    assert_state(w, State.SEARCHING)
    yield "call missed"
    assign(w.booking.pk, w.holder.pk, rank=1, by=w.ops, reason="Agreed by telephone")
    visit.record_call(w.booking.pk, w.holder.pk, by=w.holder.user, channel="phone", reached=True)
    w.booking.refresh_from_db()
    set_clock(w.booking.due_at, speed=0)
    assert sweep_bookings() == 1
    assert_state(w, State.UNCONFIRMED)
    yield "unconfirmed"
    word = w.canaries.word("holder PartnerProfile.suspension_reason")
    actions.suspend(w.holder.partner_id, reason=word, evidence="A letter")
    ban, words = w.holder.partner.suspensions.get(), w.canaries.word("holder Appeal.words")
    appeal = appealing.appeal_suspension(
        w.holder, ban.uuid, words=words, picture=None, by=w.holder.user
    )
    yield "suspended"
    appealing.decide(
        appeal.pk, verdict=Verdict.OVERTURNED, reason=w.canaries.word("Appeal.reason"), by=w.ops
    )
    reason = w.canaries.word("Booking.end_reason")
    changes.cancel(w.booking.pk, role=Role.CUSTOMER, by=w.customer, reason=reason)
    yield "cancelled"


def contested(w: Dataset) -> Story:
    """The customer does not sign, and ops decide that nothing is owed."""
    _offered_to_the_loser(w)
    _done_by_the_holder(w)
    signing.refuse(w.booking.pk, by=w.customer, reason=w.canaries.word("BookingEvent.reason"))
    yield "contested"
    signing.decide_none(w.booking.pk, by=w.ops, reason="Nothing worked")
    DecisionAppeal.objects.create(
        booking=w.booking,
        decision=w.booking.events.latest("sequence"),
        words=w.canaries.word("DecisionAppeal.words"),
        at=mila_now(),
        due_at=mila_now(),
        verdict=Verdict.OVERTURNED,
        reason=w.canaries.word("DecisionAppeal.reason"),
        decided_at=mila_now(),
        decided_by=w.ops,
    )
    yield "failed"


def silent(w: Dataset) -> Story:
    """Nobody signs for three days; the signature comes afterwards, from the
    customer's own device.
    """
    _offered_to_the_loser(w)
    _done_by_the_holder(w, done=w.canaries.word("LateSignature.text"))
    sweep_clocks()
    signing.see_report(w.booking.pk, version=w.booking.quotes.agreed().latest("version").version)
    later(hours=72)
    assert sweep_bookings() == 1
    assert_state(w, State.SIGNED_OFF)
    yield "closed by silence"
    word = w.canaries.word
    signing.sign_off(
        w.booking.pk,
        key="late-1",
        kind=SignOffKind.OWN_DEVICE,
        quote_version=w.booking.quotes.agreed().latest("version").version,
        signer=word("LateSignature.signer"),
        signature=word("LateSignature.signature"),
        device=word("LateSignature.device"),
        by=w.customer,
        late=True,
    )
    yield "signed late"


def _offered_to_the_loser(w: Dataset) -> None:
    w.draft()
    w.order()
    first = offers.open_next(w.booking.pk)
    offers.decline(first.pk, w.decliner.pk, reason="far")
    assert offers.open_next(w.booking.pk).technician == w.loser


def _done_by_the_holder(w: Dataset, *, done: str = REPORT["done"]) -> None:
    offer = w.booking.offers.latest("pk")
    offers.decline(offer.pk, w.loser.pk, reason="time")
    cast.walk(w.booking, w.holder, State.IN_PROGRESS)
    visit.finish(w.booking.pk, w.holder.pk, by=w.holder.user, report=REPORT | {"done": done})


def assert_state(w: Dataset, state: State) -> None:
    w.booking.refresh_from_db()
    assert w.booking.state == state
