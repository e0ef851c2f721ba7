"""Whether the site is well, for load balancers and alarms."""

import threading
import time

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backoffice import filling
from mila import heartbeat
from mila.redis import answers

LOOK_EVERY = 5  # seconds; a look at a Redis that hangs takes two, and anybody may ask for one
_one_looks = threading.Lock()
# when this process looked last, and what it found
_looked: dict[str, tuple[float, dict[str, str]]] = {}


@require_safe
@never_cache
def healthz(request):
    """This process answers. For load balancers and restarts: asks nothing of anybody else."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request):
    """Database and its data, both Redis, the sweeps' heartbeats: 200 when all is well, else 503 and
    what is not.

    For alarms (fault T2). Pages do not need Redis (fault C5), so no load balancer should take them
    down for it.
    """
    found = _found_lately()
    well = all(value == "ok" for value in found.values())
    return JsonResponse(found, status=200 if well else 503)


def _found_lately() -> dict[str, str]:
    """While one looks, the others get what was found before; only before the first look is over
    they wait.
    """
    if not _one_looks.acquire(blocking=not _looked):
        return _looked["last"][1]
    try:
        if not _looked or time.monotonic() - _looked["last"][0] >= LOOK_EVERY:
            found = _look()
            _looked["last"] = (time.monotonic(), found)
        return _looked["last"][1]
    finally:
        _one_looks.release()


def _look() -> dict[str, str]:
    found = {"database": "ok", "data": "ok", "sweeps": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if missing := filling.missing():
            found["data"] = f"run manage.py fill: {', '.join(missing)}"
        late = heartbeat.late()
        if late:
            found["sweeps"] = f"late: {', '.join(late)}"
    except DatabaseError:
        found = {"database": "down", "data": "unknown", "sweeps": "unknown"}
    for name, url in (("cache", settings.REDIS_URL), ("broker", settings.CELERY_BROKER_URL)):
        found[name] = "ok" if answers(url) else "down"
    return found
