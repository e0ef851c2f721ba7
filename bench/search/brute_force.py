"""The order of a search once more, in plain Python over all who have the skill."""

from bench.search.dataset import is_busy, with_a_past
from dispatch import matching
from dispatch.eligibility import VAGUE_M
from places.distance import REACH_M, metres
from places.place import VAGUE
from policy.figures import Policy

NEARNESS = Policy().score_weights_ppm.nearness
EDGE = 8  # so many have a history with the booking


def mismatches(dataset, searches, busy_percent):
    """(searches whose list differs in any rank, ranks compared).

    Every second booking has been offered to some.
    """
    wrong = ranks = 0
    for number, booking in enumerate(searches):
        near = _near(dataset, booking)
        past = {}
        if number % 2 and near:
            some = dataset.dice.sample([one[1] for one in near], min(EDGE, len(near)))
            past = with_a_past(booking, some, dataset.at)
        leads = matching.asks_newcomer_first(booking) and not past
        keys = [
            (_place(past.get(who)), not (leads and newcomer), -score, who)
            for score, who, newcomer in near
            if past.get(who) != "declined"
            and (who > dataset.remembered or not is_busy(who, busy_percent))
        ]
        expected = [key[-1] for key in sorted(keys)[:20]]
        found = [one.technician_id for one in matching.candidates(booking, dataset.at)]
        wrong += found != expected
        ranks += len(expected)
    return wrong, ranks


def _near(dataset, booking):
    """(score, technician, newcomer) of all whose circle covers the door."""
    place = booking.contact
    wider = VAGUE_M if place.precision in VAGUE else 0
    found = []
    for who, base, radius, lat, lon, newcomer in dataset.people.get(booking.service.skill_id, ()):
        away = metres(place.lat, place.lon, lat, lon)
        if away <= min(radius + wider, REACH_M):
            found.append((base + round(NEARNESS * (1 - away / REACH_M)), who, newcomer))
    return found


def _place(state):
    """Let enough lapse: last. Of the others, in reserve first, then who was asked least."""
    return state == "lapsed", state != "withdrawn", {"lapsed": 2, "not_reached": 1}.get(state, 0)
