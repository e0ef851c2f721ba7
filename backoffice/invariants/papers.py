"""Papers as they must be (invariant I12): numbered without gaps, words and files as they were
issued.
"""

import hashlib

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Sum

from backoffice.invariants.scope import Found, Ids
from papers.models import Audience, Paper, PaperKind, Series
from payments.models import Charge

SOLD = (PaperKind.INVOICE, PaperKind.CANCELLATION)


def found(ids: Ids) -> Found:
    """What is wrong with the papers of these bookings; None: all papers, and their numbers."""
    if ids is None:
        yield from _numbers()
    issued = Paper.objects.all() if ids is None else Paper.objects.filter(booking__in=ids)
    for paper in issued.select_related("file").defer("file__made_at").iterator(chunk_size=500):
        if paper.computed_sha256() != paper.sha256:
            yield f"paper {paper.number} was altered"
        file = getattr(paper, "file", None)
        if file is not None and hashlib.sha256(file.pdf).hexdigest() != file.sha256:
            yield f"the file of paper {paper.number} was altered"
    sold = Sum(
        "papers__total_cents", filter=Q(papers__kind__in=SOLD, papers__audience=Audience.CUSTOMER)
    )
    receipts = Paper.objects.filter(charge=OuterRef("pk"), kind=PaperKind.RECEIPT)
    whole = Charge.objects.filter(Exists(receipts), papers_due_at=None)
    whole = whole if ids is None else whole.filter(booking__in=ids)
    for charge in whole.annotate(sold=sold).exclude(sold=F("amount_cents")):
        yield f"charge {charge.pk}: invoices of {charge.sold}, {charge.amount_cents} paid"
    back = Sum("corrections__total_cents")
    for paper in issued.annotate(back=back).filter(back__gt=F("total_cents")):
        yield f"paper {paper.number}: more was credited than it says"


def _numbers() -> Found:
    counted = {
        (row["series"], row["year"]): (row["papers"], row["highest"])
        for row in Paper.objects.order_by()
        .values("series", "year")
        .annotate(papers=Count("pk"), highest=Max("serial"))
    }
    for series in Series.objects.all():
        papers, highest = counted.pop((series.name, series.year), (0, 0))
        if not papers == highest == series.last:
            yield (
                f"series {series.name} {series.year}: {papers} papers, up to {highest}, counted "
                f"{series.last}"
            )
    yield from (f"series {name} {year} is not counted" for name, year in counted)
