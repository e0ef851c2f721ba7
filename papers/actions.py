"""Verbs of papers: issue what a paid charge owes, what a refund corrects, a month's statement; a
partner's details.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile, User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from papers import contents, corrections, numbering, statements
from papers.contents import Draft
from papers.models import DISPUTE, Billing, GivenBack, Paper, PaperKind, StatedMonth, Unprinted
from payments.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Dispute,
    DisputeState,
    Refund,
    RefundOrigin,
)
from requests_app import notices

LOOK_AGAIN = timedelta(days=1)  # while a partner's details are missing


class GivesTooMuchBack(Refusal):
    sentence = _("No more can be given back than was paid.")


@verb
def issue_for_charge(charge_id: int) -> list[Paper]:
    """Every paper of a paid charge and of what was given back of it that is not there yet; answers
    the new ones.

    A partner's own papers wait for their details; the customer's receipt and Mila's invoices do
    not. Repeatable.
    """
    charge = _lock(charge_id)
    return _issue(charge, mila_now()) if charge.state == ChargeState.SUCCEEDED else []


@verb
def issue_statement(partner_id: int, year: int, month: int) -> list[Paper]:
    """A partner's statement of a month that is over and booked, one for each currency; answers the
    new ones.

    Repeatable.
    """
    partner = PartnerProfile.objects.select_for_update(no_key=True).get(pk=partner_id)
    return store(statements.of_month(partner, year, month, mila_now()))


@verb
def issue_last_statement(partner_id: int) -> list[Paper]:
    """Of the month that is over where they are."""
    country = PartnerProfile.objects.values_list("country", flat=True).get(pk=partner_id)
    return issue_statement(partner_id, *statements.last_month(mila_now(), country))


@verb
def finish_month(country: str) -> StatedMonth | None:
    """Last month has no statement missing. Not while it is still being booked."""
    at = mila_now()
    year, month = statements.last_month(at, country)
    if not statements.is_booked(at, year, month, country):
        return None
    done, _new = StatedMonth.objects.get_or_create(country=country, first_day=date(year, month, 1))
    return done


@verb
def set_billing(
    partner: PartnerProfile, *, by: User, name: str, street: str, postcode: str, city: str,
    register_number: str, vat_number: str,
) -> Billing:  # fmt: skip
    """A partner's details, with the mandate to make papers in their name. What waited for them is
    made now.

    Papers that were issued before stay as they are.
    """
    at = mila_now()
    facts = {"name": name, "street": street, "postcode": postcode, "city": city,
             "register_number": register_number, "vat_number": vat_number}  # fmt: skip
    given = {"mandate_at": at, "mandate_by": by}
    billing, _new = Billing.objects.update_or_create(
        partner=partner, defaults=facts, create_defaults=facts | given
    )
    Charge.objects.filter(partner=partner, papers_due_at__gt=at).update(papers_due_at=at)
    return billing


def _lock(charge_id: int) -> Charge:
    rows = Charge.objects.select_related("booking__service", "booking__customer", "partner__owner")
    return rows.select_for_update(of=("self",)).get(pk=charge_id)


def give_back(given: GivenBack) -> None:
    """Write down what a refund took of each part, once for each key; its credit notes are issued
    with the other papers of the charge, which is locked. Raises GivesTooMuchBack.
    """
    if not GivenBack.objects.filter(key=given.key).exists():
        _must_be_left(given)
        given.save(force_insert=True)


def _note_returns(charge: Charge) -> None:
    """What has left for the payer's bank, and what it took and keeps; paid once more because it
    came back, it is the same.

    What Mila bears by itself lowers its commission as far as there is some; beyond that it is a
    gift that corrects no paper.
    """
    known = set(charge.given_back.values_list("key", flat=True))
    made = charge.refunds.filter(made_at__isnull=False).exclude(origin=RefundOrigin.AGAIN)
    lost = charge.disputes.filter(state=DisputeState.LOST)
    found: list[tuple[str, Refund | Dispute, datetime | None]] = [
        *((f"refund-{one.uuid}", one, one.made_at) for one in made),
        *((f"{DISPUTE}{one.uuid}", one, one.ended_at) for one in lost),
    ]
    for key, back, at in found:
        parts = {} if key in known else _parts_on_paper(charge, back)
        if parts.get("amount_cents"):
            give_back(GivenBack(key=key, charge=charge, at=at, **parts))


def _parts_on_paper(charge: Charge, back: Refund | Dispute) -> dict[str, int]:
    """The shares as papers can hold them: no part above what there is of it, whatever was taken
    from whom on Stripe's own pages, or by a bank beside a refund.
    """
    given = list(charge.given_back.all())
    amount = min(back.amount_cents, charge.amount_cents - sum(one.amount_cents for one in given))
    fee_left = charge.booking_fee_cents - sum(one.booking_fee_cents for one in given)
    partner_left = charge.partner_cents - sum(one.partner_cents for one in given)
    commission_left = charge.commission_cents - sum(one.commission_cents for one in given)
    partner = max(0, min(back.partner_cents, partner_left, amount))
    rest = amount - partner
    over = max(0, back.partner_cents - partner)
    fee = max(0, min(back.booking_fee_cents + over, fee_left, rest))
    mila = max(0, rest - fee - commission_left)
    return {
        "amount_cents": amount,
        "partner_cents": partner,
        "booking_fee_cents": fee,
        "mila_cents": mila,
    }


def _must_be_left(given: GivenBack) -> None:
    """Not more than was paid, nor more of a part than there was of it, with all that was given back
    before.
    """
    charge, parts = (
        given.charge,
        ("amount_cents", "partner_cents", "booking_fee_cents", "commission_cents"),
    )
    all_given = [*charge.given_back.all(), given]
    for part in parts:
        if given.commission_cents < 0 or sum(getattr(one, part) for one in all_given) > getattr(
            charge, part
        ):
            raise GivesTooMuchBack
    if charge.state != ChargeState.SUCCEEDED or given.amount_cents <= 0:
        raise GivesTooMuchBack


def _issue(charge: Charge, at: datetime) -> list[Paper]:
    billing = Billing.objects.select_related("partner").filter(partner=charge.partner_id).first()
    made = store(contents.of_charge(charge, billing))
    _note_returns(charge)
    given = charge.given_back.order_by("pk")
    made += store([draft for one in given for draft in corrections.of(one, charge)])
    waits = billing is None and contents.needs_billing(charge)
    Charge.objects.filter(pk=charge.pk).update(papers_due_at=at + LOOK_AGAIN if waits else None)
    if any(paper.kind == PaperKind.RECEIPT for paper in made) and charge.kind == ChargeKind.FEE:
        notices.queue(charge.booking, "fee_receipt", round=charge.pk)
    return made


@verb
def store(drafts: Sequence[Draft]) -> list[Paper]:
    """Number and store those that are not there yet.

    Series are locked in one order, whoever issues what.
    """
    there = set(
        Paper.objects.filter(key__in=[one.key for one in drafts]).values_list("key", flat=True)
    )
    new = [one for one in drafts if one.key not in there]
    return [_store_one(one) for one in sorted(new, key=lambda draft: draft.series)]


def _store_one(draft: Draft) -> Paper:
    at = mila_now()
    paper = Paper(
        kind=draft.kind,
        audience=draft.audience,
        series=draft.series,
        year=contents.year_of(at),
        key=draft.key,
        partner_id=draft.partner_id,
        booking=draft.booking,
        charge=draft.charge,
        corrects=draft.corrects,
        language=draft.language,
        currency=draft.currency,
        total_cents=draft.total_cents,
        content=contents.as_json(draft.content),
        issued_at=at,
    )
    paper.serial = numbering.next_serial(paper.series, paper.year)
    paper.sha256 = paper.computed_sha256()
    paper.save(force_insert=True)
    Unprinted.objects.create(paper=paper, next_at=at)
    return paper
