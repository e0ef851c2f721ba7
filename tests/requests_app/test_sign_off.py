"""What the customer signs is frozen, adds up, and is signed once (rule B8, L10, L12, M1-M3;
fault M5, M24).
"""

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from catalogue.models import Service
from requests_app.actions import signing
from requests_app.lifecycle import IllegalMove
from requests_app.models import Booking, Quote, QuoteLine, SignOff, SignOffKind, State
from tests.evidence import forged
from tests.requests_app.booking_states import (
    agreed_version,
    booking_in,
    effects,
    moves,
    refused,
    told,
    unchanged,
)

KINDS = [SignOffKind.SCREEN, SignOffKind.OWN_DEVICE]


@pytest.fixture
def work(now, partner):
    """Finished work at the booked price of 69 euros."""
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
    booking.assignments.update(code_typed_at=now)
    return booking


def final(booking, cents, at):
    quote = agreed_version(booking, 2, cents)
    QuoteLine.objects.create(quote=quote, label="Wi-Fi lent", cents=cents)
    return quote


def sign(booking, *, key="key-1", kind=SignOffKind.SCREEN, version=None, **kwargs):
    values = {
        "signer": "Odile Perrachon",
        "signature": "[[1,2]]",
        "device": "Firefox",
        "by": None,
        **kwargs,
    }
    version = version or booking.quotes.agreed().latest("version").version
    return signing.sign_off(booking.pk, key=key, kind=kind, quote_version=version, **values)


@pytest.mark.parametrize("kind", KINDS)
def test_signature_freezes_price_shares_words_and_instant(kind, work, now):
    signed = sign(work, kind=kind)

    assert (signed.state, signed.signed_off_at, signed.due_at) == (State.SIGNED_OFF, now, None)
    frozen = SignOff.objects.get()
    assert (frozen.service_cents, frozen.booking_fee_cents, frozen.charge_cents) == (
        6900,
        290,
        7190,
    )
    assert (frozen.commission_cents, frozen.partner_cents, frozen.currency) == (1380, 5520, "EUR")
    assert (frozen.kind, frozen.signer, frozen.signature, frozen.device, frozen.signed_at) == (
        kind,
        "Odile Perrachon",
        "[[1,2]]",
        "Firefox",
        now,
    )
    assert "Canal changé" in frozen.text
    assert "71,90" in frozen.text
    assert (moves(signed), effects(), told(signed)) == (["sign_off"], ["payments.charge"], [])
    assert signed.events.last().data == {"kind": kind}
    assert not signed.clocks.filter(done_at=None).exists()
    assert signed.assignments.get().ended_at is None


def test_hash_is_that_of_what_is_kept(work, now):
    sign(work, device="Mozilla " * 100)

    kept = SignOff.objects.get()
    facts = [
        str(work.uuid),
        1,
        kept.kind,
        kept.signer,
        kept.signature,
        kept.text,
        kept.device,
        kept.service_cents,
        kept.booking_fee_cents,
        kept.commission_cents,
        kept.partner_cents,
        kept.charge_cents,
        kept.currency,
        kept.signed_at.isoformat(),
    ]
    assert len(kept.device) == 200
    assert kept.sha256 == hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def test_signature_is_encrypted_in_the_table(work):
    sign(work)

    with connection.cursor() as cursor:
        cursor.execute("SELECT signer, signature FROM requests_app_signoff")
        assert not {"Odile Perrachon", "[[1,2]]"} & set(cursor.fetchone())


def test_text_speaks_the_customer_s_language(work):
    Booking.objects.update(language="de")
    Service.objects.update(name_de="Langsames WLAN")

    sign(work)

    assert "Langsames WLAN" in SignOff.objects.get().text


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_agreed_before_the_work_is_signed_on_either_screen(kind, work, now):
    final(work, 8000, now)

    sign(work, kind=kind)

    frozen = SignOff.objects.get()
    assert (frozen.quote.version, frozen.charge_cents) == (2, 8290)
    assert "71,90" in frozen.text  # booked
    assert "82,90" in frozen.text  # agreed


def test_same_key_twice_is_one_signature(work):
    sign(work)

    with unchanged(work):
        sign(work, signature="another")
    assert SignOff.objects.get().signature == "[[1,2]]"


def test_second_device_is_refused(work):
    sign(work)

    with refused(work, IllegalMove):
        sign(work, key="key-2", kind=SignOffKind.OWN_DEVICE)


@pytest.mark.parametrize("missing", [{"signer": " "}, {"signature": ""}])
def test_without_a_signature_is_refused(missing, work):
    with refused(work, signing.SignatureMissing):
        sign(work, **missing)
    assert not SignOff.objects.exists()


@pytest.mark.parametrize("version", [1, 3])
def test_price_they_did_not_read_is_refused(version, work, now):
    final(work, 8000, now)

    with refused(work, signing.PriceChanged):
        sign(work, version=version)


@pytest.mark.parametrize("answer", ["accepted_at", "declined_at", "withdrawn_at"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_proposed_and_not_agreed_is_signed_on_no_screen(kind, answer, work, now):
    """Control: accepted, it is."""
    Quote.objects.create(
        booking=work,
        version=2,
        origin="partner",
        service_cents=9000,
        created_at=now,
        **{answer: now},
    )
    if answer == "accepted_at":
        assert sign(work, kind=kind, version=2).sign_off.service_cents == 9000
        return

    with refused(work, signing.PriceChanged):
        sign(work, kind=kind, version=2)

    assert sign(work, kind=kind, version=1).sign_off.service_cents == 6900


@pytest.mark.parametrize(
    "state", [State.IN_PROGRESS, State.CONTESTED, State.FAILED, State.CANCELLED]
)
def test_out_of_turn_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        sign(booking)


def test_database_refuses_shares_that_do_not_add_up(work):
    sign(work)

    with forged(), pytest.raises(IntegrityError, match="sign_off_adds_up"), transaction.atomic():
        SignOff.objects.update(partner_cents=5521)


# --- Without the visit code (rule L9b)


def test_a_signature_on_the_technician_s_screen_without_the_code_is_evidence_and_told(work):
    work.assignments.update(code_typed_at=None)

    signed = sign(work)

    assert signing.evidence_only(signed)
    assert told(signed) == ["signed_unproved"]


@pytest.mark.parametrize(
    ("kind", "met"), [(SignOffKind.SCREEN, True), (SignOffKind.OWN_DEVICE, False)]
)
def test_with_the_code_or_on_the_payer_s_own_device_it_stands_by_itself(kind, met, work, now):
    work.assignments.update(code_typed_at=now if met else None)

    signed = sign(work, kind=kind)

    assert not signing.evidence_only(signed)
    assert told(signed) == []
