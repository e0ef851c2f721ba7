"""The page with the choice of day and time, whatever the choice is for (rule B2, B3, B14)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render

from customer.forms.starts import NothingChosen, StartChoice, fresh_choice, read_choice
from dispatch.availability import FreeTimes
from mila.clock import mila_now
from mila.errors import Refusal
from requests_app.models import Booking, State


def choose_starts(
    request,
    booking: Booking,
    keep: Callable[[list[datetime]], object],
    *,
    done: Callable[[], HttpResponse],
    page: Callable[[StartChoice], HttpResponse],
    walls: Callable[[Booking], Sequence[datetime]] = lambda booking: (),
    keeps: bool = False,
) -> HttpResponse:
    """What was chosen is handed to `keep`, one verb, and `done` answers; `page` shows the choice,
    or the refusal.

    Opened for the first time, it begins with the `walls` that were wished before. A time at which
    nobody is free is refused; `keeps`: whoever has the job counts.
    """
    times = FreeTimes(booking, mila_now(), keeps=keeps)
    if request.method == "POST":
        choice = read_choice(request.POST, times)
        if _asked(request, choice) or choice.turns:
            # A button of the choice, or another day, without script: nothing is kept, the address
            # shows the new state.
            return redirect(f"{request.path}?{choice.query()}")
        try:
            if not choice.walls:
                raise NothingChosen
            times.check(choice.walls)
            keep(choice.walls)
        except Refusal as refusal:
            choice.error = str(refusal)
        else:
            return done()
    elif request.GET:
        choice = read_choice(request.GET, times)
        _asked(request, choice)
    else:
        choice = fresh_choice(times, walls(booking))
    if request.htmx:
        context = {"booking": booking, "choice": choice, "in_draft": booking.state == State.DRAFT}
        return render(request, "customer/when.html#answer", context)
    return page(choice)


def _asked(request, choice: StartChoice) -> bool:
    """Whether "add", "drop" or "show" was pressed, done to the choice."""
    pressed = request.POST or request.GET
    if "add" in pressed:
        choice.add()
    elif "drop" in pressed:
        choice.drop(pressed["drop"])
    return bool({"add", "drop", "show"} & pressed.keys())
