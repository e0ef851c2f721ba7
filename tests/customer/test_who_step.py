"""The step that asks who they are and who opens the door (rule B1, B8)."""

import pytest
from django.urls import reverse

from accounts.models import User
from requests_app.actions import drafting
from requests_app.models import Booking
from tests.customer.test_draft_steps import WHO, draft, service, up_to_when, url

__all__ = ["draft", "service"]  # fixtures


class TestWho:
    @pytest.fixture(autouse=True)
    def timed(self, client, draft):
        up_to_when(client, draft)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 121),
            ("email", "odile"),
            ("email", ""),
            ("phone", "12"),
            ("phone", "+1 202 555 012"),
            ("phone", "06 39 98 01 17 99"),
            ("phone", "call me"),
            ("problem", " "),
            ("problem", "x" * 2001),
            ("at_the_door", "x" * 121),
        ],
    )
    def test_what_cannot_be_used_is_said_at_its_field_and_everything_is_kept(
        self, client, draft, field, value
    ):
        answer = client.post(url("who", draft), WHO | {"at_the_door": "Madame Roux", field: value})

        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {field}
        page = answer.content.decode()
        for name in {"name", "problem"} - {field}:
            assert WHO[name] in page
        draft.refresh_from_db()
        assert draft.customer is None
        assert draft.contact.phone == ""
        assert User.objects.filter(technician=None).count() == 0

    @pytest.mark.parametrize("unseen", ["\u200b", "\u3164", " \u200b\u3164\u202e ", "\u2800"])
    def test_a_name_that_nobody_sees_is_none(self, client, draft, unseen):
        answer = client.post(
            url("who", draft), WHO | {"name": unseen}, headers={"accept-language": "en"}
        )

        assert answer.status_code == 422
        assert "Please give your name." in answer.content.decode()
        draft.refresh_from_db()
        assert draft.customer is None
        assert User.objects.filter(technician=None).count() == 0

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("+49 170 1234567", "+491701234567"),
            ("+44 7911 123456", "+447911123456"),
            ("0039 333 123 4567", "+393331234567"),
            ("079 123 45 67", "+33791234567"),  # as in the country of the visit
            ("0692 12 34 56", "+262692123456"),  # what a Swiss telephone has to dial
            ("+262 692 12 34 56", "+262692123456"),
            ("06 96 12 34 56", "+596696123456"),
            ("0690 12 34 56", "+590690123456"),
            ("0694 12 34 56", "+594694123456"),
            ("+33 692 12 34 56", "+262692123456"),  # nobody could dial it so
            ("0262 12 34 56", "+262262123456"),  # what is fixed there, too
            ("0590 12 34 56", "+590590123456"),
            ("+1 202 555 0123", "+12025550123"),
        ],
    )
    def test_number_of_any_country(self, typed, kept, client, draft):
        client.post(url("who", draft), WHO | {"phone": typed})

        draft.contact.refresh_from_db()
        assert draft.contact.phone == kept

    def test_arabic_digits_are_a_telephone_number_too(self, client, draft):
        client.post(url("who", draft), WHO | {"phone": "٠٦٣٩٩٨٠١١٧"})

        draft.contact.refresh_from_db()
        assert draft.contact.phone == "+33639980117"

    def test_text_that_turns_round_or_breaks_a_line_is_straightened(self, client, draft):
        client.post(url("who", draft), WHO | {"name": "Odile\u202e\r\nBcc: x@example.com"})

        draft.contact.refresh_from_db()
        assert draft.contact.name == "Odile Bcc: x@example.com"

    def test_an_existing_account_is_attached_without_a_word(self, client, draft, customer):
        first = draft.token
        before = client.post(url("who", draft), WHO | {"email": "new@example.com"})

        answer = client.post(
            url("who", draft), WHO | {"email": "ODILE@example.com", "name": "Somebody"}
        )

        draft.refresh_from_db()
        assert draft.customer == customer
        assert [one.status_code for one in (before, answer)] == [302, 302]
        assert [one.url for one in (before, answer)] == [
            f"/book/d/{token}/card/" for token in (first, draft.token)
        ]
        customer.refresh_from_db()
        assert customer.name == "Odile Perrachon"
        assert not hasattr(customer, "customer")
        assert client.session.get("_auth_user_id") is None

    def test_the_account_speaks_the_language_of_the_page(self, client, draft):
        client.post(url("who", draft), WHO, headers={"accept-language": "it"})

        assert User.objects.get(technician=None).language == "it"

    def test_somebody_who_is_signed_in_keeps_their_address(self, client, draft, customer):
        client.force_login(customer)

        client.post(url("who", draft), WHO | {"email": "rival@example.com"})

        draft.refresh_from_db()
        assert draft.customer == customer
        assert customer.customer.phone == "+33639980117"
        assert not User.objects.filter(email="rival@example.com").exists()

    def test_name_and_number_of_the_last_time_are_there(self, client, service, customer):
        client.force_login(customer)
        client.post(reverse("customer:book", args=[service.slug]), {"afresh": "1"})
        first = Booking.objects.get(customer=customer)
        up_to_when(client, first)
        client.post(url("who", first), WHO)
        client.post(reverse("customer:book", args=[service.slug]), {"afresh": "1"})
        second = Booking.objects.filter(customer=customer).exclude(pk=first.pk).get()
        up_to_when(client, second)

        page = client.get(url("who", second)).content.decode()

        assert 'value="+33639980117"' in page
        assert 'value="Odile Perrachon"' in page

    def test_a_draft_placed_meanwhile_leads_to_its_page(self, client, draft, monkeypatch):
        def refuse(*args, **kwargs):
            raise drafting.NotADraft

        monkeypatch.setattr(drafting, "set_contact", refuse)

        assert client.post(url("who", draft), WHO).url == reverse(
            "customer:booking", args=[draft.token]
        )

    def test_somebody_else_opens_the_door(self, client, draft):
        client.post(url("who", draft), WHO | {"at_the_door": "Madame Roux"})

        draft.contact.refresh_from_db()
        assert draft.contact.at_the_door == "Madame Roux"

    def test_way_to_the_account_keeps_what_is_typed_and_completes_nothing(self, client, draft):
        typed = WHO | {"phone": "06 39", "email": "", "prefers_writing": "on", "sign_in": "1"}

        answer = client.post(url("who", draft), typed)

        assert answer.url == f"{reverse('account_login')}?next={url('who', draft)}"
        draft = Booking.objects.select_related("contact").get()
        kept = draft.contact
        assert (kept.name, kept.phone, kept.problem) == (WHO["name"], "06 39", WHO["problem"])
        assert draft.prefers_writing
        assert draft.customer is None
        assert User.objects.filter(technician=None).count() == 0
        card = reverse("customer:card", args=[draft.token])
        assert client.get(card).url == url("who", draft)

    def test_way_to_the_account_keeps_of_a_saved_step_what_is_right_alone(self, client, draft):
        client.post(url("who", draft), WHO)

        client.post(url("who", draft), WHO | {"name": "Odile P.", "phone": "06", "sign_in": "1"})

        kept = Booking.objects.get().contact
        assert (kept.name, kept.phone) == ("Odile P.", "+33639980117")
