"""Forms as the house draws them: label, help, error and widget belong together."""

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils import translation

from mila.web.forms import FormRenderer
from mila.web.styleguide import ExampleForm, examples


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def drawn(form, name):
    return " ".join(str(form[name].as_field_group()).split())


def test_boxes_get_the_house_s_class_and_keep_their_own():
    class Form(forms.Form):
        plain = forms.EmailField()
        own = forms.CharField(widget=forms.TextInput(attrs={"class": "mine"}))
        hidden = forms.CharField(widget=forms.HiddenInput)
        when = forms.SplitDateTimeField()
        pick = forms.ChoiceField(choices=[("a", "A")])

    form = Form(renderer=FormRenderer())

    assert 'class="field-box"' in str(form["plain"])
    assert 'class="mine"' in str(form["own"])
    assert "class" not in str(form["hidden"])
    assert str(form["when"]).count('class="field-box"') == 2
    assert 'class="field-box"' in str(form["pick"])


def test_help_and_error_are_announced_with_their_field():
    form = ExampleForm({"phone": ""})

    field = drawn(form, "phone")

    assert '<label for="id_phone">Telephone</label>' in field
    assert 'aria-describedby="id_phone_helptext id_phone_error"' in field
    assert 'aria-invalid="true"' in field
    assert 'id="id_phone_helptext"' in field
    assert 'id="id_phone_error"' in field


def test_what_may_be_left_out_says_so():
    assert "if you like" in drawn(ExampleForm(), "problem")
    assert "if you like" not in drawn(ExampleForm(), "postcode")


def test_radios_are_a_group_with_a_legend():
    field = drawn(ExampleForm({"opens": ""}), "opens")

    assert field.startswith(
        '<fieldset class="field" id="id_opens" aria-describedby="id_opens_error">'
    )
    assert "<legend>Who will open?" in field
    assert field.count('<label class="choice"') == 2
    assert field.endswith("</fieldset>")


def test_checkbox_stands_before_its_words():
    field = drawn(ExampleForm(), "tidy")

    assert '<label class="choice"><input type="checkbox"' in field
    assert "<span>Everything is tidied up</span>" in field


def test_summary_leads_to_each_wrong_field():
    form = ExampleForm(
        {"first_name": "Odile", "phone": "1", "postcode": "69", "country": "FR", "opens": "me"}
    )

    page = str(form)

    assert page.index("Please look at this again") < page.index('id="id_first_name"')
    assert '<a href="#id_postcode">Postcode: A digit is missing.</a>' in page
    assert page.count('<a href="#id_') == 1


def test_summary_says_what_no_field_is_to_blame_for():
    form = ExampleForm(
        {"first_name": "Odile", "phone": "1", "postcode": "69007", "country": "FR", "opens": "me"}
    )
    form.add_error(None, "Somebody was faster.")

    page = render_to_string("components/_errors.html", {"form": form})

    assert "<p>Somebody was faster.</p>" in page
    assert "Something is missing" not in page


def test_nothing_wrong_nothing_said():
    assert render_to_string("components/_errors.html", {"form": ExampleForm()}).strip() == ""


def test_hidden_fields_are_posted_too():
    class Form(forms.Form):
        ticket = forms.CharField(widget=forms.HiddenInput, initial="x")

    assert '<input type="hidden" name="ticket" value="x"' in str(Form())


def test_examples_hold_a_form_that_was_refused():
    assert set(examples()["wrong"].errors) == {"postcode", "country", "opens"}
