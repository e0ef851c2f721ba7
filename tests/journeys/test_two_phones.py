"""A price agreed between two phones at once: each step of one is seen on the other by itself
(rule L10).
"""

import json
import math
import os
import re
import sys
import time

import pytest
from playwright.sync_api import expect

from backoffice.invariants import violations
from mila.clock import mila_now, set_clock
from requests_app import price_versions
from requests_app.actions import answering, quoting
from requests_app.models import Booking, SignOff, State
from tests import chromium, factories
from tests.cast import walk
from tests.journeys.test_in_browser import (  # noqa: F401
    browsers,
    come_in,
    friend,
    jobs_at_once,
    look,
    press,
    site,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
SOON = 2_000  # milliseconds


@pytest.fixture
def phones(browsers, friend):  # noqa: F811
    """The customer's and the technician's, both at work on the same visit; and the booking."""
    hers, theirs = browsers
    hers.set_viewport_size({"width": 390, "height": 844})
    booking = factories.placed_booking(customer=factories.UserFactory(name="Odile Perrachon"))
    booking = walk(booking, friend, State.IN_PROGRESS)
    come_in(theirs, "yanis@example.com", "/partner/offers/")
    theirs.goto(f"/partner/jobs/{booking.uuid}/")
    hers.goto(f"/b/{booking.token}/")
    return hers, theirs, booking


def propose(phone, booking, price, reason):
    phone.goto(f"/partner/jobs/{booking.uuid}/price/")
    phone.fill("[name=reason]", reason)
    phone.fill("[name=price]", price)
    look(phone, f"price-form-{price}")
    press(phone, "main form button[type=submit]")
    phone.wait_for_url(f"**/partner/jobs/{booking.uuid}/")
    expect(phone.locator("#proposal")).to_contain_text("€")


def test_proposal_decline_second_proposal_acceptance_finish_signature(phones):
    hers, theirs, booking = phones

    propose(theirs, booking, "95,00", "Le câble est coupé.")
    expect(hers.locator("main")).to_contain_text("Le câble est coupé.", timeout=SOON)
    expect(hers.locator("main")).to_contain_text("97,90")
    look(hers, "price-seen")
    look(theirs, "price-waits")

    hers.goto(f"/b/{booking.token}/price/")
    look(hers, "price-read")
    press(hers, "button[name=decline]")
    hers.wait_for_url(f"**/b/{booking.token}/")
    expect(theirs.locator("main .notice[data-kind=danger]").first).to_be_visible(timeout=SOON)
    look(theirs, "price-declined")

    propose(theirs, booking, "82,00", "Seulement le câble.")
    expect(hers.locator("main")).to_contain_text("Seulement le câble.", timeout=SOON)
    hers.goto(f"/b/{booking.token}/price/")
    press(hers, "button[name=accept]")
    hers.wait_for_url(f"**/b/{booking.token}/")
    look(hers, "price-agreed")
    expect(theirs.locator("main .notice[data-kind=done]").first).to_contain_text(
        "82,00", timeout=SOON
    )
    look(theirs, "price-accepted")

    theirs.goto(f"/partner/jobs/{booking.uuid}/finish/")
    theirs.fill("[name=done]", "Câble remplacé.")
    for name in ("explained", "tidied"):
        theirs.check(f"[name={name}]", force=True)
    look(theirs, "price-finish")
    press(theirs, "main form button[type=submit]")
    theirs.wait_for_url("**/sign/")
    expect(hers.locator("a[href$='/sign/'] >> visible=true").first).to_be_visible(timeout=SOON)
    look(theirs, "price-sign")
    for amount in ("71,90", "84,90"):
        expect(theirs.locator("main")).to_contain_text(amount)
    theirs.fill("[name=typed]", "Odile Perrachon")
    press(theirs, "button[form=sign]")
    theirs.wait_for_url("**/rate/")
    expect(hers.locator(".badge").first).to_have_text(re.compile("Sign", re.I), timeout=SOON)

    booking.refresh_from_db()
    assert booking.state == State.SIGNED_OFF
    assert SignOff.objects.get().charge_cents == 8490
    set_clock(mila_now(), speed=1)
    assert violations() == {}


def test_the_phone_turned_round_asks_for_the_payers_number(phones):
    hers, theirs, booking = phones
    propose(theirs, booking, "82,00", "Seulement le câble.")

    theirs.goto(f"/partner/jobs/{booking.uuid}/price/answer/")
    look(theirs, "price-turned")
    press(theirs, "button[name=send]")
    expect(theirs.locator("[name=number]")).to_be_visible()
    look(theirs, "price-turned-number")
    theirs.fill("[name=number]", "0000")
    theirs.fill("[name=typed]", "Odile Perrachon")
    press(theirs, "button[name=decline]")
    theirs.wait_for_url(f"**/partner/jobs/{booking.uuid}/")
    expect(hers.locator("#proposal")).to_have_count(0, timeout=SOON)
    assert booking.quotes.get(version=2).declined_at is not None


def test_each_step_is_on_the_other_phone_at_once(phones, capsys):
    """A slice; more by `python -m bench.two_phones`, which prints how long the steps took."""
    hers, theirs, booking = phones
    technician, waits = booking.technician, []
    for number in range(int(os.environ.get("MILA_TWO_PHONES", "2"))):
        reason = f"Câble {number}"
        began = time.perf_counter()
        quote = quoting.propose(
            booking.pk,
            technician.pk,
            by=technician.user,
            key=f"measured-{number}",
            agreed_version=price_versions.agreed(booking).version,
            wanted=quoting.Wanted(service_cents=7000 + number),
            reason=reason,
        )
        expect(hers.locator("main")).to_contain_text(reason, timeout=SOON)
        waits.append(time.perf_counter() - began)
        expect(theirs.locator("#proposal")).to_contain_text("€")
        # every tenth is accepted, so that what is agreed moves too
        answer = answering.accept if number % 10 == 9 else answering.decline
        began = time.perf_counter()
        answer(booking.pk, version=quote.version, by=None)
        expect(theirs.locator("#proposal")).not_to_contain_text(reason, timeout=SOON)
        waits.append(time.perf_counter() - began)
        # who proposes more often does not negotiate (quoting.MOST_VERSIONS)
        Booking.objects.filter(pk=booking.pk).update(claimed_at=mila_now())
    waits.sort()
    with capsys.disabled():
        p95 = waits[max(0, math.ceil(len(waits) * 0.95) - 1)]
        figures = {"what": "step to the other phone", "steps": len(waits)}
        figures |= {"median_ms": round(waits[len(waits) // 2] * 1e3), "p95_ms": round(p95 * 1e3)}
        sys.stdout.write(f"{json.dumps({**figures, 'most_ms': round(waits[-1] * 1e3)})}\n")
