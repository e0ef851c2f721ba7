"""What arrives from a phone that had no network: once, in its order, or refused in words
(rule L9b, L12; fault M24).
"""

import json
import os
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from mila.clock import mila_now, set_clock
from partner import offline
from requests_app.actions import visit
from requests_app.models import CallAttempt, OfflineStep, SignOff, State, have_met
from tests import factories
from tests.cast import MORNING, code_of, walk

KEY = "k" * 36
DONE = {
    "done": "Channel changed\nRepeater placed",
    "explained": "on",
    "tidied": "on",
    "price": "69.00",
}


def send(client, booking, step, fields=None, *, key=KEY, at=None, instead=None):
    body = {
        "key": key,
        "step": step,
        "fields": fields or {},
        "at": (at or mila_now()).isoformat(),
        **(instead or {}),
    }
    return client.post(
        f"/partner/jobs/{booking.uuid}/later/", json.dumps(body), content_type="application/json"
    )


def ahead(client, booking):
    """The fields of the page to sign as the phone has kept it, with what it adds itself."""
    page = client.get(f"/partner/jobs/{booking.uuid}/sign/?ahead=1").content.decode()
    field = lambda name: page.split(f'name="{name}" value="')[1].split('"')[0]  # noqa: E731
    words = field("words").replace("&#10;", "\n").replace("&#x27;", "'").replace("&amp;", "&")
    done = "".join(f"\n– {line}" for line in DONE["done"].splitlines())
    return {
        "key": field("key"),
        "quote_version": field("quote_version"),
        "typed": "Odile Perrachon",
        "words": words.replace(" {done}", done),
    }


@pytest.fixture
def own(client, partner):
    client.force_login(partner.user)
    return client


@pytest.fixture
def at_work(searching, partner):
    return walk(searching, partner, State.IN_PROGRESS)


def test_day_names_what_may_be_kept_and_whose_phone_it_is(own, at_work, partner):
    found = own.get("/partner/day/").json()

    job = f"/partner/jobs/{at_work.uuid}/"
    assert found["owner"] == str(partner.public_id)
    assert {page["path"] for page in found["pages"]} == {
        "/partner/jobs/",
        job,
        *(f"{job}{name}/" for name in ("messages", "finish", "sign", "rate", "thanks")),
    }


def test_job_of_another_day_is_not_kept(own, job):
    assert [page["path"] for page in own.get("/partner/day/").json()["pages"]] == ["/partner/jobs/"]


def test_finish_and_signature_in_their_order(own, at_work):
    fields = ahead(own, at_work)
    assert send(own, at_work, "finish", DONE, key="f" * 36).json() == {"done": True, "sentence": ""}

    assert send(own, at_work, "sign", fields).json() == {"done": True, "sentence": ""}

    at_work.refresh_from_db()
    signed = SignOff.objects.get()
    assert (at_work.state, signed.signer) == (State.SIGNED_OFF, "Odile Perrachon")
    assert signed.text.splitlines() == fields["words"].splitlines()


def test_server_s_instant_counts_and_the_device_s_is_kept(own, at_work):
    said = MORNING - timedelta(days=2)

    send(own, at_work, "finish", DONE, at=said)

    at_work.refresh_from_db()
    assert at_work.finished_at > MORNING
    assert OfflineStep.objects.get().device_at == said


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: {**fields, "words": fields["words"].replace("Repeater placed", "Nothing")},
        lambda fields: {**fields, "words": ""},
        lambda fields: {**fields, "quote_version": "2"},
    ],
)
def test_other_words_than_those_that_would_be_signed_are_refused(change, own, at_work):
    fields = change(ahead(own, at_work))
    send(own, at_work, "finish", DONE, key="f" * 36)

    answer = send(own, at_work, "sign", fields).json()

    at_work.refresh_from_db()
    assert (answer["done"], at_work.state) == (False, State.FINISHED)
    assert "changed" in answer["sentence"] or answer["sentence"]
    assert not SignOff.objects.exists()


def test_lower_price_is_not_signed_by_the_page_that_showed_the_agreed_one(own, at_work):
    fields = ahead(own, at_work)
    send(own, at_work, "finish", {**DONE, "price": "50.00"}, key="f" * 36)

    assert send(own, at_work, "sign", fields).json()["done"] is False
    assert not SignOff.objects.exists()


def test_signature_before_the_report_has_arrived_is_refused_and_stays_so(own, at_work):
    fields = ahead(own, at_work)

    first = send(own, at_work, "sign", fields).json()
    send(own, at_work, "finish", DONE, key="f" * 36)

    assert first["done"] is False
    assert send(own, at_work, "sign", fields).json() == first
    assert not SignOff.objects.exists()


