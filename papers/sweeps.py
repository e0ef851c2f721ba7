"""Find papers that are missing: of paid charges, of a month that is over, and PDFs that were not
made.
"""

from datetime import timedelta

from mila.clock import MilaNow, mila_now
from mila.sweeping import handle_each
from mila.transactions import verb
from papers import actions, printing, statements
from papers.models import Unprinted
from payments.models import Charge
from places.place import Country

BATCH = 200
LATER = timedelta(hours=1)  # what cannot be made now is tried again, and the others first


def sweep() -> int:
    """One round; answers how many it made."""
    due = Charge.objects.filter(papers_due_at__lte=MilaNow()).order_by("papers_due_at")
    issued = handle_each(
        actions.issue_for_charge, list(due.values_list("pk", flat=True)[:BATCH]), put_off_charge
    )
    waiting = Unprinted.objects.filter(next_at__lte=MilaNow()).order_by("next_at")
    printed = handle_each(
        printing.print_paper, list(waiting.values_list("paper", flat=True)[:BATCH]), put_off_file
    )
    return len(issued) + len(printed)


def sweep_statements() -> int:
    """The statements of last month, once it is booked."""
    at, made = mila_now(), 0
    for country in Country.values:
        booked = statements.is_booked(at, *statements.last_month(at, country), country)
        if not booked or statements.is_stated(at, country):
            continue
        due = statements.missing(at, country, BATCH)
        made += len(handle_each(actions.issue_last_statement, due))
        if not due:
            actions.finish_month(country)
    return made


def issue(charge_id: int) -> None:
    """The papers of one charge, and their files."""
    for paper in actions.issue_for_charge(charge_id):
        printing.print_paper(paper.pk)


@verb
def put_off_charge(charge_id: int) -> None:
    Charge.objects.filter(pk=charge_id).update(papers_due_at=mila_now() + LATER)


@verb
def put_off_file(paper_id: int) -> None:
    Unprinted.objects.filter(paper=paper_id).update(next_at=mila_now() + LATER)
