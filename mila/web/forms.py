"""Forms in the house look: every {{ form }} and {{ field.as_field_group }} is drawn by
templates/components/.
"""

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from mila.cleaning import canonical_email, clean_line, clean_prose

TOO_LONG = _(
    "This is too long: there is room for %(limit_value)d characters, and it has %(show_value)d."
)
# What is drawn as a box; checkboxes, radios and hidden inputs are not.
BOXES = {
    "text", "email", "tel", "number", "password", "search", "url",
    "date", "time", "datetime-local", "file",
}  # fmt: skip
CHOICES = {
    "django/forms/widgets/radio.html": "components/_choices.html",
    "django/forms/widgets/checkbox_select.html": "components/_choices.html",
}


def _dress(widget: dict) -> None:
    """Give boxes the class field-box, unless the widget came with a class of its own (the admin's
    do).
    """
    for part in widget.get("subwidgets", []):
        _dress(part)
    kind = widget.get("type", "")
    name = widget.get("template_name", "")
    if kind in BOXES or name.endswith(
        ("/textarea.html", "/select.html", "/clearable_file_input.html")
    ):
        widget["attrs"].setdefault("class", "field-box")


class FormRenderer(TemplatesSetting):
    form_template_name = "components/_form.html"
    field_template_name = "components/_field.html"

    def render(self, template_name, context, request=None):
        if "widget" in context:
            _dress(context["widget"])
            template_name = CHOICES.get(template_name, template_name)
        return super().render(template_name, context, request)


class LineField(forms.CharField):
    """One line of text, cleaned before it is asked whether there is any and how long it is
    (mila.cleaning).
    """

    default_error_messages = {"max_length": TOO_LONG}

    def to_python(self, value):
        return clean_line(super().to_python(value) or "") or self.empty_value


class ProseField(forms.CharField):
    """Several lines in the person's own words, cleaned alike."""

    widget = forms.Textarea(attrs={"rows": 4})
    default_error_messages = {"max_length": TOO_LONG}

    def to_python(self, value):
        return clean_prose(super().to_python(value) or "") or self.empty_value


class CanonicalEmailField(forms.EmailField):
    """An e-mail address in the one form in which it is kept."""

    def to_python(self, value):
        return canonical_email(super().to_python(value) or "") or self.empty_value


class PlainSlugField(forms.SlugField):
    """A word of an address, without what came along when it was copied."""

    def to_python(self, value):
        return clean_line(super().to_python(value) or "") or self.empty_value
