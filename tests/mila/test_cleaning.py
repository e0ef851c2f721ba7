"""What nobody sees is taken out of typed text before anything is asked of it."""

import pytest
from django import forms

from accounts.models import User
from customer.forms.account import AddressField
from mila.cleaning import canonical_email, clean_line, clean_prose, one_line
from mila.web.forms import LineField, ProseField
from requests_app.actions import drafting

UNSEEN = [
    "\u200b",
    "\u200d",
    "\u200e",
    "\u202a",
    "\u202e",
    "\u2066",
    "ㅤ",
    "ᅟ",
    "⠀",
    "\ufeff",
    "\xad",
    "͏",
    "️",
    "\U000e0041",
    "\x07",
]


class NameForm(forms.Form):
    name = LineField(max_length=5)
    words = ProseField(required=False, max_length=5)


@pytest.mark.parametrize("sign", UNSEEN)
def test_what_nobody_sees_is_no_name(sign):
    assert NameForm({"name": sign}).errors["name"].as_data()[0].code == "required"
    assert NameForm({"name": f" {sign}\t{sign} "}).errors["name"].as_data()[0].code == "required"


@pytest.mark.parametrize("sign", UNSEEN)
def test_what_nobody_sees_has_no_length(sign):
    form = NameForm({"name": sign.join("Odile"), "words": sign.join("Odile")})

    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"name": "Odile", "words": "Odile"}


@pytest.mark.parametrize(
    "name", ["Zoë Müller", "Łukasz", "김하늘", "José-María O’Neil", "محمد", "Đặng Thị"]
)
def test_names_of_people_stay_as_they_are(name):
    assert clean_line(name) == name


def test_line_ends_and_blanks_are_one_kind():
    assert clean_line(" Odile\u2028Perrachon\r\n d’Arc \u00a0 ") == "Odile Perrachon d’Arc"
    assert clean_prose("a\r\nb\rc\u2029d\u200b\n") == "a\nb\nc\nd"


SAME = [
    "odile@müller.ch",
    "ODILE@Müller.CH",
    "odile@xn--mller-kva.ch",
    " odile@müller.ch\u200b",
    "odile@müller.ch.",
]


@pytest.mark.parametrize("typed", SAME)
def test_one_person_has_one_address(typed, db):
    first = drafting.customer_for("odile@müller.ch", name="Odile", language="fr")

    assert drafting.customer_for(typed, name="Odile", language="fr") == first
    assert AddressField().clean(typed) == first.email == "odile@xn--mller-kva.ch"
    assert User.objects.get_by_natural_key(typed) == first


@pytest.mark.parametrize(
    "typed", ["odile", "@", "a@b@", "odile@exa mple.com", "odile@..", "\u200b", "a@\u3164.ch"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(forms.ValidationError):
        AddressField().clean(typed)


def test_canonical_is_stable():
    for typed in [*SAME, "straße@straße.de"]:
        assert canonical_email(canonical_email(typed)) == canonical_email(typed)
    # two domains, two people
    assert canonical_email("a@straße.de") != canonical_email("a@strasse.de")


def test_amount_on_one_line_keeps_its_sign_beside_it():
    assert one_line(" Dû\u2028:\n\t71,90\u00a0€ ") == "Dû : 71,90\u00a0€"
