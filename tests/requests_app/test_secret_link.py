"""The secret link: sealed in the row, proved by the mail, renewed, ended (rule B11, B12)."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import codes, mail_words
from accounts.models import Notification, NotificationState
from mila.clock import mila_now
from policy.figures import Policy
from requests_app import access, secret_link
from requests_app.actions import changes, proving
from requests_app.lifecycle import Role
from requests_app.models import Booking, BookingEvent, State
from tests import factories
from tests.cast import claimed, walk

CODE_KIND, LINK_KIND = "address_code", "link_renewed"


def page(name, booking, *more):
    return reverse(f"customer:{name}", args=[booking.token, *more])


def path(url):
    return url.removeprefix("http://localhost:8000")


def mailed(kind, booking):
    row = Notification.objects.filter(kind=kind, subject_id=booking.uuid).latest("pk")
    return row.email, mail_words.unsealed(row)


def fresh(booking):
    return Booking.objects.get(pk=booking.pk)


def orders(client, booking):
    """As if this browser had ordered it."""
    session = client.session
    session["ordered"] = [str(booking.uuid)]
    session.save()


@pytest.fixture
def guests(morning):
    """Ordered by a guest whose address is not proved yet."""
    guest = factories.UserFactory(email="odile@example.com", proved=False)
    return factories.placed_booking(customer=guest, email_proved_at=None)


# --- In the row


def test_who_reads_the_row_cannot_open_the_link(client, searching):
    token = searching.token
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(b)::text FROM requests_app_booking b WHERE id = %s", [searching.pk]
        )
        (row,) = cursor.fetchone()
        cursor.execute(
            "SELECT coalesce(string_agg(row_to_json(n)::text, ''), '') FROM accounts_notification n"
        )
        (notices,) = cursor.fetchone()

    assert token not in row + notices
    for value in json.loads(row).values():
        if isinstance(value, str) and len(value) >= 32:
            assert client.get(f"/b/{value[:200]}/").status_code == 404
    assert client.get(page("booking", searching)).status_code == 200


@pytest.mark.parametrize("lookup", ["token", "token__gte", "token__startswith", "token__contains"])
def test_the_link_is_asked_for_by_no_look_up(searching, lookup):
    with pytest.raises(FieldError):
        Booking.objects.filter(**{lookup: searching.token}).first()


def test_no_session_holds_it(client, morning):
    service = factories.ServiceFactory()
    client.post(reverse("customer:book", args=[service.slug]), {"key": "k"})

    assert Booking.objects.get().token not in json.dumps(dict(client.session))


# --- Proof


def test_the_link_of_the_mail_proves_and_leads_to_the_plain_one(client, guests):
    answer = client.get(path(secret_link.mailed_url(guests)))

    assert answer.url == page("booking", guests)
    assert fresh(guests).email_proved_at is not None


def test_the_first_proof_is_said_once(client, guests):
    link = path(secret_link.mailed_url(guests))
    english = {"Accept-Language": "en"}

    pages = [client.get(link, follow=True, headers=english).content.decode() for _ in range(2)]

    assert ["Thank you, your address is confirmed." in page for page in pages] == [True, False]


def test_the_browsers_own_link_proves_nothing(client, guests):
    client.get(page("booking", guests))
    client.get(page("from_mail", guests, "x" * 43))
    client.get(page("from_mail", guests, secret_link.SIGNER.signature("another")))

    assert fresh(guests).email_proved_at is None


def test_no_page_shows_what_proves(client, guests):
    orders(client, guests)
    proof = secret_link.mailed_url(guests).rstrip("/").rsplit("/", 1)[1]

    seen = [
        client.get(page(name, guests)).content.decode()
        for name in ("booking", "status", "prove", "renew", "address")
    ]

    assert [proof in text for text in seen] == [False] * 5


def test_the_proof_is_of_one_booking(client, guests):
    other = factories.placed_booking(customer=guests.customer, email_proved_at=None)
    proof = secret_link.mailed_url(guests).rstrip("/").rsplit("/", 1)[1]

    client.get(page("from_mail", other, proof))

    assert fresh(other).email_proved_at is None


def test_a_code_proves(client, guests):
    client.post(page("prove", guests), {"send": "1"})
    email, sealed = mailed(CODE_KIND, guests)
    assert email == "odile@example.com"

    answer = client.post(
        page("prove", guests), {"code": f" {sealed['code'][:3]} {sealed['code'][3:]} "}
    )

    assert answer.url == page("booking", guests)
    assert fresh(guests).email_proved_at is not None


def test_codes_cannot_be_guessed(client, guests):
    client.post(page("prove", guests), {"send": "1"})
    right = mailed(CODE_KIND, guests)[1]["code"]
    wrong = "000000" if right != "000000" else "111111"

    for _ in range(Policy().address_code_tries):
        # each in a browser of its own
        answer = Client().post(page("prove", guests), {"code": wrong})
        assert answer.status_code == 422
    client.post(page("prove", guests), {"code": right})

    assert fresh(guests).email_proved_at is None


@pytest.mark.parametrize(("after", "proves"), [(-1, True), (0, False), (1, False)])
def test_a_code_lives_a_quarter_of_an_hour(guests, stopped_clock, after, proves):
    begun = mila_now()
    stopped_clock(begun)
    proving.send_code(guests.pk)
    stopped_clock(begun + Policy().address_code_life + timedelta(seconds=after))

    assert proving.check_code(guests.pk, mailed(CODE_KIND, guests)[1]["code"]) is proves


def test_only_so_many_codes_an_hour(guests, stopped_clock):
    begun = mila_now()
    stopped_clock(begun)
    for _ in range(Policy().address_codes_an_hour):
        proving.send_code(guests.pk)
    with pytest.raises(codes.TooManyCodes):
        proving.send_code(guests.pk)
    assert Notification.objects.filter(kind=CODE_KIND).count() == Policy().address_codes_an_hour

    stopped_clock(begun + timedelta(hours=1))
    proving.send_code(guests.pk)


def test_a_used_code_is_used_up(guests):
    proving.send_code(guests.pk)
    code = mailed(CODE_KIND, guests)[1]["code"]

    assert [proving.check_code(guests.pk, code), proving.check_code(guests.pk, code)] == [
        True,
        False,
    ]


def test_the_code_is_kept_nowhere(guests):
    proving.send_code(guests.pk)
    code = mailed(CODE_KIND, guests)[1]["code"]

    assert code not in str(vars(guests.address_code))
    assert code not in str(Notification.objects.get(kind=CODE_KIND).context)


# --- Until it is proved


def test_no_door_code_is_shown_until_it_is_proved(client, guests):
    claimed_one = claimed(guests, factories.TechnicianFactory())
    hidden = client.get(page("access", claimed_one)).content.decode()
    client.get(path(secret_link.mailed_url(claimed_one)))

    assert "4180A" not in hidden
    assert "4180A" in client.get(page("access", claimed_one)).content.decode()


def test_an_empty_box_keeps_the_door_code_that_was_not_shown(client, guests):
    client.post(page("access", guests), {"door_code": "", "at_the_door": "Marthe"})

    contact = fresh(guests).contact
    assert (contact.door_code, contact.at_the_door) == ("4180A", "Marthe")


def late(booking, stopped_clock):
    """A Swiss booking near its start: cancelling costs."""
    Booking.objects.filter(pk=booking.pk).update(country="CH", currency="CHF")
    stopped_clock(booking.start_at - timedelta(hours=2))
    return fresh(booking)


def test_nothing_that_costs_is_cancelled_until_it_is_proved(client, guests, stopped_clock):
    booking = late(claimed(guests, factories.TechnicianFactory()), stopped_clock)
    shown = client.get(page("cancel", booking))
    seen = {"seen": shown.context["seen"]}

    answer = client.post(page("cancel", booking), seen)

    assert answer.status_code == 422
    assert fresh(booking).state == State.CLAIMED
    assert not BookingEvent.objects.filter(booking=booking, move="cancel").exists()

    client.get(path(secret_link.mailed_url(booking)))
    client.post(page("cancel", booking), seen)
    assert (fresh(booking).state, fresh(booking).fee_cents) == (State.CANCELLED, 3000)


def test_what_is_free_is_cancelled_without_proof(guests):
    assert changes.cancel(guests.pk, role=Role.CUSTOMER, by=None).state == State.CANCELLED


def test_the_account_that_has_proved_the_address_is_proof(client, guests):
    factories.proofs.prove(guests.customer)
    client.force_login(guests.customer)

    client.get(reverse("customer:booking_own", args=[guests.uuid]))

    assert fresh(guests).email_proved_at is not None


# --- Correcting


def test_the_browser_that_ordered_corrects_the_address(client, guests):
    orders(client, guests)
    wrong_link, old = path(secret_link.mailed_url(guests)), guests.token

    answer = client.post(
        page("address", guests), {"email": "odile.perrachon@example.com"}, follow=True
    )

    booking = fresh(guests)
    assert booking.customer.email == "odile.perrachon@example.com"
    assert answer.redirect_chain[-1][0] == page("booking", booking)
    assert (client.get(wrong_link).status_code, client.get(f"/b/{old}/").status_code) == (404, 404)
    email, sealed = mailed(LINK_KIND, booking)
    assert (email, sealed["link"]) == (
        "odile.perrachon@example.com",
        secret_link.mailed_url(booking),
    )


def test_what_waits_for_the_wrong_address_is_not_sent(client, guests):
    orders(client, guests)
    client.post(page("address", guests), {"email": "odile.perrachon@example.com"})

    assert not Notification.objects.filter(
        email="odile@example.com", state=NotificationState.QUEUED
    ).exists()


def test_another_browser_with_the_link_corrects_nothing(client, guests):
    answer = client.post(page("address", guests), {"email": "thief@example.com"})

    assert answer.status_code == 404
    assert fresh(guests).customer.email == "odile@example.com"


def test_a_proved_address_is_corrected_by_nobody(client, guests):
    orders(client, guests)
    client.get(path(secret_link.mailed_url(guests)))

    client.post(page("address", guests), {"email": "thief@example.com"})

    assert fresh(guests).customer.email == "odile@example.com"
    with pytest.raises(proving.AddressProved):
        proving.correct_email(guests.pk, "thief@example.com")


# --- Renewing


def test_a_link_shared_by_mistake_is_renewed_by_a_code(client, searching):
    old = searching.token
    client.post(page("renew", searching), {"send": "1"})

    answer = client.post(
        page("renew", searching), {"code": mailed(CODE_KIND, searching)[1]["code"]}
    )

    booking = fresh(searching)
    assert answer.url == reverse("customer:link_sent")
    assert booking.token not in answer.content.decode() + client.get(answer.url).content.decode()
    assert client.get(f"/b/{old}/").status_code == 404
    assert mailed(LINK_KIND, booking) == (
        booking.customer.email,
        {"link": secret_link.mailed_url(booking)},
    )


def test_the_link_alone_renews_nothing(client, searching):
    client.post(page("renew", searching), {})
    client.post(page("renew", searching), {"code": "123456"})

    assert fresh(searching).token == searching.token


def test_the_account_renews_without_a_code(client, searching, customer):
    client.force_login(customer)

    client.post(page("renew", searching), {})

    assert fresh(searching).token != searching.token
    assert mailed(LINK_KIND, searching)[0] == customer.email


def test_messages_that_wait_carry_the_new_link(searching):
    before = mailed("booked", searching)[1]["link"]

    proving.renew_link(searching.pk)

    assert (
        mailed("booked", searching)[1]["link"] == secret_link.mailed_url(fresh(searching)) != before
    )


# --- The end


@pytest.fixture
def over(searching):
    return changes.cancel(searching.pk, role=Role.CUSTOMER, by=searching.customer)


@pytest.mark.parametrize(("after", "open_still"), [(-1, True), (0, False), (1, False)])
def test_a_link_ends_ninety_days_after_the_booking_is_over(
    client, over, stopped_clock, after, open_still
):
    ended = BookingEvent.objects.filter(booking=over).latest("sequence").at
    stopped_clock(ended + timedelta(days=90, seconds=after))

    answers = {client.get(page(name, over)).status_code for name in ("booking", "status")}

    assert answers == ({200} if open_still else {302})
    if not open_still:
        text = client.get(page("booking", over), follow=True).content.decode()
        assert over.contact.street not in text
        assert over.number not in text


def test_a_link_does_not_end_while_the_booking_is_not_over(client, job, stopped_clock):
    stopped_clock(mila_now() + timedelta(days=400))

    assert client.get(page("booking", job)).status_code == 200


def test_after_the_end_a_new_one_goes_to_the_address(client, over, stopped_clock):
    stopped_clock(mila_now() + timedelta(days=91))

    answer = client.post(page("ended", over))

    booking = fresh(over)
    assert answer.url == reverse("customer:link_sent")
    assert client.get(page("booking", over)).status_code == 404
    email, sealed = mailed(LINK_KIND, booking)
    assert email == booking.customer.email
    assert client.get(path(sealed["link"]), follow=True).status_code == 200


def test_an_open_link_is_not_renewed_there(client, searching):
    client.post(page("ended", searching))

    assert fresh(searching).token == searching.token


def test_the_account_finds_its_booking_after_the_end(client, over, customer, stopped_clock):
    stopped_clock(mila_now() + timedelta(days=91))
    client.force_login(customer)

    answer = client.get(reverse("customer:booking_own", args=[over.uuid]), follow=True)

    assert over.number in answer.content.decode()
    assert client.get(page("booking", over)).status_code == 404


def test_link_life_is_the_policys(client, over, stopped_clock):
    Booking.objects.filter(pk=over.pk).update(policy_data={**over.policy_data, "link_life": 86400})
    stopped_clock(mila_now() + timedelta(days=2))

    with pytest.raises(access.LinkEnded):
        access.booking_by_link(over.token)


def test_a_settled_one_ends_too(client, job, partner, stopped_clock):
    booking = walk(job, partner, State.SIGNED_OFF) if job.state != State.CLAIMED else job
    Booking.objects.filter(pk=booking.pk).update(state=State.SETTLED)
    stopped_clock(mila_now() + timedelta(days=91))

    assert client.get(page("booking", booking)).status_code == 302
