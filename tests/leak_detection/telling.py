"""A story told to its end: at each of its stages everybody looks, and every place is searched."""

from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field as column

from django.db import transaction
from django.urls import reverse

from accounts import delivery
from mila.redis import cache_redis
from tests.broker import broker_redis
from tests.leak_detection import fields, places, viewers
from tests.leak_detection.crawl import Seen
from tests.leak_detection.dataset import Dataset

REASON = {"reason": "The customer rang"}


@dataclass
class Told:
    """`shown`: by stage and person the fields, each with an address; `lying`: by place the fields
    that lie there.
    """

    shown: dict[str, dict[str, dict[str, str]]] = column(default_factory=dict)
    lying: dict[str, set[str]] = column(default_factory=dict)
    faults: list[str] = column(default_factory=list)
    pages: int = 0
    words: int = 0  # texts that were searched beside the pages


def tell(story, commits, *, everywhere: str = "") -> Told:
    """`commits` is pytest-django's catcher of what waits for a commit.

    At the stage `everywhere` all is looked at.
    """
    for client in (cache_redis(), broker_redis()):
        client.flushdb()
    w, told = Dataset(), Told()
    logs, jobs, live = places.Logs(), places.Jobs(), places.Live()
    with ExitStack() as open_ears:
        open_ears.enter_context(logs.listening())
        open_ears.enter_context(jobs.listening())
        open_ears.callback(live.close)
        stages, visitors = story(w), {}
        while True:
            with commits(execute=True):
                stage = next(stages, "")
            if not stage:
                break
            w.learn()
            with commits(execute=True):
                delivery.sweep()
                visitors = visitors or viewers.visitors(w)
                told.shown[stage] = _look(w, visitors, told, thoroughly=stage == everywhere)
            heard = [
                *logs.lines,
                *jobs.sent,
                *live.heard(),
                *places.in_redis(),
                *places.mails(w.readers),
            ]
            _search(w, heard, told)
            _search(w, places.columns("default"), told)
            logs.lines.clear()
            jobs.sent.clear()
        _search(w, places.columns("standin"), told)
        _search(w, places.files(), told)
    return told


def stored(story, commits) -> tuple[set[str], set[str]]:
    """The same without looking, and undone again: the fields that were planted, and those where the
    canary lies.
    """
    found = set()
    with ExitStack() as undone:
        for database in ("default", "standin"):
            undone.enter_context(transaction.atomic(using=database))
            undone.callback(transaction.set_rollback, True, using=database)
        w = Dataset()
        stages = story(w)
        while True:
            with commits(execute=True):
                if not next(stages, ""):
                    return {name.split()[-1] for name in w.canaries.fields if "." in name}, found
            w.learn()
            found |= _living(w)


def _living(w: Dataset) -> set[str]:
    found = set()
    for name, field in fields.speaking():
        short = name.partition(".")[2]
        planted = {one for one in w.canaries.fields if one.split()[-1] == short}
        values = field.model._base_manager.values_list(field.name, flat=True) if planted else ()
        if planted & w.canaries.in_text("\n".join(map(str, values))):
            found.add(short)
    return found


def _look(w: Dataset, visitors, told: Told, *, thoroughly: bool) -> dict[str, dict[str, str]]:
    """What each is shown, and what staff are shown who give a reason."""
    looks = {}
    for who, visitor in visitors.items():
        if thoroughly and who in viewers.THOROUGH:
            looks[who] = visitor.look(viewers.everything(w, who), viewers.OWN_GROUND.get(who, ()))
        elif thoroughly or who not in viewers.ONCE:
            looks[who] = visitor.look(viewers.usual(w, who), viewers.OWN_GROUND.get(who, ()))
    act = reverse("admin:requests_app_booking_act", args=[w.booking.pk, "contact"])
    for who in {"clerk", "ops"} & looks.keys():
        asked = looks[f"{who} with a reason"] = Seen(pages=1)
        visitors[who].judge(visitors[who].client.post(act, REASON), act, asked)
    for who, seen in looks.items():
        told.pages += seen.pages
        told.faults += [f"{who}: {fault}" for fault in seen.faults]
    return {who: seen.fields for who, seen in looks.items()}


def _search(w: Dataset, findings, told: Told) -> None:
    for place, held in findings:
        told.words += 1
        text = held if isinstance(held, str) else "\n".join(held)
        for name in w.canaries.in_text(text):
            told.lying.setdefault(place, set()).add(name)