def test_sent_again_it_is_answered_again_and_does_nothing(own, searching, partner):
    booking = walk(searching, partner, State.CLAIMED)
    fields = {"reached": "no", "channel": "phone"}

    answers = [send(own, booking, "call", fields).json() for _ in range(5)]

    assert answers == [{"done": True, "sentence": ""}] * 5
    assert CallAttempt.objects.count() == 1


def test_control_another_key_is_another_call(own, searching, partner):
    booking = walk(searching, partner, State.CLAIMED)

    for number in range(2):
        send(own, booking, "call", {"reached": "no", "channel": "phone"}, key=f"{number}" * 36)

    assert CallAttempt.objects.count() == 2


def test_key_of_one_job_answers_for_no_other(own, at_work, partner):
    send(own, at_work, "finish", DONE)

    answer = send(own, at_work, "note", {"key": "n" * 32, "text": "x"}).json()

    assert answer["done"] is False
    assert OfflineStep.objects.count() == 1


# --- The key goes with the step from the first try on (partner/views/counting.py)


def press(client, booking, step, fields, *, key=KEY):
    """The page's own form, as the worker sends it on."""
    headers = {"Once": key, "Made-At": mila_now().isoformat()}
    return client.post(f"/partner/jobs/{booking.uuid}/{step}/", fields, headers=headers)


@pytest.fixture
def called_in_vain(searching, partner):
    return walk(searching, partner, State.CLAIMED)


IN_VAIN = {"reached": "no", "channel": "phone"}


def test_step_whose_answer_was_lost_is_the_same_one_later(own, called_in_vain):
    assert press(own, called_in_vain, "call", IN_VAIN).status_code == 302

    answer = send(own, called_in_vain, "call", IN_VAIN)

    assert answer.json() == {"done": True, "sentence": ""}
    assert CallAttempt.objects.count() == OfflineStep.objects.count() == 1


def test_step_that_arrives_behind_its_own_repeat_does_nothing(own, called_in_vain):
    send(own, called_in_vain, "call", IN_VAIN)

    assert press(own, called_in_vain, "call", IN_VAIN).status_code == 302

    assert CallAttempt.objects.count() == OfflineStep.objects.count() == 1


def test_wrong_code_whose_answer_was_lost_is_one_try(own, searching, partner):
    booking = walk(searching, partner, State.ARRIVED)
    booking.assignments.filter(ended_at=None).update(code="1234")
    assert press(own, booking, "start", {"code": "0000"}).status_code == 422
    booking.refresh_from_db()
    assert booking.state == State.ARRIVED  # it is mended at the form

    answers = [send(own, booking, "start", {"code": "0000"}).json() for _ in range(2)]

    booking.refresh_from_db()
    assert booking.state == State.IN_PROGRESS  # where nobody was at the form any more
    assert [bool(answer["sentence"]) for answer in answers] == [True, True]
    assert booking.assignments.get(ended_at=None).code_tries == 1


def test_control_another_key_is_another_try(own, searching, partner):
    booking = walk(searching, partner, State.ARRIVED)
    booking.assignments.filter(ended_at=None).update(code="1234")
    press(own, booking, "start", {"code": "0000"})

    send(own, booking, "start", {"code": "0000"}, key="o" * 36)

    assert booking.assignments.get(ended_at=None).code_tries == 2


def test_form_that_was_wrong_spends_no_key(own, called_in_vain):
    assert press(own, called_in_vain, "call", {}).status_code == 422
    assert not OfflineStep.objects.exists()

    press(own, called_in_vain, "call", IN_VAIN)

    assert CallAttempt.objects.count() == 1


def test_refused_move_spends_no_key_and_leaves_nothing(own, job):
    events = job.events.count()

    assert press(own, job, "arrive", {}).status_code == 409

    assert job.events.count() == events
    assert not OfflineStep.objects.exists()


def test_signature_before_the_report_spends_no_key(own, at_work):
    assert press(own, at_work, "sign", ahead(own, at_work)).status_code == 409

    assert not OfflineStep.objects.exists()


@pytest.mark.parametrize("headers", [{"Once": "short"}, {"Once": KEY, "Made-At": "soon"}])
def test_nonsense_beside_a_step_leaves_nothing(own, called_in_vain, headers):
    address = f"/partner/jobs/{called_in_vain.uuid}/call/"

    assert own.post(address, IN_VAIN, headers=headers).status_code == 400

    assert not CallAttempt.objects.exists()


