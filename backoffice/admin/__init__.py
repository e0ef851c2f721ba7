"""The pages of the back office. Django's admin finds this package; each
module registers its own.
"""

from backoffice.admin import (
    bookings,
    catalogue,
    dispatch,
    faults,
    ledger,
    notices,
    papers,
    partners,
    payments,
    payouts,
    places,
    policy_rows,
    returns,
    technicians,
    users,
)

__all__ = [
    "bookings",
    "catalogue",
    "dispatch",
    "faults",
    "ledger",
    "notices",
    "papers",
    "partners",
    "payments",
    "payouts",
    "places",
    "policy_rows",
    "returns",
    "technicians",
    "users",
]
