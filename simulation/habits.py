"""How technicians of the simulation behave, and how long people take."""

import random
from dataclasses import dataclass
from datetime import timedelta


def span(low: float, high: float, dice: random.Random) -> timedelta:
    """A length of time between two numbers of minutes."""
    return timedelta(minutes=dice.uniform(low, high))


@dataclass(frozen=True)
class Habits:
    """How one technician behaves: chances between 0 and 1."""

    name: str
    accepts: float
    sees: float
    calls: float
    confirms: float


PROMPT = Habits("prompt", accepts=0.85, sees=0.95, calls=0.99, confirms=0.99)
PICKY = Habits("picky", accepts=0.35, sees=0.9, calls=0.98, confirms=0.97)
SLEEPY = Habits("sleepy", accepts=0.8, sees=0.35, calls=0.9, confirms=0.9)
FORGETFUL = Habits("forgetful", accepts=0.9, sees=0.9, calls=0.7, confirms=0.7)
MIX = (PROMPT, PROMPT, PROMPT, PICKY, SLEEPY, FORGETFUL)
