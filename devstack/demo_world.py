"""The demo as one unit: complete, or made again. Its clock is its own and stands still while the
site is down.

Rule H2. The world is built at 10:00 of the last service day, an hour at which windows open and
visits can be booked for today, and its clock runs on from there. A later start goes on from the
last heartbeat: what was promised meanwhile is as far away as when the site was stopped.
"""

import os
from datetime import datetime

from django.conf import settings

import embedded
from accounts.models import User
from devstack.instants import PARIS, last_service_morning
from devstack.models import DemoWorld
from mila import heartbeat
from mila.clock import machine_now, mila_now, set_clock
from places.calendar import wall_time
from requests_app.models import Booking
from simulation import factor
from simulation.demo import Demo
from simulation.jobs import run_in_process

# Jobs of the build that are left to the sweeps: there is no worker yet, and the world is built step
# by step.
LEFT_TO_SWEEPS = ("accounts.deliver", "dispatch.search", "payments.charge")


def broken_off() -> bool:
    """What lies here began as a demo and is not whole: to be thrown away and made again.

    Without a row of the demo the people are somebody's own when the database is; ours was begun by
    an older build.
    """
    world = DemoWorld.objects.first()
    if world is not None:
        return not world.complete
    return not os.environ.get("DATABASE_URL") and User.objects.exists()


def open_world() -> None:
    """Build the demo in an empty database, or let a whole one's clock go on.

    Somebody's own people are left alone.
    """
    world = DemoWorld.objects.first()
    if world is not None:
        set_clock(max(world.began_at, heartbeat.last_product_instant() or world.began_at))
    elif not User.objects.exists():
        build(last_service_morning(machine_now()))


def build(at: datetime) -> DemoWorld:
    """The whole demo as of `at`, from where its clock runs on.

    The row is complete once everything else is.
    """
    run_in_process(without=LEFT_TO_SWEEPS)
    set_clock(at)
    demo = Demo()
    world = DemoWorld.objects.create(
        began_at=at, password=demo.password, ops_password=demo.ops_password
    )
    demo.build()
    world.complete, world.last_booking = True, Booking.objects.latest("pk").pk
    world.save(update_fields=["complete", "last_booking"])
    return world


# --- Begin again: asked for on the desk, done by bin/run


def _wish():
    return embedded.var(settings.INSTANCE) / "begin-again"


def ask_to_begin_again() -> None:
    """bin/run stops the processes, makes the demo anew as of today, and starts them again."""
    _wish().touch()


def is_asked_to_begin_again() -> bool:
    """Whether somebody asked since the world was made: its folder goes with it, and so does the
    wish.
    """
    return _wish().exists()


# --- What bin/run says


def greeting(site: str) -> str:
    """The addresses first, then whose clock this is, then the logins."""
    world = DemoWorld.objects.filter(complete=True).first()
    if world is None:
        return (
            f"Mila is ready: {site}\nThe people in this database are your own; there is no demo.\n"
        )
    now = wall_time(mila_now(), PARIS)
    return (
        f"Mila is ready. Begin here: {site}/_demo/\n"
        f"The pages:                  {site}/\n"
        f"The demo has a clock of its own: {now:%A %d %B %Y, %H:%M} in Paris. It stands still "
        f"while bin/run is down;\n"
        f"the desk at /_demo/ moves it forward, shows the mails that were sent, and signs you in "
        f"as anybody.\n"
        f"Customers  client-1@mila.example ... client-12@mila.example\n"
        f"Partners   friend-lyon-1@mila.example, pro-lyon-3@mila.example, "
        f"friend-zurich-1@mila.example ...\n"
        f"           password of all of them: {world.password}\n"
        f"Ops        ops@mila.example, password {world.ops_password}, at {site}/admin/\n"
        f"           and the code of a second factor: python manage.py demo_code prints it, or "
        f"give an authenticator\n"
        f"           app this secret, which is the demo's alone: {factor.SECRET}\n"
    )
