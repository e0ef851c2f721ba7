"""The technician's jobs: the list, one job with its next move, and each move (rule L1-L12)."""

from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import notifications
from customer.price_change import change_of
from customer.views.photos import shown
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams.publish import stream_url
from mila.web.htmx import go, page_or_part
from partner import calling, wording
from partner.forms.jobs import (
    CallForm,
    CodeForm,
    FailForm,
    FinishForm,
    NoteForm,
    PhonePlaceForm,
    ReleaseForm,
    TimeForm,
)
from partner.job_list import jobs_page
from partner.job_page import JobPage
from partner.views.counting import count_try, counts_once
from requests_app import access, price_versions
from requests_app.access import technician_page
from requests_app.actions import meeting, notes, undoing, visit
from requests_app.models import State

NOT_NOW = _("This is no longer possible: the job has moved on meanwhile.")
CODE_SPENT = _("This was not the code, and no try is left. You may begin without it.")
# Until when the job's page has a form: a page left open may send one that is gone.
HAS_FORM = {
    "release_form": lambda page: "release" in page.may,
    "fail_form": lambda page: "fail_visit" in page.may,
    "note_form": lambda page: bool(page.phrases),
    "code_form": lambda page: page.asks_code,
    "time_form": lambda page: bool(page.time_kind),
}


def own_job(view):
    """The view gets one of their own jobs.

    A lost one says so and nothing else; a stranger's is not found (rule D8).
    """

    @technician_page
    @wraps(view)
    def inner(request, technician, uuid, **kwargs):
        try:
            return view(request, technician, access.job_for_technician(technician, uuid), **kwargs)
        except (Http404, visit.NotYours):
            if not access.had_job(technician, uuid):
                raise Http404 from None
        if request.htmx:
            return HttpResponseClientRefresh()  # the page as a whole is no longer theirs
        return render(request, "partner/gone.html", {"tab": "jobs"}, status=404)

    return inner


@technician_page
@require_safe
def home(request, technician):
    """The day begins with what is offered."""
    return redirect("partner:offers")


@technician_page
@require_safe
def jobs(request, technician):
    """What is to do first, what comes, what is done."""
    at = mila_now()
    context = {"jobs": jobs_page(technician, at, request.GET.get("page")), "now": at, "tab": "jobs"}
    return render(request, "partner/jobs.html", context)


@own_job
@require_safe
def job(request, technician, booking):
    """One job. An open page asks with `seen` whether it is still true, and
    gets nothing when it is.
    """
    page = JobPage(booking, mila_now())
    if request.htmx and request.GET.get("seen") == page.seen:
        return HttpResponse(status=204)
    if not request.htmx:
        notifications.mark_seen(booking.uuid, user=request.user)
    return _page(request, technician, booking, page=page)


def _page(
    request, technician, booking, *, page=None, refused="", status=200, note_form=None, **forms
):
    """`page`: of a booking that nothing has changed since it was read."""
    if page is None:
        booking = access.job_for_technician(technician, booking.uuid)
        page = JobPage(booking, mila_now())
    note_form = note_form or NoteForm.blank()
    # After a note the field is a new one: the old one would keep its words when the page is
    # morphed.
    note_form.auto_id = f"%s-{len(page.notes)}"
    blank = {"release_form": ReleaseForm(), "fail_form": FailForm(), "code_form": CodeForm()}
    blank["time_form"] = TimeForm(kind=page.time_kind)
    forms = {**blank, "note_form": note_form, **forms}
    if any(form.errors and not HAS_FORM[name](page) for name, form in forms.items()):
        refused = refused or NOT_NOW  # what is wrong with the form has no place any more
    contact = access.reveal_contact(booking, technician, reason="job page")
    context = {
        "booking": booking,
        "page": page,
        "contact": contact,
        "photos": booking.photos.of_the_problem() if contact else (),
        "refused": refused,
        "live_url": stream_url(f"technician:{technician.pk}"),
        "tab": "jobs",
        **forms,
    }
    return page_or_part(request, "partner/job.html", "answer", context, status=status)


