"""Open pages of everybody near are told when what they list is taken or gone: they then ask anew
(rule D5, D6).

Whoever may have it in their list is told, not only who was asked: a pool is open to all. One breath
for Redis, after the commit and beside the claim, so nobody waits for it.
"""

from accounts.models import SkillSearch
from mila.streams import publish
from places.distance import search_cells
from requests_app.models import Booking


def tell_lists(booking_id: int) -> int:
    """Tell the technicians with the skill round about that the list has changed. Answers how many.

    Two queries.
    """
    booking = Booking.objects.select_related("contact", "service").get(pk=booking_id)
    contact = booking.contact
    if contact.lat is None or contact.lon is None:
        return 0
    cells = [cell for cell, _closest in search_cells(contact.lat, contact.lon)[1]]
    near = SkillSearch.objects.filter(skill=booking.service.skill_id, h3_cell__in=cells)
    people = sorted(set(near.values_list("technician_id", flat=True)))
    publish.publish_to_all([f"technician:{pk}" for pk in people], "list")
    return len(people)
