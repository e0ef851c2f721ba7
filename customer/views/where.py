"""Where and when, one step on one screen: on the service's own address, then on the draft's
(rule B1, B5, B14).

With script the times come below the address as soon as it is whole; without, Continue brings them.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, replace_url

from catalogue import queries as catalogue
from catalogue.models import Service
from customer.booking_shown import may_book_again
from customer.country import chosen_country, remember_country
from customer.draft_steps import PLACE, WHEN, WHO, resume_url, step_line
from customer.forms.draft import AlertForm, PlaceForm
from customer.forms.starts import fresh_choice, read_choice
from customer.forms.wanted import PackagesForm
from customer.views.draft import (
    NOTHING_YET,
    UNFINISHED,
    draft_step,
    page_language,
    remember,
    remembered,
    step_page,
)
from customer.views.secret_link import (
    card_of_browser,
    remember_own,
    remember_typed,
    secret_page,
    sent,
    shows_door_code,
)
from customer.views.starts import choose_starts
from dispatch.availability import FreeTimes, Visit, somebody_works
from mila.clock import mila_now
from mila.errors import Refusal
from mila.web.htmx import go
from places import geocoding
from places.place import Place
from policy.queries import policy_at
from requests_app import access
from requests_app.actions import drafting, extras, placing
from requests_app.models import Booking

BEGUN = "begun"  # when this browser began a draft, within the last day
LONGEST_KEY = 64
ADDRESS = ("street", "postcode", "city")


def nobody_here(request, booking: Booking, form: AlertForm | None = None, status: int = 200):
    """Nobody comes there yet: said before name and card, with a box for whom to tell (rule B14)."""
    if form is None:
        form = AlertForm(
            initial={"email": request.user.email if request.user.is_authenticated else ""}
        )
    context = {"booking": booking, "steps": step_line(booking, WHEN), "form": form}
    return render(request, "customer/nobody.html", context, status=status)


def _begin(request, service: Service, country: str, at: datetime) -> Booking:
    """A new draft of this browser. Raises TooManyDrafts."""
    key = request.POST.get("key", "")[:LONGEST_KEY]
    by = request.user if request.user.is_authenticated else None
    start = partial(
        drafting.start_draft, service, country=country, language=page_language(), by=by, key=key
    )
    return begin_here(request, country, at, start)


def begin_here(request, country: str, at: datetime, start: Callable[[], Booking]) -> Booking:
    """What `start` begins, unless this browser has begun as many within a day as no person does:
    TooManyDrafts.
    """
    since = (at - drafting.DRAFTS_COUNT).timestamp()
    begun = [instant for instant in request.session.get(BEGUN, []) if instant > since]
    if len(begun) >= policy_at(at, country).drafts_per_day:
        raise drafting.TooManyDrafts
    booking = start()
    request.session[BEGUN] = [*begun, at.timestamp()]
    remember_own(request, booking)
    remember(request, booking)
    return booking


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def book(request, service):
    """Where, before there is a draft: looking writes nothing, a whole address or the button begins
    (rule B1).
    """
    country, at = chosen_country(request), mila_now()
    try:
        wanted = catalogue.service_on_sale(service, country, at)
    except catalogue.NotSold as refusal:
        raise Http404(str(refusal)) from refusal
    kept = remembered(request)
    own = kept if kept and kept.service_id == wanted.pk and "afresh" not in request.POST else None
    page = {"service": wanted, "country": country, "at": at, "kept": kept}
    if request.method != "POST":
        return _first_page(request, _place_form(request, own, country), **page)
    form = (
        _place_form(request, own, country)
        if "street" in request.POST and "afresh" not in request.POST
        else None
    )
    where = _located(form) if form else None
    signs_in = "sign_in" in request.POST
    if form and where is None and not signs_in:
        if not request.htmx:
            return _first_page(request, form, **page)
        return _price_there(request, form, **page) or _not_whole(request, form)
    if form and signs_in and not form.typed():
        return redirect_to_login(request.path)
    try:
        own = own or _begin(request, wanted, where.country if where else country, at)
        if form is None:
            return redirect(resume_url(own))
        if where is None:
            return _to_the_account(request, own, form)
        own = _set_place(request, own, form, where)
    except Refusal as refusal:  # too many begun, not sold there, ordered meanwhile
        messages.warning(request, str(refusal))
        return go(request, "customer:book", wanted.slug)
    placing.drop_card(own.pk, unless=card_of_browser(request, own))
    if signs_in:
        return redirect_to_login(reverse(WHEN, args=[own.token]))
    return _times_below(request, own) if request.htmx else redirect(WHEN, own.token)


def _price_there(request, form: PlaceForm, *, service: Service, country: str, at: datetime, **_):
    """Half an address in the other country than the page was shown for: the price there."""
    there = form.cleaned_data.get("country")
    if there in {None, country} or _is_whole(form):
        return None
    try:
        booking = drafting.unsaved_draft(service, country=there, at=at)
    except Refusal:  # not sold there: said with the whole address
        return None
    remember_country(request, there)
    return render(request, "customer/when.html#found", {"booking": booking})


def _to_the_account(request, booking: Booking, form: PlaceForm):
    """Without script: the address as it stands waits in the draft while they sign in."""
    drafting.keep_address(booking.pk, form.typed())
    return redirect_to_login(reverse(PLACE, args=[booking.token]))


def _first_page(
    request, form: PlaceForm, *, service: Service, country: str, at: datetime, kept: Booking | None
):
    booking = drafting.unsaved_draft(service, country=country, at=at)
    context = {
        "booking": booking,
        "form": form,
        "suggestions": form.suggestions,
        "country": country,
        "kept": kept,
        "kept_url": resume_url(kept) if kept else "",
        # of this page: pressed twenty times at once, it begins one draft
        "key": secrets.token_urlsafe(24),
        "steps": step_line(None, WHEN),
    }
    return render(request, "customer/when.html", context, status=UNFINISHED if form.errors else 200)


@draft_step(PLACE)
def place(request, booking):
    """Street, postcode, town, on a page of its own: for whoever changes them."""
    form = _place_form(request, booking, booking.country)
    if request.method == "POST":
        saved, signs_in = keep_place(request, booking, form), "sign_in" in request.POST
        if saved:
            url = reverse(WHEN, args=[booking.token])
            return redirect_to_login(url) if signs_in else redirect(url)
        if signs_in:
            return _to_the_account(request, booking, form)
    return step_page(request, "place", booking, PLACE, form, suggestions=form.suggestions)


def _place_form(request, booking: Booking | None, country: str) -> PlaceForm:
    if booking is None:
        initial = {"country": country, "spoken": [page_language()]}
        return PlaceForm(sent(request), initial=initial)
    contact, shows = booking.contact, shows_door_code(request, booking)
    initial = {
        "country": booking.country,
        "street": contact.street,
        "postcode": booking.postcode,
        "city": booking.city,
        "door_code": contact.door_code if shows else "",
        "spoken": booking.spoken or [booking.language],
    }
    return PlaceForm(sent(request), initial=initial, hides_door_code=not shows)


def _located(form: PlaceForm) -> Place | None:
    """Where that is, looked up outside of any transaction; None, and said on the form, where nobody
    knows.
    """
    if not form.is_valid():
        return None
    found = form.cleaned_data
    try:
        return geocoding.locate(found["street"], found["postcode"], found["city"], found["country"])
    except Refusal as refusal:
        form.refuse_code(refusal)
        return None


def _set_place(request, booking: Booking, form: PlaceForm, where: Place) -> Booking:
    street, door_code = form.cleaned_data["street"], form.cleaned_data["door_code"]
    shows = shows_door_code(request, booking)
    saved = drafting.set_place(
        booking.pk,
        where,
        street=street,
        door_code=door_code,
        keeps_door_code=not shows,
        spoken=form.cleaned_data["spoken"],
    )
    if door_code:
        remember_typed(request, booking, door_code)
    remember_country(request, where.country)
    return saved


def keep_place(request, booking: Booking, form: PlaceForm) -> Booking | None:
    """What was typed, saved; None, and said on the form, where it cannot be.

    The same place is not looked up again.
    """
    if not form.is_valid():
        return None
    contact, shows = booking.contact, shows_door_code(request, booking)
    known = (
        contact.street,
        booking.postcode,
        booking.city,
        booking.country,
        contact.door_code if shows else "",
    )
    typed = tuple(form.cleaned_data[name] for name in (*ADDRESS, "country", "door_code"))
    same_tongues = {booking.language, *form.cleaned_data["spoken"]} == {
        booking.language,
        *booking.spoken,
    }
    if contact.lat is not None and known == typed and same_tongues:
        return booking
    where = _located(form)
    try:
        return _set_place(request, booking, form, where) if where else None
    except Refusal as refusal:
        form.add_error("postcode", str(refusal))
        return None


def _is_whole(form: PlaceForm) -> bool:
    return all(form[name].value() for name in ADDRESS)


def _not_whole(request, form: PlaceForm):
    """Nothing is said while the address is being typed; what is wrong with a whole one is."""
    if not _is_whole(form):
        return HttpResponse(status=NOTHING_YET)
    context = {"form": form, "suggestions": form.suggestions}
    return render(request, "customer/when.html#refused", context, status=UNFINISHED)


def _times_below(request, booking: Booking):
    """The free times, below the address; from here on the page is the draft's (rule B14)."""
    url = reverse(WHEN, args=[booking.token])
    if not somebody_works(Visit.of(booking), mila_now()):
        return HttpResponseClientRedirect(url)
    times = FreeTimes(booking, mila_now())
    choice = (
        read_choice(request.POST, times)
        if "shown" in request.POST
        else fresh_choice(times, walls_of(booking))
    )
    context = {"booking": booking, "choice": choice, "choice_url": url, "extras": _extras(booking)}
    return replace_url(render(request, "customer/when.html#found", context), url)