@own_job
@require_safe
def photo(request, technician, booking, key, size):
    """A photo of the problem, as long as they may see who has it (rule D8)."""
    return shown(access.photo_for_technician(booking, technician, key, size=size), size)


def not_now(request, technician, booking):
    """The job has moved on, or is not there yet."""
    return _page(request, technician, booking, refused=NOT_NOW, status=409)


def _answer(request, technician, booking):
    """After a move: the fresh part for htmx, else the page again."""
    return (
        _page(request, technician, booking)
        if request.htmx
        else redirect("partner:job", booking.uuid)
    )


def said(refusal: Refusal):
    """Its sentence; a job that has just ceased to be theirs is own_job's to answer."""
    if isinstance(refusal, visit.NotYours):
        raise refusal
    return refusal.sentence


def _step(verb, sentence="", *, keeps_place=False, counted=""):
    """A button that makes one move. A second tap finds it made.

    `keeps_place`: the verb takes where the phone is. `counted`: the step a phone may send later.
    """

    def view(request, technician, booking):
        more = {"place": PhonePlaceForm(request.POST).place} if keeps_place else {}
        try:
            verb(booking.pk, technician.pk, by=request.user, **more)
        except Refusal as refusal:
            return _page(request, technician, booking, refused=said(refusal), status=409)
        if sentence:
            messages.success(request, sentence)
        return _answer(request, technician, booking)

    return own_job(require_POST(counts_once(counted)(view) if counted else view))


# By the name of its address. tests/access_matrix asks each, also one that comes to be.
STEPS = {
    "confirm": _step(visit.confirm, _("Confirmed. The customer has been told.")),
    "depart": _step(visit.depart, _("The customer has been told that you are on your way.")),
    "arrive": _step(
        visit.arrive,
        _("The customer’s page says that you are at the door."),
        keeps_place=True,
        counted="arrive",
    ),
    "cash": _step(
        visit.report_cash,
        _("Thank you, noted. Please say: it is paid by card, after the signature."),
    ),
}


@own_job
@require_POST
def undo(request, technician, booking):
    """A wrong tap is taken back. The form names the step, so that a page left open takes back no
    other (rule L9).
    """
    try:
        undoing.take_back(
            booking.pk, technician.pk, by=request.user, step=request.POST.get("step", "")
        )
    except Refusal as refusal:
        return _page(request, technician, booking, refused=said(refusal), status=409)
    messages.success(request, _("Taken back."))
    return _answer(request, technician, booking)


@own_job
@require_POST
@counts_once("start")
def start(request, technician, booking):
    """The work begins with the customer's four digits, or, said by a button of its own, without
    them (rule L9b).
    """
    without = "without" in request.POST or not JobPage(booking, mila_now()).asks_code
    refusal = None if without else _type_code(request, technician, booking)
    if refusal:
        return refusal
    try:
        visit.start(booking.pk, technician.pk, by=request.user)
    except Refusal as refused:
        return _page(request, technician, booking, refused=said(refused), status=409)
    messages.success(request, _("The work has begun."))
    return _answer(request, technician, booking)


@own_job
@require_POST
@counts_once("code")
def code(request, technician, booking):
    """The four digits after the work has begun without them, until the signature."""
    refusal = _type_code(request, technician, booking)
    if refusal:
        return refusal
    messages.success(request, _("The code is right. Thank you."))
    return _answer(request, technician, booking)


