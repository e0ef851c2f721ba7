"""A technician as strangers may know them: the page that a booking leads to once they have taken it
(rule L14, B11).

The address holds a long random id, no list leads there, and nothing on it reaches them beside Mila.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404
from django.urls import reverse

from accounts.models import PartnerProfile, Technician, TechnicianSkill
from customer import reviews
from customer.wording_parts import language_name

PAGE = 10
WORKING = Q(active=True, partner__approved_at__isnull=False, partner__suspended_at=None)


@dataclass(frozen=True)
class Facts:
    """All of the page but its reviews. A page that was kept holds while these are the same."""

    technician_id: int
    first_name: str
    is_friend: bool
    country: str
    languages: tuple[str, ...]
    skills: tuple[tuple[str, int], ...]  # name and level, of what is valid
    stars: float | None
    star_count: int
    visits: int
    since: datetime
    checked_at: datetime

    @property
    def language_names(self) -> list[str]:
        return [language_name(code) for code in self.languages]


def facts(public_id: UUID, at: datetime) -> Facts:
    """Two queries. Raises Http404 for who does not work here, or not at present."""
    found = (
        Technician.objects.filter(WORKING, public_id=public_id)
        .select_related("partner", "user")
        .first()
    )
    if found is None or found.partner.approved_at is None:
        raise Http404
    valid = TechnicianSkill.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=at), technician=found
    )
    return Facts(
        technician_id=found.pk,
        first_name=found.first_name,
        is_friend=found.partner.is_friend,
        country=found.partner.country,
        languages=tuple(found.languages),
        skills=tuple(valid.order_by("-level", "skill__name").values_list("skill__name", "level")),
        stars=found.stars,
        star_count=found.star_count,
        visits=found.settled_jobs,
        since=max(found.partner.approved_at, found.user.date_joined),
        checked_at=found.partner.approved_at,
    )


def address(technician: Technician, partner: PartnerProfile) -> str:
    """Where their page is; empty while there is none. `partner`: theirs."""
    shown = technician.active and partner.approved_at is not None and partner.suspended_at is None
    return reverse("customer:technician", args=[technician.public_id]) if shown else ""


def page(technician_id: int, number: str | None) -> tuple[Page, list[dict[str, Any]]]:
    """Their reviews as anybody may read them, the newest first: the page, and what stands on it."""
    written = reviews.public().filter(technician=technician_id).exclude(comment="", answer="")
    found = Paginator(written, PAGE).get_page(number)
    return found, [reviews.review(rating) for rating in found]
