"""The words a customer signs: what was done, for how much, and what the signature does about it."""

import hashlib
import json

from django.utils.translation import gettext

from mila.cleaning import one_line
from mila.formats import full_day, minutes, moment, money
from requests_app import price_versions, withdrawal
from requests_app.models import Booking, LateSignature, Quote, SignOff


def text(booking: Booking, quote: Quote, *, closed: SignOff | None = None) -> str:
    """In the active language, one fact a line; it is frozen with the signature (rule L12).

    `closed`: the end that came without a signature; then the words say that this one charges
    nothing (rule L13).
    """

    def amount(cents: int) -> str:
        return money(cents, booking.currency)

    lines = [
        gettext("Booking %(number)s: %(service)s")
        % {"number": booking.number, "service": booking.service.name},
        *(
            gettext("%(label)s: %(amount)s")
            % {"label": f"{line.quantity} × {line.label}", "amount": amount(line.cents)}
            for line in quote.lines.all()
        ),
        gettext("Booking fee with the satisfaction guarantee: %(amount)s")
        % {"amount": amount(booking.booking_fee_cents)},
        gettext("Total, VAT included: %(amount)s")
        % {"amount": amount(quote.service_cents + booking.booking_fee_cents)},
        gettext("Booked: %(booked)s. Agreed (version %(version)d): %(agreed)s.")
        % {
            "booked": amount(booking.total_cents),
            "version": quote.version,
            "agreed": amount(quote.service_cents + booking.booking_fee_cents),
        },
    ]
    if booking.report.get("done"):
        lines += _done(booking.report["done"])
    if booking.report.get("explained"):
        lines.append(gettext("The result was shown and explained to me."))
    if booking.report.get("tidied"):
        lines.append(gettext("The place of work was left tidy."))
    if (
        closed is None
        and booking.finished_at
        and withdrawal.may_withdraw(booking, booking.finished_at)
    ):
        lines.append(
            gettext(
                "The work was done in full at my wish; with my signature my right of withdrawal "
                "ends."
            )
        )
    if closed is None:
        lines.append(_agreement(booking))
    else:
        day = full_day(closed.signed_at, booking.timezone)
        lines.append(
            gettext("The total was settled on %(day)s without my signature.") % {"day": day}
        )
        lines.append(
            gettext("I confirm this report afterwards. That changes nothing about the amount.")
        )
    return "\n".join(lines)


def _done(report: str) -> list[str]:
    """Each line of the report on one of its own, behind a dash: none may stand there as one of
    Mila's.
    """
    said = [one_line(line) for line in report.splitlines() if line.strip()]
    if len(said) < 2:
        return [gettext("What was done: %(done)s") % {"done": "".join(said)}]
    head = (gettext("What was done: %(done)s") % {"done": ""}).rstrip()
    return [head, *(f"– {line}" for line in said)]


def _agreement(booking: Booking) -> str:
    charged_from = price_versions.charged_from(booking)
    if charged_from is None:
        return gettext("I agree, and my card will be charged with the total.")
    return gettext(
        "I agree, and my card will be charged with the total, not before %(moment)s."
    ) % {"moment": moment(charged_from, booking.timezone)}


def of_a_proposal(booking: Booking, agreed: Quote, quote: Quote) -> str:
    """What is accepted before the work, in the active language: kept with the acceptance
    (rule L10).
    """

    def total(one: Quote) -> str:
        return money(one.service_cents + booking.booking_fee_cents, booking.currency)

    lines = [
        gettext("Booking %(number)s: %(service)s")
        % {"number": booking.number, "service": booking.service.name},
        gettext("Version %(version)d of the price") % {"version": quote.version},
        *(
            gettext("%(label)s: %(before)s, now %(after)s")
            % {
                "label": one.label,
                "before": "–"
                if one.before_cents is None
                else money(one.before_cents, booking.currency),
                "after": "–"
                if one.after_cents is None
                else money(one.after_cents, booking.currency),
            }
            for one in price_versions.differences(agreed, quote)
        ),
        gettext("Total, VAT included: %(before)s, now %(after)s")
        % {"before": total(agreed), "after": total(quote)},
        gettext("The visit takes %(span)s.") % {"span": minutes(quote.duration_minutes)},
        # No line of theirs may stand here as one of Mila's.
        gettext("Why: %(reason)s") % {"reason": one_line(quote.reason)},
        gettext("I accept this before the work is done. My card is charged only after the work."),
    ]
    return "\n".join(lines)


def sha256(signed: SignOff | LateSignature) -> str:
    """Over everything that was frozen (rule L12): kept with the signature, computed again by
    verify_invariants.
    """
    facts = [
        str(signed.booking.uuid),
        signed.quote.version,
        signed.kind,
        signed.signer,
        signed.signature,
        signed.text,
        signed.device,
        signed.service_cents,
        signed.booking_fee_cents,
        signed.commission_cents,
        signed.partner_cents,
        signed.charge_cents,
        signed.currency,
        signed.signed_at.isoformat(),
    ]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()