def _type_code(request, technician, booking):
    """The page with what is wrong about the code; None when it was right."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, technician, booking, code_form=form, status=422)
    try:
        answer = meeting.type_code(booking.pk, technician.pk, code=form.cleaned_data["code"])
    except Refusal as refusal:
        return _page(request, technician, booking, refused=said(refusal), status=409)
    if answer == meeting.Code.RIGHT:
        return None
    count_try(request, technician, booking)
    if answer == meeting.Code.SPENT:
        return _page(request, technician, booking, refused=CODE_SPENT, status=422)
    form.add_error("code", _("This is not the code. Please ask the customer once more."))
    return _page(request, technician, booking, code_form=form, status=422)


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
@counts_once("call")
def call(request, technician, booking):
    """The call and what came of it (rule L1)."""
    form = CallForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            booking = calling.record_call(
                booking.pk, technician.pk, by=request.user, noted=form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error("other_wall", said(refusal))
        else:
            messages.success(
                request, wording.after_call(booking, len(JobPage(booking, mila_now()).calls))
            )
            return go(request, "partner:job", booking.uuid)
    if request.method != "POST" and booking.state != State.CLAIMED:
        return redirect("partner:job", booking.uuid)
    contact = access.reveal_contact(booking, technician, reason="call")
    context = {
        "booking": booking,
        "page": JobPage(booking, mila_now()),
        "contact": contact,
        "photos": booking.photos.of_the_problem() if contact else (),
        "form": form,
        "tab": "jobs",
    }
    return page_or_part(
        request, "partner/call.html", "sheet", context, status=422 if form.errors else 200
    )


@own_job
@require_POST
def release(request, technician, booking):
    """They give the job back, and say why; from here on it is somebody else's."""
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _page(request, technician, booking, release_form=form, status=422)
    try:
        visit.release(
            booking.pk, technician.pk, by=request.user, reason=form.cleaned_data["reason"]
        )
    except Refusal as refusal:
        return _page(request, technician, booking, refused=said(refusal), status=409)
    messages.success(request, _("You have given the job back. We are looking for somebody else."))
    return go(request, "partner:jobs")


@own_job
@require_POST
def fail(request, technician, booking):
    """The visit ends without the work: why, and who caused it (rule L11)."""
    form = FailForm(request.POST)
    if not form.is_valid():
        return _page(request, technician, booking, fail_form=form, status=422)
    try:
        visit.fail_visit(
            booking.pk,
            technician.pk,
            by=request.user,
            reason=form.reason,
            fault=form.cleaned_data["fault"],
            place=PhonePlaceForm(request.POST).place,
        )
    except Refusal as refusal:
        return _page(
            request, technician, booking, fail_form=form, refused=said(refusal), status=409
        )
    messages.success(request, _("The visit is ended. Thank you for the trouble you took."))
    return _answer(request, technician, booking)


@own_job
@require_POST
@counts_once("note")
def note(request, technician, booking):
    """A word to the customer from the work (rule L9).

    What was typed stays in the form until it is sent.
    """
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, technician, booking, note_form=form, status=422)
    try:
        notes.post_note(booking.pk, technician.pk, **form.note)
    except notes.HoldsPassword as refusal:
        form.add_error("text", refusal.sentence)
        return _page(request, technician, booking, note_form=form, status=422)
    except Refusal as refusal:
        return _page(
            request, technician, booking, note_form=form, refused=said(refusal), status=409
        )
    if form.left_over:  # a redirect would lose it
        return _page(request, technician, booking, note_form=NoteForm.blank(form.left_over))
    return _answer(request, technician, booking)


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
@counts_once("finish")
def finish(request, technician, booking):
    """What was done, at the price that was agreed; then the phone is turned to the customer
    (rule L10, L12).
    """
    if booking.state == State.FINISHED:
        return go(request, "partner:sign", booking.uuid)
    ahead = request.method != "POST" and "ahead" in request.GET
    if booking.state != State.IN_PROGRESS and not (
        ahead and booking.state in (State.EN_ROUTE, State.ARRIVED)
    ):
        return not_now(request, technician, booking)
    agreed = price_versions.agreed(booking)
    form = FinishForm(
        request.POST if request.method == "POST" else None, booking=booking, agreed=agreed
    )
    if form.is_valid():
        try:
            visit.finish(
                booking.pk,
                technician.pk,
                by=request.user,
                report=form.report,
                service_cents=form.cleaned_data.get("price"),
            )
        except Refusal as refusal:
            form.add_error(None, said(refusal))
        else:
            return go(request, "partner:sign", booking.uuid)
    context = {
        "booking": booking,
        "form": form,
        "change": change_of(booking, price_versions.booked(booking), agreed),
        "waits": price_versions.proposal(booking) is not None,
        "tab": "jobs",
    }
    return page_or_part(
        request, "partner/finish.html", "sheet", context, status=422 if form.errors else 200
    )