def test_key_of_one_step_makes_no_other(own, at_work):
    press(own, at_work, "finish", DONE)
    at_work.refresh_from_db()
    assert at_work.state == State.FINISHED

    assert press(own, at_work, "note", {"key": "n" * 32, "text": "x"}).status_code == 400


@pytest.mark.parametrize(("typed", "met", "tries"), [("right", True, 0), ("0000", False, 1)])
def test_code_typed_without_network_is_one_try_and_the_work_has_begun(
    own, searching, partner, typed, met, tries
):
    booking = walk(searching, partner, State.ARRIVED)
    assignment = booking.assignments.get(ended_at=None)
    assignment.code = "1234"
    assignment.save(update_fields=["code"])

    answers = [
        send(
            own, booking, "start", {"code": code_of(booking) if typed == "right" else typed}
        ).json()
        for _ in range(3)
    ]

    booking.refresh_from_db()
    assignment.refresh_from_db()
    assert booking.state == State.IN_PROGRESS
    assert (have_met(booking), assignment.code_tries) == (met, tries)
    assert {answer["done"] for answer in answers} == {True}
    assert bool(answers[0]["sentence"]) is not met


def test_refused_step_leaves_nothing_but_its_row(own, at_work, partner):
    visit.finish(
        at_work.pk,
        partner.pk,
        by=partner.user,
        report={"done": "x", "explained": True, "tidied": True},
    )
    events = at_work.events.count()

    answer = send(own, at_work, "note", {"key": "n" * 32, "text": "Nearly there"}).json()

    assert answer["done"] is False
    assert answer["sentence"]
    assert at_work.events.count() == events
    assert not at_work.progress_notes.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"step": "release"},
        {"step": "__class__"},
        {"key": "short"},
        {"key": "k" * 64},
        {"key": 7},
        {"fields": {"done": ["x"]}},
        {"fields": []},
        {"at": "yesterday"},
        {"at": "2026-11-24T10:00:00"},
        {"at": "2026-99-24T10:00:00Z"},
    ],
)
def test_nonsense_is_refused_and_leaves_nothing(broken, own, at_work):
    assert send(own, at_work, "finish", DONE, instead=broken).status_code == 400

    at_work.refresh_from_db()
    assert at_work.state == State.IN_PROGRESS
    assert not OfflineStep.objects.exists()


def test_somebody_else_s_job_is_not_found(client, rival_partner, at_work):
    client.force_login(rival_partner.user)

    assert send(client, at_work, "finish", DONE).status_code == 404

    at_work.refresh_from_db()
    assert at_work.state == State.IN_PROGRESS


def test_lost_job_is_no_longer_answered(own, searching, partner):
    booking = walk(searching, partner, State.CALLED)
    visit.release(booking.pk, partner.pk, by=partner.user, reason="ill")

    answer = send(own, booking, "call", {"reached": "yes", "channel": "phone"})

    assert answer.status_code == 404
    assert not OfflineStep.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_duplicates_from_two_devices_at_once_are_one(partner, customer):
    """A slice; 1,000 by `python -m bench.duplicates`."""
    each = int(os.environ.get("MILA_DUPLICATES", "40")) // 8
    sent, _booking = crowd(partner, customer, threads=8, each=each)

    assert len(sent) == 8 * each
    assert {json.dumps(answer, sort_keys=True) for answer in sent} == {
        '{"done": true, "sentence": ""}'
    }
    assert CallAttempt.objects.count() == 1
    assert OfflineStep.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_row_the_call_is_kept_many_times(partner, customer, monkeypatch):
    monkeypatch.setattr(
        "partner.views.offline.once", lambda *args, act, **kwargs: OfflineStep(done=not act())
    )

    crowd(partner, customer, threads=4, each=2)

    assert CallAttempt.objects.count() > 1


def crowd(partner, customer, *, threads, each):
    set_clock(MORNING)
    booking = walk(factories.placed_booking(customer=customer), partner, State.CLAIMED)
    visitor = Client()
    visitor.force_login(partner.user)
    line, sent = threading.Barrier(threads), []

    def phone():
        own = Client()
        own.cookies = visitor.cookies
        line.wait()
        for _ in range(each):
            sent.append(
                send(own, booking, "call", {"reached": "no", "channel": "phone"}, at=MORNING).json()
            )
        connection.close()

    phones = [threading.Thread(target=phone) for _ in range(threads)]
    for one in phones:
        one.start()
    for one in phones:
        one.join()
    return sent, booking


def test_every_step_is_one_a_page_makes_too():
    assert set(offline.STEPS) == {
        "call",
        "arrive",
        "note",
        "tick",
        "messages",
        "code",
        "start",
        "finish",
        "sign",
        "rate",
    }
