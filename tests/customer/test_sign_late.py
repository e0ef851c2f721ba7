"""Signing afterwards on the customer's page: they read that it changes nothing, and it does not
(rule L13, B11).
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from payments.models import Charge, LedgerEntry
from requests_app import access
from requests_app.actions import signing
from requests_app.lifecycle import Role
from requests_app.models import Booking, LateSignature, SignOff, SignOffKind, State
from tests.cast import sign, walk
from tests.requests_app.booking_states import silence
from tests.signing_in import sign_in

EN = {"accept-language": "en"}


def url(name, booking):
    return reverse(f"customer:{name}", args=[booking.token])


def partner_url(booking, name="sign"):
    return reverse(f"partner:{name}", args=[booking.uuid])


def page(client, name, booking):
    return client.get(url(name, booking), headers=EN)


def fields(answer, **more):
    form = answer.context["form"]
    late = {"late": "1"} if answer.context["closed"] else {}
    return {
        "key": form["key"].value(),
        "quote_version": answer.context["version"],
        "typed": "Odile",
        **late,
        **more,
    }


def untouched(booking):
    """What must not change: the booking, its events, what was frozen, what is charged."""
    return (
        Booking.objects.filter(pk=booking.pk).values().get(),
        list(booking.events.values()),
        list(SignOff.objects.values()),
        list(Charge.objects.values()),
        list(LedgerEntry.objects.values()),
    )


@pytest.fixture
def finished(searching, partner):
    return walk(searching, partner, State.FINISHED)


@pytest.fixture
def silent(finished):
    silence(finished)
    return finished


@pytest.mark.parametrize("settled", [False, True])
def test_page_says_before_signing_that_nothing_is_charged(client, silent, settled):
    if settled:
        signing.settle(silent.pk)

    answer = page(client, "sign", silent)

    text = answer.content.decode()
    amount = "€71.90"
    assert (
        f"{amount} have been charged to your card" if settled else f"settled at {amount}"
    ) in text
    assert "it changes nothing about the amount, and nothing more is charged" in text
    assert "Sign and pay" not in text
    assert 'name="late" value="1"' in text
    assert url("refuse", silent) not in text
    assert (
        answer.context["statement"][-1]
        == "I confirm this report afterwards. That changes nothing about the amount."
    )


@pytest.mark.parametrize("signed_in", [False, True])
def test_by_link_or_signed_in(client, silent, customer, signed_in):
    if signed_in:
        client.force_login(customer)
    before = untouched(silent)

    answer = client.post(
        url("sign", silent), fields(page(client, "sign", silent)), headers=EN, follow=True
    )

    kept = LateSignature.objects.get()
    assert (kept.kind, kept.signer, kept.by) == (
        SignOffKind.OWN_DEVICE,
        "Odile",
        customer if signed_in else None,
    )
    assert untouched(silent) == before
    assert answer.redirect_chain[-1][0] == url("booking", silent)
    if not signed_in:
        assert "it changes nothing about the amount." in answer.content.decode()


def test_what_is_shown_is_what_is_frozen(client, silent):
    answer = client.get(url("sign", silent))

    client.post(url("sign", silent), fields(answer))

    assert answer.context["statement"] == LateSignature.objects.get().text.splitlines()


def test_sent_twice_is_one(client, silent):
    data = fields(page(client, "sign", silent))

    answers = [client.post(url("sign", silent), data).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert LateSignature.objects.count() == 1


@pytest.mark.parametrize("typed", ["", "x" * 121])
def test_what_is_no_signature_is_not_kept(client, silent, typed):
    before = untouched(silent)

    answer = client.post(url("sign", silent), fields(page(client, "sign", silent), typed=typed))

    assert answer.status_code == 422
    assert (LateSignature.objects.count(), untouched(silent)) == (0, before)


class TestOpenForm:
    """The page was open when silence closed the visit: what was signed lands as evidence, not as an
    error.
    """

    @pytest.fixture
    def sent(self, client, finished):
        return fields(page(client, "sign", finished))

    def test_it_is_kept_with_the_words_it_showed(self, client, finished, sent):
        silence(finished)
        before = untouched(finished)

        answer = client.post(url("sign", finished), sent, headers=EN, follow=True)

        assert (
            "Your signature is kept; it changes nothing about the amount."
            in answer.content.decode()
        )
        kept = LateSignature.objects.get()
        assert kept.text == SignOff.objects.get().text
        assert untouched(finished) == before

    def test_silence_between_the_look_and_the_verb(self, client, finished, sent, monkeypatch):
        found = access.booking_by_link(finished.token)
        silence(finished)
        monkeypatch.setattr(access, "booking_by_link", lambda token: found)
        assert found.state == State.FINISHED

        answer = client.post(url("sign", finished), sent)

        assert answer.status_code == 302
        assert (LateSignature.objects.count(), SignOff.objects.get().kind) == (
            1,
            SignOffKind.SILENCE,
        )

    def test_sent_without_a_signature_it_turns_into_the_late_page(self, client, finished, sent):
        silence(finished)

        answer = client.post(url("sign", finished), {**sent, "typed": ""}, headers=EN)

        text = answer.content.decode()
        assert answer.status_code == 422
        assert 'name="late" value="1"' in text
        assert not LateSignature.objects.exists()

    def test_on_the_partners_screen_too(self, client, finished, partner):
        client.force_login(partner.user)
        sent = fields(client.get(partner_url(finished)))
        silence(finished)
        before = untouched(finished)

        answer = client.post(partner_url(finished), sent)

        assert answer.url == partner_url(finished, "rate")
        assert LateSignature.objects.get().kind == SignOffKind.SCREEN
        assert untouched(finished) == before

    def test_partners_screen_offers_no_late_signature_by_itself(self, client, silent, partner):
        client.force_login(partner.user)

        assert client.get(partner_url(silent)).url == partner_url(silent, "rate")


class TestStory:
    def late_way(self, client, booking):
        return [
            way
            for way in page(client, "booking", booking).context["page"].actions
            if way.url == url("sign", booking)
        ]

    def test_page_offers_it_until_it_is_signed(self, client, silent):
        answer = page(client, "booking", silent)
        offered = self.late_way(client, silent)
        client.post(url("sign", silent), fields(page(client, "sign", silent)))

        assert answer.context["page"].badge == ("done", "Closed")
        assert [way.label for way in offered] == ["Sign the report afterwards"]
        assert self.late_way(client, silent) == []
        assert page(client, "booking", silent).context["page"].badge == ("done", "Signed")
        assert page(client, "sign", silent).url == url("booking", silent)

    def test_after_a_decision_too(self, client, finished, staff):
        signing.refuse(finished.pk, by=staff, reason="Personne au téléphone", role=Role.OPS)
        assert page(client, "sign", finished).status_code == 302
        signing.decide(finished.pk, service_cents=4000, by=staff, reason="La moitié")

        assert len(self.late_way(client, finished)) == 1
        assert page(client, "sign", finished).context["total_cents"] == 4290

    def test_who_has_contested_it_is_not_asked_to_sign_what_was_decided(
        self, client, finished, staff
    ):
        open_before = fields(page(client, "sign", finished))
        signing.refuse(finished.pk, by=None, reason="Rien ne marche")
        signing.decide(finished.pk, service_cents=4000, by=staff, reason="La moitié")

        assert self.late_way(client, finished) == []
        assert page(client, "sign", finished).url == url("booking", finished)
        assert page(client, "booking", finished).context["page"].badge == ("done", "Closed")
        client.post(url("sign", finished), open_before)
        assert LateSignature.objects.count() == 1  # it was signed, and is kept as evidence
        assert SignOff.objects.get().service_cents == 4000

    def test_signed_visit_does_not(self, client, finished):
        sign(finished)

        assert self.late_way(client, finished) == []

    def test_it_stands_where_it_happened(self, client, silent, partner, staff, stopped_clock):
        stopped_clock(silent.signed_off_at + timedelta(hours=1))
        client.post(url("sign", silent), fields(page(client, "sign", silent)))
        stopped_clock(silent.signed_off_at + timedelta(hours=2))
        signing.settle(silent.pk)

        customer = page(client, "booking", silent).context["page"].timeline
        client.force_login(partner.user)
        job = client.get(partner_url(silent, "job")).context["page"].story
        sign_in(client, staff)
        story = client.get(
            reverse("admin:requests_app_booking_change", args=[silent.pk])
        ).content.decode()

        assert [line.what for line in customer[-3:]] == [
            "Closed without a signature",
            "You signed afterwards",
            "Paid by card",
        ]
        assert [line["at"] for line in job[-3:]] == [line.at for line in customer[-3:]]
        assert LateSignature.objects.get().sha256 in story
        assert "Odile" not in story
