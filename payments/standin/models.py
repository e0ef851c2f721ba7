"""Rows of the stand-in, on the alias "standin". Times are seconds since 1970, as Stripe's are."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q


class Thing(models.Model):
    """Any object of the API: what it shows (`body`), and what only we know of it (`inner`)."""

    serial = models.BigAutoField(primary_key=True)
    id = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=32)
    account = models.CharField(max_length=64, blank=True)
    created = models.BigIntegerField()
    body = models.JSONField()
    inner = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["account", "kind", "-serial"], name="thing_list"),
            GinIndex(fields=["body"], name="thing_body", opclasses=["jsonb_path_ops"]),
        ]


class Answer(models.Model):
    """What was answered under an idempotency key; the same question gets the
    same answer for a day.
    """

    account = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="one_answer_per_key")
        ]


class Posting(models.Model):
    """One movement of money: what an account gained (`net`), or the world outside lost.

    Balances are sums of these.
    """

    serial = models.BigAutoField(primary_key=True)
    account = models.CharField(max_length=64, blank=True)
    currency = models.CharField(max_length=3)
    net = models.BigIntegerField()
    transaction = models.CharField(
        max_length=64, blank=True, help_text="Its balance transaction; none outside."
    )
    available_on = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account", "currency"], name="posting_balance")]


class Event(models.Model):
    serial = models.BigAutoField(primary_key=True)
    id = models.CharField(max_length=64, unique=True)
    account = models.CharField(max_length=64, blank=True)
    type = models.CharField(max_length=80)
    created = models.BigIntegerField()
    body = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["account", "type", "created"], name="event_list")]


class Delivery(models.Model):
    """One event for one endpoint, written with the event; sent until taken.

    `next_at` is null when it is over.
    """

    serial = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=80)
    next_at = models.FloatField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the last answer.")
    error = models.CharField(max_length=200, blank=True)
    delivered_at = models.FloatField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"], name="delivery_due", condition=Q(next_at__isnull=False)
            )
        ]


class Fault(models.Model):
    """A switch that lets something go wrong: `share` of the matching calls, `remaining` times
    (null: until removed).
    """

    kind = models.CharField(max_length=24)
    path = models.CharField(
        max_length=200, blank=True, help_text="Regular expression over 'POST /v1/...', or a type."
    )
    share = models.FloatField(default=1.0)
    remaining = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(default=0)
