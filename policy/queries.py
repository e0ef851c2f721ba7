"""Which policy is in force."""

from dataclasses import replace
from datetime import datetime

from django.db.models.expressions import Combinable

from policy.figures import Policy, decode
from policy.models import PolicyRow


def policy_at(at: datetime | Combinable, country: str) -> Policy:
    """The policy in force at an instant: defaults, overridden by the dated rows that apply; a
    country's row wins over a general one, then the later. One query. `country` is "FR" or "CH";
    `at` may be `MilaNow()`.
    """
    rows = PolicyRow.objects.in_force(at, country=country)
    return replace(Policy(), **{row.key: decode(row.key, row.value) for row in rows})
