"""Credit notes: what a refund, or a lost dispute, takes back of each paper that stated it (rule
M6, M8).
"""

from collections.abc import Iterator
from typing import Any

from papers import vat
from papers.contents import BANK, CARD, Draft, day
from papers.models import Audience, GivenBack, Paper, PaperKind
from payments.models import Charge
from requests_app.models import Booking


def of(given: GivenBack, charge: Charge) -> list[Draft]:
    """One for each paper of the charge that is there and stated a part of it."""
    papers = {
        paper.key.removeprefix(f"charge-{charge.pk}-"): paper for paper in charge.papers.all()
    }
    before = [_parts(one) for one in charge.given_back.filter(pk__lt=given.pk)]
    found = (
        (name, papers.get(name), cents, sum(one[name] for one in before))
        for name, cents in _parts(given).items()
    )
    return [
        _draft(given, charge.booking, paper, name, cents, back)
        for name, paper, cents, back in found
        if paper and cents
    ]


def _parts(given: GivenBack) -> dict[str, int]:
    """What of each paper it takes back."""
    return {
        "mila": given.amount_cents,
        "service": given.service_cents,
        "fee": given.booking_fee_cents,
        "commission": given.commission_cents,
        "self_bill": given.partner_cents,
    }


def _draft(
    given: GivenBack, booking: Booking, paper: Paper, name: str, cents: int, back: int
) -> Draft:
    return Draft(
        kind=PaperKind.CREDIT_NOTE,
        audience=Audience(paper.audience),
        series=paper.series,
        key=f"back-{given.pk}-{name}",
        language=paper.language,
        currency=paper.currency,
        total_cents=cents,
        content=_content(given, booking, paper, cents, back),
        booking=booking,
        charge=paper.charge,
        partner_id=paper.partner_id,
        corrects=paper,
    )


def _content(
    given: GivenBack, booking: Booking, paper: Paper, cents: int, back: int
) -> dict[str, Any]:
    """Issuer, recipient and rate are those of the paper it corrects, whatever they are by now."""
    kept = ("issuer", "to", "by_mandate", "booking", "done_on", "done_in", "how")
    said = {name: paper.data[name] for name in kept if name in paper.data}
    if given.by_bank and said["how"] == CARD:
        said["how"] = BANK
    return {
        **said,
        "lines": list(_line(paper, cents)),
        "vat": vat.vat_of_part(cents, paper.data["vat"], before_cents=back),
        "paid_on": day(given.at, booking.timezone),
        "corrects": paper.number,
    }


def _line(paper: Paper, cents: int) -> Iterator[dict[str, Any]]:
    """All of its lines where all is given back, else the part in one line."""
    if cents == paper.total_cents:
        yield from paper.data["lines"]
    else:
        yield {"label": paper.data["lines"][0]["label"], "quantity": 1, "cents": cents}
