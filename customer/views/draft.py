"""Booking in four steps, each at its own address by the draft's secret token (rule B1-B8)."""

import secrets
from datetime import datetime
from functools import partial, wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalogue import queries as catalogue
from catalogue.models import CURRENCY_OF, Service
from customer.country import chosen_country, remember_country
from customer.draft_steps import CARD, PLACE, SERVICE, WHEN, WHO, may_open, resume_url, step_line
from customer.forms.draft import AlertForm, PlaceForm, ServiceForm, WhoForm, picked, suggested
from customer.views.photos import received
from customer.views.secret_link import (
    card_of_browser,
    is_own,
    remember_move,
    remember_own,
    remember_typed,
    secret_page,
    sent,
    shows_door_code,
)
from customer.views.starts import choose_starts
from dispatch.availability import Visit, somebody_works
from mila.clock import mila_now
from mila.errors import Refusal
from mila.web.request_limits import takes_files
from places import geocoding
from places.place import Country
from policy.queries import policy_at
from requests_app import access
from requests_app.actions import placing
from requests_app.actions.photographing import NoRoomForPhotos
from requests_app.models import Booking, State

DRAFT = "draft"  # the session's last draft, by the hash of its link
BEGUN = "begun"  # when this browser began a draft, within the last day
UNFINISHED = 422
LONGEST_KEY = 64


def nobody_here(request, booking: Booking, form: AlertForm | None = None, status: int = 200):
    """Nobody comes there yet: said before name and card, with a box for whom to tell (rule B14)."""
    if form is None:
        form = AlertForm(
            initial={"email": request.user.email if request.user.is_authenticated else ""}
        )
    context = {"booking": booking, "steps": step_line(booking, WHEN), "form": form}
    return render(request, "customer/nobody.html", context, status=status)


def draft_step(name: str):
    """A step of a draft. A placed one leads to its page, a step too far to the first unfinished
    one.
    """

    def decorate(view):
        @require_http_methods(["GET", "HEAD", "POST"])
        @secret_page
        @wraps(view)
        def inner(request, token):
            booking = access.booking_by_link(token)
            if booking.state != State.DRAFT:
                return redirect("customer:booking", token)
            if not may_open(booking, name):
                return redirect(resume_url(booking))
            if is_own(request, booking):
                remember(request, booking)
            typed_here = card_of_browser(request, booking)
            response = view(request, booking)
            if request.method == "POST" and name != CARD and response.status_code < UNFINISHED:
                placing.drop_card(booking.pk, unless=typed_here)  # what is refused changes nothing
            return response

        return inner

    return decorate


def remember(request, booking: Booking) -> None:
    """So that a closed tab is found again from the service's page.

    Only for a draft that is this browser's own.
    """
    if request.session.get(DRAFT) != booking.token_hash:
        request.session[DRAFT] = booking.token_hash


def remembered(request) -> Booking | None:
    """The draft this browser was last working on, if it still is one."""
    return access.draft_of_browser(str(request.session.get(DRAFT, "")))


def _begin(request, service: Service, country: str, at: datetime) -> Booking:
    """A new draft, unless this browser has begun as many within a day as no person does.

    Raises TooManyDrafts.
    """
    since = (at - placing.DRAFTS_COUNT).timestamp()
    begun = [instant for instant in request.session.get(BEGUN, []) if instant > since]
    if len(begun) >= policy_at(at, country).drafts_per_day:
        raise placing.TooManyDrafts
    by = request.user if request.user.is_authenticated else None
    key = request.POST.get("key", "")[:LONGEST_KEY]
    booking = placing.start_draft(service, country=country, language=_language(), by=by, key=key)
    request.session[BEGUN] = [*begun, at.timestamp()]
    remember_own(request, booking)
    remember(request, booking)
    return booking


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def book(request, service):
    """The first step before there is a draft: looking writes nothing, the
    button begins (rule B1).
    """
    country, at = chosen_country(request), mila_now()
    try:
        wanted = catalogue.service_on_sale(service, country, at)
    except catalogue.NotSold as refusal:
        raise Http404(str(refusal)) from refusal
    kept = remembered(request)
    if request.method == "POST":
        if kept is None or kept.service_id != wanted.pk or "afresh" in request.POST:
            try:
                kept = _begin(request, wanted, country, at)
            except placing.TooManyDrafts as refusal:
                messages.warning(request, str(refusal))
                return redirect("customer:book", wanted.slug)
        return redirect(resume_url(kept))
    policy = policy_at(at, country)
    context = {
        "service": wanted,
        "country": country,
        "countries": Country.choices,
        "currency": CURRENCY_OF[country],
        "receipt": catalogue.receipt_of(wanted, country, at, policy),
        "kept": kept,
        "kept_url": resume_url(kept) if kept else "",
        # of this page: pressed twenty times at once, it begins one draft
        "key": secrets.token_urlsafe(24),
        "steps": step_line(None, SERVICE),
    }
    return render(request, "customer/book.html", context)


@require_safe
@secret_page
def draft(request, token):
    """Where the draft goes on."""
    booking = access.booking_by_link(token)
    if booking.state != State.DRAFT:
        return redirect("customer:booking", token)
    return redirect(resume_url(booking))


@draft_step(SERVICE)
def service(request, booking):
    """Another service or country; both decide the price."""
    initial = {"service": booking.service.slug, "country": booking.country}
    services = Service.objects.filter(active=True).select_related("category")
    form = ServiceForm(sent(request), initial=initial, services=services)
    if form.is_valid():
        try:
            placing.set_service(
                booking.pk, form.cleaned_data["service"], country=form.cleaned_data["country"]
            )
        except Refusal as refusal:
            form.add_error("service", str(refusal))
        else:
            return redirect(PLACE, booking.token)
    return _page(request, "service", booking, SERVICE, form)


