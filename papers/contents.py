"""What each paper of a paid charge says (rule M8, M9; law R3, R4). Reads rows, writes none.

With a Friend the service is theirs: an invoice in their name, on their mandate, and one of Mila's
for the booking fee. With a Pro Mila sells, and the Pro's own invoice to Mila is made for them.
Every amount is a column of the charge.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from mila.clock import mila_now
from papers import parties, vat
from papers.models import Audience, Billing, Paper, PaperKind
from payments.models import Charge, ChargeKind
from places.calendar import wall_time
from places.place import TIME_ZONES
from requests_app.models import Booking

# of Mila's two series in each country: what the tax office counts, and the rest
INVOICES, OTHERS = "M", "R"
CARD, KEPT, PAYOUT = "card", "kept", "payout"  # how it was paid
BANK = "bank"  # how it was given back: by the payer's bank, after a dispute


@dataclass(frozen=True)
class Draft:
    """A paper that has no number yet."""

    kind: PaperKind
    audience: Audience
    series: str
    key: str
    language: str
    currency: str
    total_cents: int
    content: dict[str, Any]
    booking: Booking | None = None
    charge: Charge | None = None
    partner_id: int | None = None
    corrects: Paper | None = None


def series_of_mila(country: str, kind: str = INVOICES) -> str:
    """Under each VAT number a series of its own."""
    return f"{kind}{country}"


def series_of_partner(partner_id: int) -> str:
    """Of what Mila makes in a partner's name: their own numbers never meet it."""
    return f"P{partner_id}"


def of_charge(charge: Charge, billing: Billing | None) -> list[Draft]:
    """Every paper the charge owes. Those in a partner's name, or to them, only with their details
    (`billing`).
    """
    return list(_of_charge(charge, billing))


def needs_billing(charge: Charge) -> bool:
    return charge.partner is not None and charge.partner_cents > 0


def _of_charge(charge: Charge, billing: Billing | None) -> Iterator[Draft]:
    yield _receipt(charge)
    shared = needs_billing(charge)
    if not shared or not charge.partner.is_friend:
        yield _from_mila(charge, charge.service_cents, charge.booking_fee_cents)
    elif charge.booking_fee_cents:
        yield _from_mila(charge, 0, charge.booking_fee_cents)
    if shared and billing is not None:
        if charge.partner.is_friend:
            yield _from_friend(charge, billing)
            if charge.commission_cents:
                yield _commission(charge, billing)
        else:
            yield _self_bill(charge, billing)


def _receipt(charge: Charge) -> Draft:
    """What was paid, and to whom: there at once, whoever sells."""
    booking = charge.booking
    with translation.override(booking.language):
        lines = [*_work(charge), *_fee(charge.booking_fee_cents)]
    content = {
        **_common(charge, parties.mila(booking.country), parties.customer(booking), lines),
        "seller": _seller(charge),
    }
    return _to_customer(
        charge, PaperKind.RECEIPT, series_of_mila(booking.country, OTHERS), "receipt", content
    )


def _seller(charge: Charge) -> str:
    """Whose service the receipt is for."""
    friend = charge.partner is not None and charge.partner.is_friend
    return charge.partner.name if friend else settings.OPERATOR["company"]


def _from_mila(charge: Charge, service_cents: int, fee_cents: int) -> Draft:
    booking = charge.booking
    with translation.override(booking.language):
        lines = [*(_work(charge) if service_cents else []), *_fee(fee_cents)]
    total = service_cents + fee_cents
    content = {
        **_common(charge, parties.mila(booking.country), parties.customer(booking), lines),
        "vat": _vat(charge, total, liable=True),
    }
    part = "mila" if service_cents else "fee"
    kind = _sale(charge) if service_cents else PaperKind.INVOICE
    return _to_customer(charge, kind, series_of_mila(booking.country), part, content, total)


def _from_friend(charge: Charge, billing: Billing) -> Draft:
    booking = charge.booking
    with translation.override(booking.language):
        lines = _work(charge)
    content = {
        **_common(charge, parties.partner(billing), parties.customer(booking), lines),
        "by_mandate": settings.OPERATOR["company"],
        "vat": _vat(charge, charge.service_cents, liable=bool(billing.vat_number)),
    }
    series = series_of_partner(charge.partner.pk)
    return _to_customer(charge, _sale(charge), series, "service", content, charge.service_cents)


def _commission(charge: Charge, billing: Billing) -> Draft:
    language = parties.language_of(charge.partner)
    with translation.override(language):
        label = gettext("Commission for booking %(number)s") % {"number": charge.booking.number}
    content = {
        **_common(charge, parties.mila(charge.booking.country), parties.partner(billing),
                  [_line(label, charge.commission_cents)], how=KEPT),
        "vat": _vat(charge, charge.commission_cents, liable=True),
    }  # fmt: skip
    series = series_of_mila(charge.booking.country)
    return _to_partner(
        charge, PaperKind.COMMISSION, series, charge.commission_cents, content, language
    )


