"""What every page of the site draws: symbols, help and contact, the fields that were refused."""

from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html

from mila.formats import language

register = template.Library()


@cache
def _sprite() -> str:
    return static("icons.svg")


@register.simple_tag
def icon(name: str, label: str = "") -> str:
    """A symbol of static/icons.svg. Without `label` it is decoration beside a word."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
            label,
            _sprite(),
            name,
        )
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', _sprite(), name
    )


@register.simple_tag
def support(country: str = "") -> dict[str, str]:
    """Phone and e-mail of the country's help: FR or CH, else by the person's language (rule H1)."""
    if country not in settings.SUPPORT:
        country = "CH" if language() == "de" else "FR"
    return {"country": country, **settings.SUPPORT[country]}


@register.filter
def five(stars) -> list[bool]:
    """Five stars, as many of them full as the rounded number says."""
    return [number <= round(float(stars or 0)) for number in range(1, 6)]


@register.filter
def only_missing(form) -> bool:
    """Whether nothing is wrong but that boxes are empty."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return codes == {"required"}


@register.filter
def wrong_fields(form) -> list:
    """The visible fields that were refused, in the order of the page."""
    return [field for field in form.visible_fields() if field.errors]
