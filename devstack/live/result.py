"""How it was: figures of the kills and the requests, and what must not be."""

from collections import Counter
from typing import Any

from devstack.live.kills import BACK_WITHIN, VICTIMS, Kills
from simulation.actors import Tally


def of_kills(kills: Kills, restarts: dict[str, int]) -> dict[str, Any]:
    """How often each was killed and started again, and the longest wait for one, in seconds."""
    killed = Counter(kill.name for kill in kills.done)
    return {
        **{f"kills_{name}": killed[name] for name in VICTIMS},
        **{f"restarts_{name}": restarts.get(name, 0) for name in VICTIMS},
        "slowest_restart_seconds": max((kill.back_after or 0.0 for kill in kills.done), default=0),
    }


def of_requests(tally: Tally) -> dict[str, Any]:
    """What people asked the site, and how often it refused, broke or was away."""
    return {
        "requests": tally.requests,
        "requests_while_away": tally.away,
        "refusals": sum(tally.refusals.values()),
        "http_errors": len(tally.errors),
    }


def trouble(
    tally: Tally, broken: dict[str, list], kills: Kills, restarts: dict[str, int]
) -> list[str]:
    """A sentence for each error of the site, each broken invariant, and each process that did not
    come back.
    """
    found = [f"An error of the site: {error}" for error in tally.errors]
    found += [f"{name} broken: {row}" for name, rows in broken.items() for row in rows]
    killed = Counter(kill.name for kill in kills.done)
    for name in VICTIMS:
        if restarts.get(name, 0) != killed[name]:
            found.append(
                f"{name} was killed {killed[name]} times and started again {restarts.get(name, 0)} "
                f"times."
            )
    if late := [kill.name for kill in kills.done if kill.back_after == float("inf")]:
        found.append(f"Not back within {BACK_WITHIN} s: {', '.join(late)}")
    return found