@draft_step(PLACE)
def place(request, booking):
    """Street, postcode, town. Looked up outside of any transaction (rule B5)."""
    contact = booking.contact
    shows = shows_door_code(request, booking)
    initial = {
        "country": booking.country,
        "street": contact.street,
        "postcode": booking.postcode,
        "city": booking.city,
        "door_code": contact.door_code if shows else "",
        "spoken": booking.spoken or [booking.language],
    }
    form = PlaceForm(sent(request), initial=initial, hides_door_code=not shows)
    if form.is_valid():
        found = form.cleaned_data
        try:
            where = geocoding.locate(
                found["street"], found["postcode"], found["city"], found["country"]
            )
            door_code = found["door_code"]
            placing.set_place(
                booking.pk,
                where,
                street=found["street"],
                door_code=door_code,
                keeps_door_code=not shows,
                spoken=found["spoken"],
            )
        except Refusal as refusal:
            form.add_error("postcode", str(refusal))
        else:
            if door_code:
                remember_typed(request, booking, door_code)
            remember_country(request, where.country)
            return redirect(WHEN, booking.token)
    return _page(request, "place", booking, PLACE, form, suggestions=form.suggestions)


@require_safe
@secret_page
def postcodes(request, token):
    """The list of postcodes while typing; a chosen line comes back as filled fields."""
    booking = access.booking_by_link(token)
    data = picked(request.GET)
    suggestions = (
        []
        if "pick" in request.GET
        else suggested(data.get("postcode", ""), data.get("city", ""), data.get("country", ""))
    )
    form = PlaceForm(
        initial={"postcode": data.get("postcode", "")[:16], "city": data.get("city", "")[:80]}
    )
    context = {"booking": booking, "form": form, "suggestions": suggestions}
    part = "town" if "pick" in request.GET else "picks"
    return render(request, f"customer/place.html#{part}", context)


@draft_step(WHEN)
def when(request, booking):
    """Day and time, up to three wishes in order (rule B2, B3); where nobody works it says so
    instead (rule B14).
    """
    if not somebody_works(Visit.of(booking), mila_now()):
        return nobody_here(request, booking, status=409 if request.method == "POST" else 200)
    return choose_starts(
        request,
        booking,
        partial(placing.set_wishes, booking.pk),
        done=lambda: redirect(WHO, booking.token),
        page=lambda choice: _page(request, "when", booking, WHEN, None, choice=choice),
        walls=walls_of,
    )


def walls_of(booking: Booking) -> list[datetime]:
    return [datetime.fromisoformat(wish.wall) for wish in booking.wishes.all()]


@takes_files
@draft_step(WHO)
def who(request, booking):
    """Who books, who is at the door, what is wrong (rule B1, B7, B8).

    Nobody learns whether an account existed.
    """
    user = request.user if request.user.is_authenticated else None
    initial = _person(booking, user)
    photos_form = received(request, booking)
    if "remove" in request.POST:  # without script: the page again, with what was typed so far
        form = WhoForm(booking=booking, user=user, initial={**initial, **request.POST.dict()})
        return _page(request, "who", booking, WHO, form, photos_form=photos_form)
    form = WhoForm(sent(request), booking=booking, user=user, initial=initial)
    if form.is_valid() and not photos_form.errors:
        found = form.cleaned_data
        customer = user or placing.customer_for(
            found["email"], name=found["name"], language=_language()
        )
        try:
            saved = placing.set_contact(
                booking.pk,
                customer=customer,
                name=found["name"],
                phone=found["phone"],
                problem=found["problem"],
                at_the_door=found["at_the_door"],
                prefers_writing=found["prefers_writing"],
                language="" if user else _language(),
                signed_in=user is not None,
                keeps_door_code=shows_door_code(request, booking),
                renews_link=not is_own(request, booking),
            )
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("customer:booking", booking.token)
        if user:
            placing.remember_phone(user, found["phone"])
        remember_move(request, booking.token, saved)
        remember_own(request, saved)
        remember(request, saved)
        return redirect(CARD, saved.token)
    return _page(request, "who", booking, WHO, form, photos_form=photos_form)


@takes_files
@require_POST
@draft_step(WHO)
def photos(request, booking):
    """By script: photos are sent as soon as they are chosen, and this part
    of the page comes back.
    """
    form = received(request, booking)
    if form.status:
        raise NoRoomForPhotos  # the page stays as it is, and a message says why (fault F5)
    context = {"booking": booking, "photos_form": form}
    return render(
        request, "customer/who.html#answer", context, status=UNFINISHED if form.errors else 200
    )


def _person(booking: Booking, user) -> dict:
    contact = booking.contact
    profile = getattr(user, "customer", None)
    return {
        "name": contact.name or (user.name if user else ""),
        "email": booking.customer.email if booking.customer_id else "",
        "phone": contact.phone or (profile.phone if profile else ""),
        "problem": contact.problem,
        "at_the_door": contact.at_the_door,
        "prefers_writing": booking.prefers_writing,
    }


def _language() -> str:
    return (get_language() or "fr")[:2]


def _page(request, name: str, booking: Booking, step: str, form, **more):
    """A step's page; what was refused says so with its status."""
    forms = (form, more.get("photos_form"))
    refused = any(one and one.errors for one in forms) or bool(
        more.get("choice") and more["choice"].error
    )
    context = {"booking": booking, "form": form, "steps": step_line(booking, step), **more}
    status = getattr(more.get("photos_form"), "status", 0) or (UNFINISHED if refused else 200)
    return render(request, f"customer/{name}.html", context, status=status)
