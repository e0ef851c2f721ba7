"""A paper as it is printed: every word and amount in its own language, for the one template
(papers/sheets/paper.typ).

Nothing is computed here that the paper does not say already.
"""

from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from mila.formats import full_day, money, month
from papers.models import Paper, PaperKind
from places.place import Country

Pair = list[str]


def sheet(paper: Paper) -> dict[str, Any]:
    """Everything the template draws, as words."""
    with translation.override(paper.language):
        return {
            "language": paper.language,
            "title": str(PaperKind(paper.kind).label),
            "number": paper.number,
            "issuer": _party(paper.data["issuer"]),
            "to": _party(paper.data["to"]),
            "to_label": _("For"),
            "facts": _facts(paper),
            "columns": _columns(paper),
            "rows": _rows(paper),
            "sums": _sums(paper),
            "notes": _notes(paper),
            "page": _("Page"),
            "page_of": _("of"),
        }


def _party(party: dict[str, Any]) -> list[str]:
    lines = [party["name"], *party["lines"]]
    if not party.get("whole"):
        lines.append(str(Country(party["country"]).label))
    if party["register"]:
        lines.append(_("Company number: %(number)s") % {"number": party["register"]})
    if party["vat"]:
        lines.append(_("VAT number: %(number)s") % {"number": party["vat"]})
    return [one for one in lines if one]


def _facts(paper: Paper) -> list[Pair]:
    data = paper.data
    found = [[_("Number"), paper.number], [_("Date"), full_day(paper.issued_at, "Europe/Paris")]]
    if paper.kind == PaperKind.STATEMENT:
        return [*found, [_("Month"), month(_day(data["month"]))]]
    if "corrects" in data:
        found.append([_("Corrects"), data["corrects"]])
    return [
        *found,
        [_("Booking"), data["booking"]],
        [_("Date of the service"), full_day(_day(data["done_on"]))],
        [_("Place of the service"), data["done_in"]],
    ]


def _columns(paper: Paper) -> list[str]:
    if paper.kind == PaperKind.STATEMENT:
        return [_("Date"), _("Service"), _("Price"), _("Commission"), _("Net")]
    return (
        [_("Description"), _("Amount, VAT included")]
        if _has_vat(paper)
        else [_("Description"), _("Amount")]
    )


def _has_vat(paper: Paper) -> bool:
    vat = paper.data.get("vat")
    return bool(vat and vat["bp"])


def _rows(paper: Paper) -> list[list[str]]:
    data, currency = paper.data, paper.currency
    if paper.kind == PaperKind.STATEMENT:
        return [
            [
                full_day(_day(row["on"])),
                f"{row['label']}, {row['booking']}{_note(row)}",
                money(row["price_cents"], currency),
                money(-row["commission_cents"], currency),
                money(row["net_cents"], currency),
            ]
            for row in data["rows"]
        ]
    return [[_label(line), money(line["cents"], currency)] for line in data["lines"]]


def _note(row: dict[str, Any]) -> str:
    if row["fee"]:
        return " ({})".format(_("wasted way"))
    # statements from before there were advances say nothing of them
    words = {"made": _("advanced by Mila"), "set off": _("advance, set off")}
    note = words.get(row.get("advance", ""))
    return f" ({note})" if note else ""


def _label(line: dict[str, Any]) -> str:
    return f"{line['quantity']} × {line['label']}" if line["quantity"] > 1 else line["label"]


def _sums(paper: Paper) -> list[Pair]:
    """The last one is the total."""
    data, currency = paper.data, paper.currency
    if paper.kind == PaperKind.STATEMENT:
        return [
            [_("Prices"), money(sum(row["price_cents"] for row in data["rows"]), currency)],
            [
                _("Commission"),
                money(-sum(row["commission_cents"] for row in data["rows"]), currency),
            ],
            [_("Net"), money(paper.total_cents, currency)],
        ]
    total = [_total_words(paper), money(paper.total_cents, currency)]
    if not _has_vat(paper):
        return [total]
    vat = data["vat"]
    rate = f"{vat['bp'] / 100:g}".replace(".", "," if paper.language != "en" else ".")
    return [
        [_("Total without VAT"), money(vat["net_cents"], currency)],
        [_("VAT %(rate)s %%") % {"rate": rate}, money(vat["vat_cents"], currency)],
        total,
    ]


def _total_words(paper: Paper) -> str:
    if paper.kind == PaperKind.CREDIT_NOTE:
        return _("Credit in all")
    if paper.kind == PaperKind.RECEIPT:
        return _("Paid in all")
    return _("Total, VAT included") if _has_vat(paper) else _("Total")


def _notes(paper: Paper) -> list[str]:
    data, notes = paper.data, []
    vat = data.get("vat")
    if vat and vat["why"]:
        notes.append(vat["why"])
    if paper.kind == PaperKind.STATEMENT:
        return [
            *_payouts(paper),
            _("This statement is a summary. The invoices it sums up have their own numbers."),
        ]
    if paper.kind == PaperKind.RECEIPT:
        notes.append(_("The service was sold by %(name)s.") % {"name": data["seller"]})
        notes.append(_("This receipt is no invoice. The invoices are on the page of your booking."))
    if data.get("by_mandate"):
        notes.append(
            _("Issued by %(company)s in the name and on behalf of %(name)s.")
            % {"company": data["by_mandate"], "name": data["issuer"]["name"]}
        )
    notes.append(_paid(paper))
    return notes


def _paid(paper: Paper) -> str:
    day = full_day(_day(paper.data["paid_on"]))
    if paper.kind == PaperKind.CREDIT_NOTE:
        words = {
            "card": _("Given back to the card on %(day)s."),
            "bank": _("Given back by your bank, as was decided on %(day)s."),
            "kept": _("Settled with your earnings on %(day)s."),
            "payout": _("Settled with your earnings on %(day)s."),
        }
    else:
        words = {
            "card": _("Paid by card on %(day)s. Nothing is left to pay."),
            "kept": _("Taken out of the payment of %(day)s. Nothing is left to pay."),
            "payout": _(
                "Paid with the customer's payment of %(day)s, and paid out with your earnings."
            ),
        }
    return words[paper.data["how"]] % {"day": day}


def _payouts(paper: Paper) -> list[str]:
    return [
        _("Paid out to your bank on %(day)s: %(amount)s")
        % {"day": full_day(_day(one["on"])), "amount": money(one["cents"], paper.currency)}
        for one in paper.data["payouts"]
    ]


def _day(text: str) -> date:
    return date.fromisoformat(text)