def _self_bill(charge: Charge, billing: Billing) -> Draft:
    """The Pro's invoice to Mila, made by Mila: what the service brings them."""
    language = parties.language_of(charge.partner)
    with translation.override(language):
        words = gettext("%(service)s, booking %(number)s")
        label = words % {"service": charge.booking.service.name, "number": charge.booking.number}
    content = {
        **_common(charge, parties.partner(billing), parties.mila(charge.booking.country),
                  [_line(label, charge.partner_cents)], how=PAYOUT),
        "by_mandate": settings.OPERATOR["company"],
        "vat": _vat(charge, charge.partner_cents, liable=bool(billing.vat_number)),
    }  # fmt: skip
    series = series_of_partner(charge.partner.pk)
    return _to_partner(charge, PaperKind.SELF_BILL, series, charge.partner_cents, content, language)


# --- Parts


def _sale(charge: Charge) -> PaperKind:
    return PaperKind.CANCELLATION if charge.kind == ChargeKind.FEE else PaperKind.INVOICE


def _work(charge: Charge) -> list[dict[str, Any]]:
    """The lines of the price that was charged, as they were agreed; of a fee what it is for.

    They add up to it.
    """
    booking = charge.booking
    if charge.kind == ChargeKind.FEE:
        return [_line(_what_the_fee_is_for(booking), charge.service_cents)]
    lines = [
        _line(line.label, line.cents, line.quantity)
        for line in booking.sign_off.quote.lines.order_by("pk")
    ]
    if sum(one["cents"] for one in lines) != charge.service_cents:
        return [_line(booking.service.name, charge.service_cents)]
    return lines


def _what_the_fee_is_for(booking: Booking) -> str:
    last = booking.events.order_by("-sequence").first()
    words = {
        "withdraw": gettext("%(service)s: work done until the withdrawal from the contract"),
        "fail_visit": gettext("%(service)s: visit in vain"),
        "decide_fee": gettext("%(service)s: visit in vain"),
    }
    said = words.get(last.move if last else "", gettext("%(service)s: late cancellation"))
    return said % {"service": booking.service.name}


def _fee(cents: int) -> list[dict[str, Any]]:
    return [_line(gettext("Booking fee with the satisfaction guarantee"), cents)] if cents else []


def _line(label: str, cents: int, quantity: int = 1) -> dict[str, Any]:
    return {"label": label, "quantity": quantity, "cents": cents}


def _vat(charge: Charge, gross_cents: int, *, liable: bool) -> dict[str, Any]:
    booking = charge.booking
    return vat.vat_of(gross_cents, country=booking.country, at=_done_at(charge), liable=liable)


def _common(
    charge: Charge,
    issuer: parties.Party,
    to: parties.Party,
    lines: list[dict[str, Any]],
    how: str = CARD,
) -> dict[str, Any]:
    booking = charge.booking
    paid_at = charge.succeeded_at or mila_now()
    return {
        "issuer": issuer,
        "to": to,
        "lines": lines,
        "booking": booking.number,
        "done_on": day(_done_at(charge), booking.timezone),
        "done_in": f"{booking.postcode} {booking.city}".strip(),
        "paid_on": day(paid_at, booking.timezone),
        "how": how,
    }


def _done_at(charge: Charge) -> datetime:
    """The day the service was done, or the visit ended without it: by it the
    rate of VAT is chosen.
    """
    return charge.booking.finished_at or charge.booking.signed_off_at or charge.created_at


def day(at: datetime, zone: str) -> str:
    return wall_time(at, zone).date().isoformat()


def year_of(at: datetime) -> int:
    """The year whose numbers count: both countries share their clock."""
    return wall_time(at, TIME_ZONES["FR"]).year


def issued_on(at: datetime) -> str:
    return day(at, TIME_ZONES["FR"])


def as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _to_customer(
    charge: Charge,
    kind: PaperKind,
    series: str,
    part: str,
    content: dict[str, Any],
    total_cents: int | None = None,
) -> Draft:
    booking = charge.booking
    return Draft(
        kind=kind,
        audience=Audience.CUSTOMER,
        series=series,
        key=f"charge-{charge.pk}-{part}",
        language=booking.language,
        currency=charge.currency,
        total_cents=charge.amount_cents if total_cents is None else total_cents,
        content=content,
        booking=booking,
        charge=charge,
        partner_id=charge.partner_id if series.startswith("P") else None,
    )


def _to_partner(
    charge: Charge,
    kind: PaperKind,
    series: str,
    total_cents: int,
    content: dict[str, Any],
    language: str,
) -> Draft:
    return Draft(
        kind=kind,
        audience=Audience.PARTNER,
        series=series,
        key=f"charge-{charge.pk}-{kind}",
        language=language,
        currency=charge.currency,
        total_cents=total_cents,
        content=content,
        booking=charge.booking,
        charge=charge,
        partner_id=charge.partner_id,
    )
