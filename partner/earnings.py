"""What the pages about money show."""

from django.core.paginator import Paginator
from django.db.models import Sum

from accounts.models import PartnerProfile
from payments.models import Charge, ChargeState

PAGE = 20


def earnings(partner: PartnerProfile, page: str | None) -> dict:
    """Charges of a partner with price, commission and net, newest first, and what came in. Three queries."""
    mine = (
        Charge.objects.filter(partner=partner).select_related("booking__service", "booking__technician").order_by("-pk")
    )
    paid = (
        mine.filter(state=ChargeState.SUCCEEDED)
        .order_by()
        .values("currency")
        .annotate(service=Sum("service_cents"), commission=Sum("commission_cents"), net=Sum("partner_cents"))
        .order_by("currency")
    )
    return {"page": Paginator(mine, PAGE).get_page(page), "sums": list(paid), "partner": partner}
