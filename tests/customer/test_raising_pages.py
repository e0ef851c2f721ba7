"""The payer's own page of a price above what their card was saved for: who they are, then their
bank (rule L10, M4).
"""

import pytest
from django.urls import reverse

from payments import raising
from payments.models import PriceRaise
from payments.standin import user_actions
from requests_app import price_versions
from requests_app.actions import answering, quoting
from requests_app.models import AcceptanceKind
from tests import cast
from tests.payments.above_ceiling import HIGH, high, work

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
__all__ = ["high", "work"]  # fixtures


def url(work, name="answer_price"):
    return reverse(f"customer:{name}", args=[work.token])


def press(client, work, quote, **data):
    return client.post(url(work), {"version": quote.version, **data})


def agreed(work):
    return price_versions.agreed(work).service_cents


def test_by_the_link_first_a_number_then_the_bank_then_it_is_agreed(client, work, high):
    page = client.get(url(work)).content.decode()
    assert 'name="send"' in page
    assert 'name="accept"' not in page
    assert press(client, work, high, send="1").url == url(work)
    assert 'name="accept"' in client.get(url(work)).content.decode()

    asked = press(client, work, high, accept="1", number=f" {cast.number_of(work)}")

    assert asked.url == url(work, "confirm_price")
    assert agreed(work) == 6900
    bank = client.get(asked.url)
    question = bank.context["question"]
    assert question.client_secret in bank.content.decode()
    assert bank.context["card"] is None  # whoever has but the link does not read it
    client.post(asked.url)  # before the bank has said anything
    assert agreed(work) == 6900
    user_actions.confirm_saved_card(question.client_secret, question.card)
    done = client.post(asked.url)
    assert done.url == reverse("customer:booking", args=[work.token])
    assert agreed(work) == HIGH
    assert price_versions.agreed(work).acceptance_kind == AcceptanceKind.BANK


def test_signed_in_the_account_is_enough_and_shows_the_card(client, work, high):
    client.force_login(work.customer)
    assert 'name="send"' not in client.get(url(work)).content.decode()

    asked = press(client, work, high, accept="1")

    assert "4242" in client.get(asked.url).content.decode()
    assert PriceRaise.objects.get().by == work.customer


def test_wrong_number_is_said_and_no_bank_is_asked(client, work, high):
    press(client, work, high, send="1")

    answer = press(client, work, high, accept="1", number="no")

    assert answer.status_code == 422
    assert "number" in answer.context["above"].form.errors
    assert not PriceRaise.objects.exists()
    assert client.get(url(work, "confirm_price")).url == url(work)


def test_without_a_number_the_link_alone_accepts_nothing(client, work, high):
    answer = press(client, work, high, accept="1")

    assert answer.status_code == 422
    assert (agreed(work), PriceRaise.objects.count()) == (6900, 0)


@pytest.mark.parametrize("version", ["x", "", "1", "3"])
def test_edited_version_is_refused(client, work, high, version):
    client.force_login(work.customer)

    answer = client.post(url(work), {"version": version, "accept": "1"})

    assert answer.status_code in (409, 422)
    assert not PriceRaise.objects.exists()


def test_no_try_left_leads_to_the_account(client, work, high):
    press(client, work, high, send="1")
    for _each in range(work.policy.code_tries):
        answering.prove_payer(work.pk, version=high.version, number="no")

    page = client.get(url(work)).content.decode()

    assert 'name="accept"' not in page
    assert 'name="send"' not in page
    assert reverse("account_login") in page


def test_bank_that_says_no_is_said_and_the_price_may_be_declined(client, work, high):
    client.force_login(work.customer)
    asked = press(client, work, high, accept="1")

    answer = client.post(asked.url)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    page = client.get(url(work)).content.decode()
    assert 'name="decline"' in page
    press(client, work, high, decline="1")
    assert client.get(asked.url).url == url(work)
    assert agreed(work) == 6900


def test_back_from_a_bank_that_wanted_the_whole_window(client, work, high):
    client.force_login(work.customer)
    asked = press(client, work, high, accept="1")
    question = client.get(asked.url).context["question"]
    user_actions.confirm_saved_card(question.client_secret, question.card)

    client.get(asked.url, {"setup_intent": question.intent_id, "redirect_status": "succeeded"})

    assert agreed(work) == HIGH


def test_what_the_address_says_of_the_bank_is_not_believed(client, work, high):
    client.force_login(work.customer)
    asked = press(client, work, high, accept="1")

    client.get(asked.url, {"setup_intent": "seti_forged", "redirect_status": "succeeded"})

    assert agreed(work) == 6900


def test_no_time_left_after_the_banks_yes_is_said_and_nothing_is_agreed(
    client, work, high, monkeypatch
):
    client.force_login(work.customer)
    asked = press(client, work, high, accept="1")
    question = client.get(asked.url).context["question"]
    user_actions.confirm_saved_card(question.client_secret, question.card)

    def full(*_args, **_kwargs):
        raise quoting.NoTimeLeft

    monkeypatch.setattr(answering, "accept", full)
    answer = client.post(asked.url, follow=True)

    assert "There is no time" in answer.content.decode() or answer.redirect_chain
    assert agreed(work) == 6900


def test_provider_away_is_said_and_the_yes_is_kept(client, work, high):
    client.force_login(work.customer)
    asked = press(client, work, high, accept="1")
    user_actions.switch_on("answer_lost", path="setup_intents", times=1)

    assert client.get(asked.url).status_code == 503
    assert raising.raise_of(high) is not None
    assert client.get(asked.url).status_code == 200


def test_technician_reads_that_the_bank_is_asked(client, work, high, partner):
    job = reverse("partner:job", args=[work.uuid])
    client.force_login(partner.user)
    before = client.get(job).context["page"]
    raising.ask(work.pk, version=high.version, by=work.customer)

    after = client.get(job)

    assert (before.needs_bank, before.bank_is_asked) == (True, False)
    assert after.context["page"].bank_is_asked
    assert reverse("partner:answer_price", args=[work.uuid]) not in after.content.decode()


def test_staff_read_it_in_the_booking(client, work, high, staff):
    raising.ask(work.pk, version=high.version, by=work.customer)
    client.force_login(staff)
    page = reverse("admin:requests_app_booking_change", args=[work.pk])

    found = client.get(page, follow=True)

    assert found.status_code == 200
