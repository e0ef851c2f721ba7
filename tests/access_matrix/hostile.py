"""A dataset whose people have written payloads wherever they can write (fault W1)."""

import itertools
from collections.abc import Iterator

from django.apps import apps
from django.db import models

from accounts.mail_words import render
from mila.clock import mila_now
from requests_app import notices
from requests_app.models import Booking
from tests.access_matrix.payloads import PAYLOADS
from tests.evidence import forged

APPS = ("accounts", "catalogue", "dispatch", "payments", "places", "policy", "requests_app")
SHORTEST = 20  # a field in which no payload has room
# Columns nobody types into: grammar of our own, or somebody else's names. A column that is not here
# is filled.
OURS = {
    "slug",
    "token",
    "token_hash",
    "draft_key",
    "mac",
    "sealed",
    "key",
    "hash",
    "sha256",
    "password",
    "icon",
    "timezone",
    "wall",
    "precision",
    "lock_token",
    "stripe_id",
    "stripe_account",
    "intent_id",
    "payment_method",
    "client_secret",
    "card",
    "object_id",
    "account",
    "move",
    "end",
    "code",
    "postcode",
}
GROWS_ONLY = {"LedgerEntry"}  # its trigger refuses every change
PLAIN = {"Notification": {"kind"}, "Operation": {"kind"}, "SavedCard": {"brand"}}


def writable() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Every column of text that a person, or somebody through the back office, may write."""
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            skipped = OURS | PLAIN.get(model.__name__, set())
            for column in model._meta.concrete_fields if model.__name__ not in GROWS_ONLY else ():
                text = (
                    isinstance(column, models.CharField | models.TextField) and not column.choices
                )
                roomy = column.max_length is None or column.max_length >= SHORTEST
                if text and roomy and column.name not in skipped:
                    yield model, column


def mark(name: str) -> str:
    """What a column's text begins with, to know it again on a page."""
    return f"[{name}]"


def poison() -> set[tuple[str, str]]:
    """Payloads in every writable column of every row; answers which payload stands where."""
    placed, deck = set(), itertools.cycle(range(len(PAYLOADS)))
    for model, columns in itertools.groupby(writable(), key=lambda pair: pair[0]):
        fields = [column for _model, column in columns]
        for row in model._default_manager.order_by("pk"):
            values = {}
            for column in fields:
                if isinstance(column, models.EmailField):
                    values[column.name] = f'"<svg/onload=__ran(1)>"@x{row.pk}.example'
                    continue
                name = f"{model.__name__}.{column.name}"
                used = _as_many_as_fit(column.max_length, deck, spare=len(mark(name)) + 1)
                placed |= {(name, one) for one in used}
                text = " ".join([mark(name), *used])
                values[column.name] = (
                    text if column.max_length is None or len(text) <= column.max_length else used[0]
                )
            with forged():  # what a page shows of evidence must be harmless as well
                model._default_manager.filter(pk=row.pk).update(**values)
    report = {
        "done": "\n".join([mark("Booking.report"), *PAYLOADS]),
        "explained": True,
        "tidied": True,
    }
    Booking.objects.exclude(report={}).update(report=report)
    placed |= {("Booking.report", one) for one in PAYLOADS}
    return placed


def _as_many_as_fit(room: int | None, deck: Iterator[int], *, spare: int) -> list[str]:
    """All of them where there is no bound; else the next ones, one at least."""
    if room is None:
        return PAYLOADS
    used: list[str] = []
    for one in (PAYLOADS[next(deck)] for _ in PAYLOADS):
        if spare * bool(used) + len(" ".join([*used, one])) <= room:
            used.append(one)
        elif used:
            break
    return used


def mails() -> Iterator[tuple[str, str]]:
    """Each kind of message, as it would be written about a booking of the dataset that has its
    facts.
    """
    for kind, notice in notices.KINDS.items():
        given = {name: _given(name) for name in notice.given}
        for booking in Booking.objects.order_by("-pk"):
            try:
                row = notices.queue(booking, kind, round=99, former=booking.technician, **given)
                page = render(row).alternatives[0].content
            except Exception:  # this booking has not the facts; one of the others has
                continue
            yield kind, page
            break


def _given(name: str):
    if name.endswith("_at"):
        return mila_now()
    return 100 if name.endswith(("_cents", "count", "number")) else " ".join(PAYLOADS)
