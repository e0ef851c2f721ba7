"""Booking in four steps, each at its own address by the draft's secret token (rule B1-B8)."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalogue import queries as catalogue
from catalogue.models import Question, Service
from customer.draft_steps import CARD, PLACE, SERVICE, WHO, may_open, resume_url, step_line
from customer.forms.draft import ME, OTHER, PlaceForm, ServiceForm, WhoForm, picked, suggested
from customer.forms.wanted import name_of
from customer.views.photos import received
from customer.views.secret_link import (
    card_of_browser,
    is_own,
    remember_move,
    remember_own,
    secret_page,
    sent,
    shows_door_code,
)
from mila.errors import Refusal
from mila.web.middleware import private_page
from mila.web.request_limits import takes_files
from places.addresses import is_town_of
from requests_app import access
from requests_app.actions import drafting, extras, placing
from requests_app.actions.photographing import NoRoomForPhotos
from requests_app.models import Booking, State

DRAFT = "draft"  # the session's last draft, by the hash of its link
UNFINISHED = 422
NOTHING_YET = 204


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
            kept = response.status_code < UNFINISHED and response.status_code != NOTHING_YET
            if request.method == "POST" and name != CARD and kept:
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
            drafting.set_service(
                booking.pk, form.cleaned_data["service"], country=form.cleaned_data["country"]
            )
        except Refusal as refusal:
            form.add_error("service", str(refusal))
        else:
            return redirect(PLACE, booking.token)
    return step_page(request, "service", booking, SERVICE, form)


@require_POST
@secret_page
def postcodes(request, token):
    """The list of postcodes while typing; a chosen line comes back as filled fields.

    A form's word, not a question in the address of a page: that would be written to the logs.
    """
    access.booking_by_link(token)
    return _postcodes(request)


@require_POST
@private_page
def postcodes_before(request):
    """The same before there is a draft."""
    return _postcodes(request)


def _postcodes(request):
    data = picked(request.POST)
    typed = (data.get("postcode", ""), data.get("city", ""), data.get("country", ""))
    answered = "pick" in request.POST or is_town_of(*typed)
    suggestions = [] if answered else suggested(*typed)
    form = PlaceForm(
        initial={"postcode": data.get("postcode", "")[:16], "city": data.get("city", "")[:80]}
    )
    context = {"form": form, "suggestions": suggestions, "postcodes_url": request.path}
    part = "town" if "pick" in request.POST else "picks"
    return render(request, f"customer/_where.html#{part}", context)


@takes_files
@draft_step(WHO)
def who(request, booking):
    """Who books, who is at the door, what is wrong (rule B1, B7, B8).

    Nobody learns whether an account existed.
    """
    user = request.user if request.user.is_authenticated else None
    questions = catalogue.questions_for(booking.service)
    initial = {**_person(booking, user), **_answered(booking, questions)}
    photos_form = received(request, booking)
    if "remove" in request.POST:  # without script: the page again, with what was typed so far
        form = WhoForm(
            booking=booking,
            user=user,
            questions=questions,
            initial={**initial, **request.POST.dict()},
        )
        return step_page(request, "who", booking, WHO, form, photos_form=photos_form)
    form = WhoForm(sent(request), booking=booking, user=user, questions=questions, initial=initial)
    if "sign_in" in request.POST:
        return _to_the_account(request, booking, form)
    if form.is_valid() and not photos_form.errors:
        found = form.cleaned_data
        customer = user or drafting.customer_for(
            found["email"], name=found["name"], language=page_language()
        )
        try:
            saved = drafting.set_contact(
                booking.pk,
                customer=customer,
                name=found["name"],
                phone=found["phone"],
                problem=found["problem"],
                at_the_door=found["at_the_door"],
                prefers_writing=found["prefers_writing"],
                language="" if user else page_language(),
                signed_in=user is not None,
                keeps_door_code=shows_door_code(request, booking),
                renews_link=not is_own(request, booking),
            )
            extras.set_answers(booking.pk, form.answers)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("customer:booking", booking.token)
        if user:
            drafting.remember_phone(user, found["phone"])
        remember_move(request, booking.token, saved)
        remember_own(request, saved)
        remember(request, saved)
        return redirect(CARD, saved.token)
    return step_page(request, "who", booking, WHO, form, photos_form=photos_form)


def _to_the_account(request, booking: Booking, form: WhoForm):
    """Without script: what was typed so far waits in the draft while they sign in."""
    try:
        right, wrong = form.typed()
        writes = form.cleaned_data["prefers_writing"]
        drafting.keep_typed(booking.pk, right, wrong, prefers_writing=writes)
        extras.set_answers(booking.pk, form.answers)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("customer:booking", booking.token)
    return redirect_to_login(request.path)


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


def _answered(booking: Booking, questions: list[Question]) -> dict:
    """What was answered before, where the answer can still be given."""
    answers = {answer.question_id: answer.answer for answer in booking.answers.all()}
    return {
        name_of(question): answers[question.pk] for question in questions if question.pk in answers
    }


def _person(booking: Booking, user) -> dict:
    contact = booking.contact
    profile = getattr(user, "customer", None)
    return {
        "name": contact.name or (user.name if user else ""),
        "email": booking.customer.email if booking.customer_id else "",
        "phone": contact.phone or (profile.phone if profile else ""),
        "problem": contact.problem,
        "for_whom": OTHER if contact.at_the_door else ME,
        "at_the_door": contact.at_the_door,
        "prefers_writing": booking.prefers_writing,
    }


def page_language() -> str:
    return (get_language() or "fr")[:2]


def step_page(request, name: str, booking: Booking, step: str, form, **more):
    """A step's page; what was refused says so with its status."""
    forms = (form, more.get("photos_form"))
    refused = any(one and one.errors for one in forms) or bool(
        more.get("choice") and more["choice"].error
    )
    context = {"booking": booking, "form": form, "steps": step_line(booking, step), **more}
    status = getattr(more.get("photos_form"), "status", 0) or (UNFINISHED if refused else 200)
    return render(request, f"customer/{name}.html", context, status=status)
