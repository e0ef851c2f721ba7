"""Signed after the visit was closed without it: evidence that moves and charges nothing
(rule L13, fault M24).
"""

import hashlib
import json
from datetime import timedelta

import pytest

from backoffice.invariants import violations
from mila.streams import publish
from payments.models import Charge, LedgerEntry
from requests_app.actions import signing
from requests_app.lifecycle import IllegalMove
from requests_app.models import LateSignature, QuoteLine, SignOff, SignOffKind, State
from requests_app.sweeps import sweep_bookings
from tests.evidence import forged
from tests.requests_app.booking_states import (
    agreed_version,
    booking_in,
    effects,
    facts,
    refused,
    unchanged,
)

LATER = timedelta(days=9)


@pytest.fixture
def work(now, partner):
    """Agreed at 90 euros, booked at 69; a reminder has reached the customer."""
    report = {"done": "Canal changé", "explained": True, "tidied": True}
    booking = booking_in(
        State.FINISHED,
        partner,
        now,
        finished_at=now,
        due_at=now + timedelta(hours=72),
        report=report,
    )
    QuoteLine.objects.create(quote=booking.quotes.get(), label="Wi-Fi lent", cents=6900)
    quote = agreed_version(booking, 2, 9000)
    QuoteLine.objects.create(quote=quote, label="Wi-Fi et répéteur", cents=9000)
    booking.assignments.update(code_typed_at=now)
    signing.see_report(booking.pk, version=booking.quotes.latest("version").version)
    return booking


@pytest.fixture
def silent(work, stopped_clock, now):
    """Closed by silence, and nine days have passed."""
    stopped_clock(work.due_at)
    assert sweep_bookings() == 1
    stopped_clock(now + LATER)
    work.refresh_from_db()
    return work


def sign(booking, *, key="late-1", kind=SignOffKind.OWN_DEVICE, version=2, late=True, **kwargs):
    values = {
        "signer": "Odile Perrachon",
        "signature": "[[1,2]]",
        "device": "Firefox",
        "by": None,
        **kwargs,
    }
    return signing.sign_off(
        booking.pk, key=key, kind=kind, quote_version=version, late=late, **values
    )


def money_rows():
    return list(Charge.objects.values()), list(LedgerEntry.objects.values())


def test_it_is_frozen_beside_the_sign_off(silent, now, customer):
    sign(silent, by=customer)

    kept = LateSignature.objects.get()
    assert (kept.kind, kept.signer, kept.signature, kept.device, kept.by) == (
        SignOffKind.OWN_DEVICE,
        "Odile Perrachon",
        "[[1,2]]",
        "Firefox",
        customer,
    )
    assert (kept.service_cents, kept.charge_cents, kept.currency, kept.signed_at) == (
        9000,
        9290,
        "EUR",
        now + LATER,
    )
    frozen = [
        str(silent.uuid),
        2,
        kept.kind,
        kept.signer,
        kept.signature,
        kept.text,
        kept.device,
        9000,
        290,
        1800,
        7200,
        9290,
        "EUR",
        kept.signed_at.isoformat(),
    ]
    assert (
        kept.sha256 == hashlib.sha256(json.dumps(frozen, ensure_ascii=False).encode()).hexdigest()
    )
    assert "Canal changé" in kept.text


def test_its_words_say_that_nothing_is_charged(silent):
    sign(silent)

    ordinary, late = (
        SignOff.objects.get().text.splitlines(),
        LateSignature.objects.get().text.splitlines(),
    )
    assert late[:-2] == ordinary[: len(late) - 2]
    assert "27 novembre 2026" in late[-2]
    assert ordinary[-1] not in late


def test_nothing_else_happens(silent, monkeypatch):
    heard = []
    monkeypatch.setattr(publish, "publish", lambda *args: heard.append(args))
    before, rows, jobs = facts(silent), money_rows(), effects()
    frozen = SignOff.objects.values().get()

    answer = sign(silent)

    assert answer.state == State.SIGNED_OFF
    assert {**facts(silent), "sign_off": 0} == {**before, "sign_off": 0}
    assert (money_rows(), effects(), SignOff.objects.values().get()) == (rows, jobs, frozen)
    assert heard == [(f"booking:{silent.uuid}", "signed")]
    assert "I3" not in violations([silent.pk])


def test_settled_visit_is_signed_too(silent):
    signing.settle(silent.pk)

    assert sign(silent).state == State.SETTLED
    assert LateSignature.objects.count() == 1


@pytest.mark.parametrize("price", [5000, 0])
def test_decided_visit_is_signed_with_what_was_decided(price, work, staff):
    signing.refuse(work.pk, by=None, reason="Not reached", role="ops")
    signing.decide(work.pk, service_cents=price, by=staff, reason="By telephone")

    sign(work, version=3)

    assert (
        LateSignature.objects.get().charge_cents
        == price + 290
        == SignOff.objects.get().charge_cents
    )


def test_sent_twice_is_one(silent):
    sign(silent)

    with unchanged(silent):
        sign(silent, signature="another")
    assert LateSignature.objects.get().signature == "[[1,2]]"


def test_second_signature_is_refused(silent):
    sign(silent)

    with refused(silent, IllegalMove):
        sign(silent, key="late-2")


@pytest.mark.parametrize(
    ("kind", "version"),
    [(SignOffKind.OWN_DEVICE, 1), (SignOffKind.OWN_DEVICE, 2), (SignOffKind.SCREEN, 1)],
)
def test_page_from_before_the_end_keeps_the_words_it_showed(silent, kind, version):
    """The form was open, or waited in a dead spot, while silence closed the visit."""
    before = facts(silent)

    sign(silent, kind=kind, version=version, late=False)

    kept = LateSignature.objects.select_related("quote").get()
    assert (kept.kind, kept.quote.version) == (kind, version)
    assert kept.text.splitlines()[-1] == SignOff.objects.get().text.splitlines()[-1]
    assert kept.charge_cents == {1: 7190, 2: 9290}[version]
    assert SignOff.objects.get().charge_cents == 9290
    assert {**facts(silent), "sign_off": 0} == {**before, "sign_off": 0}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"signer": " "}, signing.SignatureMissing),
        ({"signature": ""}, signing.SignatureMissing),
        ({"version": 1}, signing.PriceChanged),
        ({"version": 3}, signing.PriceChanged),
        ({"version": 3, "late": False}, signing.PriceChanged),
    ],
)
def test_what_is_no_signature_is_not_kept(change, refusal, silent):
    with refused(silent, refusal):
        sign(silent, **change)


def test_words_that_charge_nothing_do_not_sign_off(work):
    with refused(work, IllegalMove):
        sign(work, version=2)


def test_signed_visit_takes_no_late_signature(work):
    sign(work, version=2, late=False, key="key-1")

    with refused(work, IllegalMove):
        sign(work, version=2)


@pytest.mark.parametrize(
    "state", [State.IN_PROGRESS, State.CONTESTED, State.FAILED, State.CANCELLED]
)
def test_what_is_not_closed_is_not_signed_late(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        sign(booking)


def test_invariant_sees_a_late_signature_that_belongs_nowhere(silent):
    sign(silent)
    with forged():
        SignOff.objects.update(kind=SignOffKind.SCREEN)

    assert "I3" in violations([silent.pk])
