"""The rows behind the stand-in, on their own alias with their own commits."""

import random
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.models import F, Q, Sum

from payments.standin.models import Answer, Delivery, Event, Fault, Posting, Thing
from payments.standin.router import ALIAS

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Endpoint:
    url: str
    secret: str
    connect: bool
    events: Sequence[str] = ("*",)

    def wants(self, type: str, account: str) -> bool:
        return self.connect == bool(account) and ("*" in self.events or type in self.events)


class Store:
    def __init__(self, endpoints: Callable[[], list[Endpoint]] = list) -> None:
        self.endpoints = endpoints

    def transaction(self) -> AbstractContextManager[Any]:
        return transaction.atomic(using=ALIAS)

    def try_lock(self, name: str) -> bool:
        """One at a time under this name, until the transaction ends. Does not wait."""
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            return bool(cursor.fetchone()[0])

    # --- Objects

    def add(self, body: dict[str, Any], inner: dict[str, Any], account: str) -> Thing:
        return Thing.objects.create(
            id=body["id"],
            kind=body["object"],
            account=account,
            created=body["created"],
            body=body,
            inner=inner,
        )

    def get(self, kind: str, object_id: str, account: str, *, lock: bool) -> Thing | None:
        rows = Thing.objects.filter(kind=kind, id=object_id, account=account)
        return (rows.select_for_update() if lock else rows).first()

    def save(self, thing: Thing) -> None:
        thing.save(update_fields=["body", "inner"])

    def remove(self, thing: Thing) -> None:
        thing.delete()

    def waiting(self, kind: str) -> list[Thing]:
        """All of a kind that is no object of the API, the oldest first."""
        return list(Thing.objects.filter(account="", kind=kind).order_by("serial"))

    def page(
        self,
        kind: str,
        account: str,
        *,
        match: dict[str, Any],
        created: dict[str, int],
        limit: int,
        after: str | None,
        before: str | None,
    ) -> tuple[list[dict[str, Any]], bool]:
        rows = Thing.objects.filter(kind=kind, account=account)
        if match:
            rows = rows.filter(body__contains=match)
        return self._cut(rows, created, limit, after, before)

    def events(
        self,
        account: str,
        types: Sequence[str],
        created: dict[str, int],
        limit: int,
        after: str | None,
        before: str | None,
    ) -> tuple[list[dict[str, Any]], bool]:
        rows = Event.objects.filter(account=account)
        if types:
            rows = rows.filter(type__in=types)
        return self._cut(rows, created, limit, after, before)

    def event(self, event_id: str, account: str) -> Event | None:
        return Event.objects.filter(id=event_id, account=account).first()

    def _cut(
        self, rows: Any, created: dict[str, int], limit: int, after: str | None, before: str | None
    ) -> tuple[list[dict[str, Any]], bool]:
        rows = rows.filter(**{f"created__{name}": value for name, value in created.items()})
        if before:
            later = rows.filter(
                serial__gt=rows.model.objects.filter(id=before).values("serial")
            ).order_by("serial")
            found = list(later[: limit + 1])
            return [row.body for row in found[:limit]][::-1], len(found) > limit
        if after:
            rows = rows.filter(serial__lt=rows.model.objects.filter(id=after).values("serial"))
        found = list(rows.order_by("-serial")[: limit + 1])
        return [row.body for row in found[:limit]], len(found) > limit

    # --- Keys

    def answer(self, account: str, key: str, *, since: float) -> Answer | None:
        return Answer.objects.filter(account=account, key=key, created__gt=since).first()

    def keep_answer(
        self,
        account: str,
        key: str,
        fingerprint: str,
        status: int,
        body: dict[str, Any],
        *,
        now: float,
    ) -> None:
        row = Answer(
            account=account, key=key, fingerprint=fingerprint, status=status, body=body, created=now
        )
        Answer.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["account", "key"],
            update_fields=["fingerprint", "status", "body", "created"],
        )

    # --- Money

    def post(
        self, account: str, currency: str, net: int, *, transaction_id: str, available_on: int
    ) -> None:
        Posting.objects.create(
            account=account,
            currency=currency,
            net=net,
            transaction=transaction_id,
            available_on=available_on,
        )

    def balance(self, account: str, now: int) -> dict[str, tuple[int, int]]:
        """Per currency: what may be paid out, and what is still on its way."""
        rows = Posting.objects.filter(account=account).values("currency").order_by("currency")
        sums = rows.annotate(
            ready=Sum("net", filter=Q(available_on__lte=now), default=0),
            waiting=Sum("net", filter=Q(available_on__gt=now), default=0),
        )
        return {row["currency"]: (row["ready"], row["waiting"]) for row in sums}

    # --- Events and their delivery

    def emit(
        self,
        event_id: str,
        type: str,
        body: dict[str, Any],
        *,
        account: str,
        now: int,
        key: str | None,
        takers: Sequence[Endpoint],
    ) -> None:
        """Written in the transaction that changed the object; the outbox sends it after."""
        values = {
            "id": event_id,
            "object": "event",
            "api_version": API_VERSION,
            "created": now,
            "data": {"object": body},
            "livemode": False,
            "pending_webhooks": len(takers),
            "request": {"id": None, "idempotency_key": key},
            "type": type,
        }
        if account:
            values["account"] = account
        event = Event.objects.create(
            id=event_id, account=account, type=type, created=now, body=values
        )
        Delivery.objects.bulk_create(
            Delivery(event=event, url=taker.url, secret=taker.secret, next_at=now)
            for taker in takers
        )

    def all_endpoints(self) -> list[Endpoint]:
        rows = Thing.objects.filter(kind="webhook_endpoint").values_list("body", "inner")
        made = [
            Endpoint(body["url"], inner["secret"], inner["connect"], tuple(body["enabled_events"]))
            for body, inner in rows
        ]
        return [*self.endpoints(), *made]

    # --- Faults

    def fault(self, question: str) -> tuple[str, float]:
        """The first fault that strikes this question ("POST /v1/...", or "event <type>"), and its
        seconds.
        """
        for fault in Fault.objects.order_by("pk"):
            chance = random.random()  # noqa: S311
            strikes = re.search(fault.path, question) and chance < fault.share
            if (
                strikes
                and fault.kind.startswith("event_") == question.startswith("event ")
                and self._use(fault)
            ):
                return fault.kind, fault.seconds
        return "", 0.0

    def _use(self, fault: Fault) -> bool:
        if fault.remaining is None:
            return True
        left = Fault.objects.filter(pk=fault.pk, remaining__gt=0)
        return bool(left.update(remaining=F("remaining") - 1))


def ledger_sums() -> dict[tuple[str, str], int]:
    """Net per account and currency; the platform is "", everybody outside is "world"."""
    rows = Posting.objects.values("account", "currency").annotate(total=Sum("net")).order_by()
    return {(row["account"], row["currency"]): row["total"] for row in rows}


def ledger_gaps() -> dict[str, int]:
    """Currencies whose accounts do not sum to zero: none, ever."""
    rows = Posting.objects.values("currency").annotate(total=Sum("net")).order_by()
    return {row["currency"]: row["total"] for row in rows if row["total"]}
