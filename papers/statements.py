"""A partner's month on one paper: each job with price, commission and net, and what went to the
bank (rule M5, M8).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import translation

from accounts.models import PartnerProfile
from papers import parties
from papers.contents import OTHERS, Draft, day, series_of_mila
from papers.models import Audience, Billing, Paper, PaperKind, StatedMonth
from payments.models import ChargeKind, Earning, Payout, PayoutState
from places.calendar import midnight, wall_time
from places.place import TIME_ZONES

STILL_BOOKED = timedelta(hours=1)
LEFT = (PayoutState.ON_ITS_WAY, PayoutState.PAID)


def last_month(at: datetime, country: str) -> tuple[int, int]:
    """The month that is over, on the wall of the country."""
    before = wall_time(at, TIME_ZONES[country]).date().replace(day=1) - timedelta(days=1)
    return before.year, before.month


def bounds(year: int, month: int, country: str) -> tuple[datetime, datetime]:
    first = date(year, month, 1)
    after = (first + timedelta(days=31)).replace(day=1)
    begins, ends = (midnight(one, TIME_ZONES[country]) for one in (first, after))
    return begins, ends


def is_booked(at: datetime, year: int, month: int, country: str) -> bool:
    """Over, and nothing of it is still under way: a transaction that began in its last instant may
    end in the next month's first hour, and a statement that went out before would lack it for good.
    """
    return at >= bounds(year, month, country)[1] + STILL_BOOKED


def key_of(partner_id: int, year: int, month: int, currency: str) -> str:
    return f"statement-{partner_id}-{year}-{month:02d}-{currency}"


def of_month(partner: PartnerProfile, year: int, month: int, at: datetime) -> list[Draft]:
    """One for each currency in which something was earned; none of a month that is not booked."""
    begins, ends = bounds(year, month, partner.country)
    if not is_booked(at, year, month, partner.country):
        return []
    earned = Earning.objects.filter(partner=partner, earned_at__gte=begins, earned_at__lt=ends)
    language = parties.language_of(partner)
    return [
        _draft(partner, earned.filter(currency=currency), currency, year, month, language)
        for currency in sorted(set(earned.order_by().values_list("currency", flat=True)))
    ]


def is_stated(at: datetime, country: str) -> bool:
    """Whether last month is finished with; one look at one row."""
    year, month = last_month(at, country)
    return StatedMonth.objects.filter(country=country, first_day=date(year, month, 1)).exists()


def missing(at: datetime, country: str, limit: int) -> list[int]:
    """Partners of a country whose statement of last month is not there."""
    year, month = last_month(at, country)
    begins, ends = bounds(year, month, country)
    earned = Earning.objects.filter(
        partner__country=country, earned_at__gte=begins, earned_at__lt=ends
    )
    wanted = {
        key_of(partner_id, year, month, currency): partner_id
        for partner_id, currency in earned.order_by().values_list("partner", "currency").distinct()
    }
    there = set(Paper.objects.filter(key__in=wanted).values_list("key", flat=True))
    return sorted({partner_id for key, partner_id in wanted.items() if key not in there})[:limit]


def _draft(
    partner: PartnerProfile, earned: Any, currency: str, year: int, month: int, language: str
) -> Draft:
    with translation.override(language):
        rows = list(_rows(earned))
    begins, ends = bounds(year, month, partner.country)
    # By when it left, not by its day: above the limit it may wait for days until two have said yes.
    paid = Payout.objects.filter(
        partner=partner, currency=currency, state__in=LEFT, sent_at__gte=begins, sent_at__lt=ends
    )
    zone = TIME_ZONES[partner.country]
    content = {
        "issuer": parties.mila(partner.country),
        "to": _to(partner),
        "month": date(year, month, 1).isoformat(),
        "rows": rows,
        "payouts": [
            {"on": day(one.sent_at, zone), "cents": one.cents}
            for one in paid.order_by("sent_at", "pk")
        ],
    }
    return Draft(
        kind=PaperKind.STATEMENT,
        audience=Audience.PARTNER,
        series=series_of_mila(partner.country, OTHERS),
        key=key_of(partner.pk, year, month, currency),
        language=language,
        currency=currency,
        total_cents=sum(row["net_cents"] for row in rows),
        content=content,
        partner_id=partner.pk,
    )


def _to(partner: PartnerProfile) -> parties.Party:
    billing = Billing.objects.filter(partner=partner).first()
    if billing is not None:
        return parties.partner(billing)
    return {
        "name": partner.name,
        "lines": [],
        "country": partner.country,
        "register": "",
        "vat": "",
    }


def _rows(earned: Any) -> Iterator[dict[str, Any]]:
    for one in earned.select_related("booking__service", "charge").order_by("earned_at", "pk"):
        charge = one.charge
        yield {
            "on": day(one.earned_at, one.booking.timezone),
            "booking": one.booking.number,
            "label": one.booking.service.name,
            "fee": charge is not None and charge.kind == ChargeKind.FEE,
            "advance": "made" if one.advance_id else "set off" if one.set_off_id else "",
            "price_cents": charge.service_cents if charge else one.cents,
            "commission_cents": charge.commission_cents if charge else 0,
            "net_cents": one.cents,
        }
