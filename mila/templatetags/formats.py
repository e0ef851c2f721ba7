"""The formats of mila.formats as filters of the same names."""

from django import template

from mila import formats

register = template.Library()
for written in (
    formats.money,
    formats.moment,
    formats.short_moment,
    formats.day,
    formats.short_day,
    formats.full_day,
    formats.month,
    formats.clock_time,
    formats.left,
    formats.seconds_left,
    formats.minutes,
    formats.span_words,
    formats.km,
    formats.phone,
    formats.tel,
    formats.initials,
    formats.stars,
    formats.percent,
    formats.reviews,
    formats.masked,
):
    register.filter(written)
