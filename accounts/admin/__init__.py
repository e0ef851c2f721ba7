"""People for ops: partners and their technicians, customers, staff, and the notices that did not arrive.

Django's admin finds this package; each module registers its own.
"""

from accounts.admin import notices, partners, technicians, users

__all__ = ["notices", "partners", "technicians", "users"]