@draft_step(WHEN)
def when(request, booking):
    """Day and time, up to three wishes in order (rule B2, B3); where nobody works it says so
    instead (rule B14).
    """
    form = None
    # the address stands above, and may have been changed
    if request.method == "POST" and "street" in request.POST:
        form = _place_form(request, booking, booking.country)
        saved = keep_place(request, booking, form)
        if saved is None and "sign_in" in request.POST:
            return _to_the_account(request, booking, form)
        if saved is None:
            return _not_whole(request, form) if request.htmx else _when_page(request, booking, form)
        booking = saved
    if "packages_shown" in request.POST:
        booking = keep_packages(request, booking)
    if request.method == "POST" and request.htmx:
        return _times_below(request, booking)
    if not somebody_works(Visit.of(booking), mila_now()):
        return nobody_here(request, booking, status=409 if request.method == "POST" else 200)
    if "sign_in" in request.POST:  # without script: the choice is part of its address
        choice = read_choice(request.POST, FreeTimes(booking, mila_now()))
        return redirect_to_login(f"{request.path}?{choice.query()}")
    return choose_starts(
        request,
        booking,
        partial(drafting.set_wishes, booking.pk),
        done=lambda: redirect(WHO, booking.token),
        page=lambda choice: _when_page(request, booking, form, choice=choice),
        walls=walls_of,
    )


