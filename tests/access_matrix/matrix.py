"""Every row of the table × every role × own, other, none × every method: what is asked, and what is
wrong with it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from tests.access_matrix.asker import BROKEN, HIDDEN, IN, LOGIN, METHODS, NOT_ALLOWED, Answer, Asker
from tests.access_matrix.ownership import NONE, OTHER, OWN, Ownership, Thing
from tests.access_matrix.people import Person
from tests.access_matrix.table import ANY, FORM, TABLE, Row, anybody, signed_in
from tests.architecture.addresses import fill, routes

# They try every method; what the others try tells whether they pass.
THOROUGH = {"anonymous", "customer", "holder", "released", "stranger"}
FIRST = {"anonymous", "customer"}


@dataclass(frozen=True)
class Cell:
    """One question. `knows`: whose facts may stand on the page, once they are in."""

    name: str
    person: Person
    whose: str
    method: str
    address: str
    expected: frozenset[str | int]
    may_write: bool
    knows: frozenset[str]
    says: bytes = b""

    def __str__(self):
        return f"{self.method} {self.name} ({self.whose}) as {self.person.role}"


class Matrix:
    def __init__(self, ownership: Ownership, asker: Asker):
        self.ownership, self.asker = ownership, asker

    def cells(self, *names: str, whole: bool = False) -> Iterator[Cell]:
        """Of these addresses of the table, or of all.

        `whole`: also those that repeat what another one proves.
        """
        for route, name in sorted(
            {(route, name) for route, name, _view in routes() if name in (names or TABLE)}
        ):
            row = TABLE[name]
            for person in self.ownership.people.values():
                things = (
                    self.ownership.kinds[row.of].of(person.role) if row.of else {OWN: Thing({})}
                )
                for whose, method in (
                    product(things, METHODS) if whole else _telling(row, person, list(things))
                ):
                    values = things[whose].values
                    expected = frozenset(_expected(row, person, whose, method))
                    yield Cell(
                        name,
                        person,
                        whose,
                        method,
                        fill(route, **values) + values.get("query", ""),
                        expected,
                        may_write=whose == OWN and IN in expected,
                        knows=person.knows | (things[whose].about if whose == OWN else frozenset()),
                        says=row.says,
                    )

    def faults(self, cells: Iterable[Cell]) -> list[str]:
        """What is wrong, in words."""
        found, said = [], {}
        with self.asker.watching():
            for cell in cells:
                answer = self.asker.ask(
                    cell.person.cookies,
                    cell.method,
                    cell.address,
                    undo=cell.may_write,
                    says=cell.says,
                )
                said[cell.name, cell.person.role, cell.method, cell.whose] = answer.said
                found += [f"{cell}: {fault}" for fault in self._faults(cell, answer)]
        return found + _told_apart(said)

    def _faults(self, cell: Cell, answer: Answer) -> Iterator[str]:
        if answer.said == BROKEN:
            yield "breaks"
        elif answer.said not in cell.expected:
            yield f"{answer.said} instead of {', '.join(sorted(map(str, cell.expected)))}"
        if answer.written and not cell.may_write:
            yield f"is refused and writes: {answer.written[0][:80]}"
        for fact in self.ownership.facts_but(
            cell.knows if answer.said == IN else {cell.person.role}
        ):
            if fact in answer.text and fact not in cell.address:
                yield f"tells {fact}"


def _expected(row: Row, person: Person, whose: str, method: str) -> set[str | int]:
    """The refusals that apply; none: they get in, or what is as good as that."""
    refusals = {row.door(person)} - {None}
    # Whom a library's view does not lead on, it may tell first that there is no such method.
    methods = FORM if row.methods == ANY and refusals else row.methods
    if method.split()[0] not in methods:
        refusals.add(NOT_ALLOWED)
    if whose != OWN and (refusals or not row.politely):
        refusals.add(HIDDEN)
    if refusals:
        return refusals
    polite = {HIDDEN} if whose != OWN else set()
    led_on = {LOGIN} if row.door is anybody else set()  # to it, not away from anything
    return {IN, *polite, *led_on, *({NOT_ALLOWED} if row.methods == ANY else ())}


def _telling(row: Row, person: Person, things: list[str]) -> Iterator[tuple[str, str]]:
    """Whose and how: every method on what is nearest to them, for it is there that one could let
    them in.

    Who does not pass the door sees no difference behind it; where everybody passes, the person
    makes none.
    """
    is_open, passes = row.door is anybody, row.door(person) is None
    nearest, *others = things
    if person.role in (FIRST if is_open else THOROUGH):
        yield from product([nearest], METHODS)
        yield from product(others if passes else [], ["GET", "POST"])
    elif is_open:
        yield OTHER if OTHER in things else things[-1], "GET"
    else:
        told = [nearest, *(whose for whose in others if whose != NONE and passes)]
        yield from product(told, ["GET"] if row.door is signed_in and passes else ["GET", "POST"])


def _told_apart(said: dict[tuple[str, str, str, str], str | int]) -> list[str]:
    """Somebody else's must look like nothing at all: another answer would say that it is there."""
    return [
        f"{method} {name} as {role}: {answer} for another's, {said[name, role, method, NONE]} for "
        f"nothing"
        for (name, role, method, whose), answer in said.items()
        if whose == OTHER and answer != said.get((name, role, method, NONE), answer)
    ]
