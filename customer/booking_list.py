"""Somebody's own bookings, in pages."""

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.urls import reverse

from accounts.models import User
from customer import booking_words
from customer.wording_parts import Facts
from requests_app import access
from requests_app.models import (
    Booking,
    State,
)

PAGE = 10


@dataclass(frozen=True)
class Row:
    """One booking of the list."""

    booking: Booking
    title: str
    badge: tuple[str, str]
    url: str
    starts: list[datetime]


def bookings_page(user: User, at: datetime, number: str | None) -> tuple[Page, list[Row]]:
    """A page of their bookings, newest first. Three queries, however many there are."""
    bookings = (
        access.bookings_of_customer(user).select_related("contact").prefetch_related("wishes")
    )
    page = Paginator(bookings, PAGE).get_page(number)
    return page, [_row(booking, at) for booking in page]


def _row(booking: Booking, at: datetime) -> Row:
    facts = Facts(at=at)
    page = "draft" if booking.state == State.DRAFT else "booking"
    return Row(
        booking=booking,
        title=booking_words.headline(booking, facts),
        badge=booking_words.badge(booking, facts),
        url=reverse(f"customer:{page}", args=[booking.token]),
        starts=[booking.start_at]
        if booking.start_at
        else [wish.start_at for wish in booking.wishes.all()],
    )
