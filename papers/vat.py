"""VAT in a price that includes it, by country and by who issues (rule M8; law R3, R4).

Pure but for the dated rate.
"""

from datetime import datetime
from typing import Any

from catalogue.models import CURRENCY_OF
from catalogue.money import vat_inside
from places.place import Country
from policy.queries import policy_at

# As the law words it, on papers in every language.
NONE_FR = "TVA non applicable, art. 293 B du CGI"
NONE_CH = "Art. 10 Abs. 2 MWSTG / art. 10 al. 2 LTVA / art. 10 cpv. 2 LIVA"


def vat_of(gross_cents: int, *, country: str, at: datetime, liable: bool) -> dict[str, Any]:
    """Rate, net and VAT of an amount, at the rate of the country on the day of the work; or why
    there is none.
    """
    if not liable:
        why = NONE_FR if country == Country.FR else NONE_CH
        return {"bp": 0, "net_cents": gross_cents, "vat_cents": 0, "why": why}
    rate_bp = policy_at(at, country).vat_bp[CURRENCY_OF[country]]
    return at_rate(gross_cents, rate_bp)


def at_rate(gross_cents: int, rate_bp: int) -> dict[str, Any]:
    vat_cents = vat_inside(gross_cents, rate_bp)
    return {"bp": rate_bp, "net_cents": gross_cents - vat_cents, "vat_cents": vat_cents, "why": ""}


def vat_of_part(gross_cents: int, vat: dict[str, Any], *, before_cents: int) -> dict[str, Any]:
    """The same for a part that is given back after `before_cents` of the same paper were: at its
    rate, and what is back by now less what was back before. However it is cut up, the parts of all
    pieces together are those of the whole, to the cent.
    """
    by_now = vat_inside(before_cents + gross_cents, vat["bp"])
    vat_cents = by_now - vat_inside(before_cents, vat["bp"])
    return {**vat, "net_cents": gross_cents - vat_cents, "vat_cents": vat_cents}