def _when_page(request, booking: Booking, form: PlaceForm | None, **more):
    suggestions = form.suggestions if form else []
    return step_page(
        request,
        "when",
        booking,
        WHEN,
        form,
        suggestions=suggestions,
        extras=_extras(booking),
        **more,
    )


def _extras(booking: Booking) -> PackagesForm | None:
    """What can be added to the visit (rule B13); None where nothing can."""
    packages = catalogue.packages_for(booking.service, booking.country, mila_now())
    chosen = [extra.package_id for extra in booking.chosen_extras]
    return PackagesForm(packages=packages, initial={"package": chosen}) if packages else None


def keep_packages(request, booking: Booking) -> Booking:
    """The extras that were ticked; what is not on the list any more is passed over."""
    form = PackagesForm(
        request.POST, packages=catalogue.packages_for(booking.service, booking.country, mila_now())
    )
    chosen = (
        form.cleaned_data["package"]
        if form.is_valid()
        else [extra.package_id for extra in booking.chosen_extras]
    )
    if set(chosen) == {extra.package_id for extra in booking.chosen_extras}:
        return booking
    return extras.set_packages(booking.pk, chosen)


@require_POST
@secret_page
def again(request, token):
    """The same service at the same place, and the same person is asked first (rule D2)."""
    former = access.booking_by_link(token)
    if not may_book_again(former):
        return redirect("customer:booking", token)
    by = request.user if request.user.is_authenticated else None
    start = partial(extras.book_again, former.pk, language=page_language(), by=by)
    try:
        draft = begin_here(request, former.country, mila_now(), start)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect("customer:booking", token)
    return redirect(resume_url(draft))


def walls_of(booking: Booking) -> list[datetime]:
    return [datetime.fromisoformat(wish.wall) for wish in booking.wishes.all()]
