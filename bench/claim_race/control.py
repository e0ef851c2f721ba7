"""The product without its guards: what the race would come to with a Redis lock alone."""

import contextlib
from datetime import timedelta
from unittest import mock

from django.db import connection, transaction

from dispatch import gate, offers
from dispatch.models import Offer, OfferState
from dispatch.offers import claiming, tapping, windows
from requests_app import lifecycle
from requests_app.models import Assignment, Booking, BookingEvent, Clock

LOCK_LIFE = timedelta(milliseconds=5)
GUARDS = [
    (Offer, "one_open_offer_per_booking"),
    (Assignment, "one_running_assignment"),
    (BookingEvent, "one_event_of_a_sequence"),
    (Clock, "one_clock_of_a_kind"),
]


@contextlib.contextmanager
def redis_lock_only():
    """The product as it would be with a Redis lock of 5 ms for a guard: no row lock, no verdict of
    the database.
    """
    take = gate.take

    def brief(booking_id, token, span):
        if not take(booking_id, token, LOCK_LIFE):
            raise offers.WindowHeld
        return True

    def unlocked(booking_id=None, **found_by):
        if booking_id is not None:
            found_by["pk"] = booking_id
        return Booking.objects.select_related("service").get(**found_by)

    def close_alone(offer, at):
        Offer.objects.filter(pk=offer.pk).update(state=OfferState.CLAIMED, ended_at=at)

    with contextlib.ExitStack() as patches:
        for module in (tapping, claiming, windows, lifecycle):
            patches.enter_context(mock.patch.object(module, "lock_booking", unlocked))
        patches.enter_context(mock.patch.object(gate, "take", brief))
        patches.enter_context(mock.patch.object(tapping, "_another_looks", return_value=False))
        patches.enter_context(
            mock.patch.object(windows, "look_at_offers", return_value=windows.Offers(None, [], 0))
        )
        patches.enter_context(mock.patch.object(claiming, "close_claimed", close_alone))
        for module, name in ((gate, "put"), (claiming, "check_claimable")):
            patches.enter_context(mock.patch.object(module, name, return_value=None))
        yield


@contextlib.contextmanager
def constraints_dropped():
    """The database's own uniques are away; what was written meanwhile is thrown away before they
    come back.
    """
    found = [
        (model, next(c for c in model._meta.constraints if c.name == name))
        for model, name in GUARDS
    ]
    with connection.schema_editor() as editor:
        for model, constraint in found:
            editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        tables = ", ".join(model._meta.db_table for model, _ in found)
        with transaction.atomic(), connection.cursor() as cursor:
            # evidence of the control is none
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        with connection.schema_editor() as editor:
            for model, constraint in found:
                editor.add_constraint(model, constraint)
