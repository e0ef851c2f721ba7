"""Searches and offers for ops: who was asked, in which order and why (rule D9), and assigning by
hand (rule O1).
"""

import json
from datetime import datetime

from django.contrib import admin
from django.db.models import Count
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from accounts.models import Technician
from dispatch import actions, matching
from dispatch.models import DeclineReason, Offer, OfferState, Search, Trace
from mila.adminkit.acts import (
    BAD,
    GOOD,
    QUIET,
    WARN,
    Act,
    ActForm,
    Choice,
    ModelAdmin,
    ReadOnly,
    Section,
    linked,
    stamp,
    toned,
)
from mila.clock import mila_now
from mila.formats import km, moment
from requests_app.actions.assigning import assign
from requests_app.lifecycle import MOVES
from requests_app.models import OFFERED, Booking

OTHERS = 100
TONES = {
    OfferState.OPEN: WARN,
    OfferState.CLAIMED: GOOD,
    OfferState.DECLINED: BAD,
    OfferState.WITHDRAWN: QUIET,
}


def state_word(state: str) -> str:
    return toned(OfferState(state).label, TONES.get(OfferState(state), ""))


def reserve_word(offer: Offer, zone: str) -> str:
    """In reserve since when, or asked from it (rule L2)."""
    if offer.reserve_at is not None:
        return gettext("in reserve since %(at)s") % {"at": stamp(offer.reserve_at, zone)}
    return gettext("asked first") if offer.from_reserve else ""


# --- Acts on a booking
# -------------------------------------------------------------------------------------------


class AssignForm(ActForm):
    """Those the search would ask come first, in its order; then whoever else has the skill."""

    technician = Choice(label=_("Technician"))
    rank = Choice(label=_("Wish"), widget=UnfoldAdminRadioSelectWidget)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        booking = self.about
        self.fields["technician"].choices = technician_choices(booking)
        self.fields["rank"].choices = [
            (wish.rank, f"{wish.rank}. {moment(wish.start_at, booking.timezone)}")
            for wish in booking.wishes.all()
        ]
        self.fields["rank"].initial = 1


def technician_choices(booking: Booking) -> list:
    """Grouped: suitable ones with distance and free wishes, then others with the skill in the
    country.
    """
    found = matching.candidates(booking, mila_now())
    people = Technician.objects.in_bulk([one.technician_id for one in found])
    suitable = []
    for one in found:
        ranks = ", ".join(str(rank) for rank in one.wishes)
        words = gettext("%(name)s, %(km)s, free for wish %(ranks)s")
        facts = {"name": people[one.technician_id], "km": km(one.distance_m), "ranks": ranks}
        suitable.append((one.technician_id, words % facts))
    others = (
        Technician.objects.filter(
            active=True,
            skills__skill=booking.service.skill_id,
            partner__country=booking.country,
            partner__approved_at__isnull=False,
            partner__suspended_at=None,
        )
        .exclude(pk__in=people)
        .exclude(pk=booking.technician_id)
        .select_related("partner")[:OTHERS]
    )
    rest = [(one.pk, f"{one} ({one.partner}, {one.postcode})") for one in others]
    groups = [
        (gettext("Suitable, the best first"), suitable),
        (gettext("Others with the skill"), rest),
    ]
    return [("", "–"), *((title, choices) for title, choices in groups if choices)]


def _assign(b: Booking, by, answers) -> None:
    assign(
        b.pk, int(answers["technician"]), rank=int(answers["rank"]), by=by, reason=answers["reason"]
    )


def _search(b: Booking, by, answers) -> None:
    actions.search_again(b.pk)


BOOKING_ACTS = (
    Act("assign", _("Assign to a technician"), "person_add", _assign, form=AssignForm,
        done=_("Assigned. The technician is told."),
        open_to=lambda b: b.state in MOVES["assign"].sources,
        explain=_("You have spoken with the technician, and the clocks begin now. "
                  "For an unconfirmed booking the agreed time stays.")),
    Act("search", _("Search again now"), "search", _search, done=_("The next technician is asked."),
        open_to=lambda b: b.state in OFFERED,
        explain=_("Does not wait for the next step of the search. At night nobody is asked.")),
)  # fmt: skip


def searches(b: Booking, at: datetime) -> Section:
    """Every offer of every search with its end; what each asking saw is folded away."""
    rows = [
        [
            offer.search.round,
            linked(offer.technician, "accounts_technician_change", offer.technician_id),
            state_word(offer.state),
            stamp(offer.opened_at, b.timezone),
            stamp(offer.acknowledged_at or offer.viewed_at, b.timezone),
            stamp(offer.ended_at or offer.expires_at, b.timezone),
            f"{offer.score_ppm} {json.dumps(offer.parts)}" if offer.parts else offer.score_ppm,
            km(offer.distance_m),
            ", ".join(str(rank) for rank in offer.wishes),
            DeclineReason(offer.decline_reason).label if offer.decline_reason else "",
            reserve_word(offer, b.timezone),
        ]
        for offer in b.offers.select_related("technician", "search")
    ]
    columns = [
        "#",
        _("Technician"),
        _("End"),
        _("Opened"),
        _("Seen"),
        _("Ended"),
        _("Score"),
        _("Distance"),
    ]
    columns += [_("Wishes"), _("Reason"), _("In reserve")]
    runs = [
        f"#{run.round}: {stamp(run.started_at, b.timezone)} – "
        f"{stamp(run.ended_at, b.timezone) or '…'} {run.end}"
        for run in b.searches.all()
    ]
    traces = Trace.objects.filter(search__booking=b).select_related("search")
    folds = [
        (gettext("Trace of %(at)s") % {"at": stamp(trace.at, b.timezone)}, trace_text(trace))
        for trace in traces
    ]
    return Section(
        "dispatch", gettext("Searches and offers"), columns, rows, folds=folds, note="; ".join(runs)
    )


BEST = 10
RULE_WORDS = {
    "too_far": _("too far away"),
    "language": _("no language in common"),
    "apart": _("one of them does not want to meet the other again"),
    "papers": _("papers or proof run out"),
    "had_it": _("had it before"),
    "declined": _("declined it"),
    "hours": _("outside their hours"),
    "busy": _("not free"),
    "takes_too_many": _("too many taken and not done"),
    "asked_enough": _("let it pass often enough"),
    "window_elsewhere": _("looks at another offer"),
}


def trace_text(trace: Trace) -> str:
    """How many each rule left out, the best ten with the parts of their score, and what it rested
    on (rule D9).
    """
    if trace.excluded is None:
        counts = [gettext("Those left out are not counted yet.")]
    else:
        counts = [
            f"{RULE_WORDS.get(rule, rule)}: {count}"
            for rule, count in sorted(trace.excluded.items())
        ]
    names = dict(
        Technician.objects.filter(pk__in=[one["technician"] for one in trace.best]).values_list(
            "pk", "name"
        )
    )
    best = [
        f"{place}. {names.get(one['technician'], one['technician'])}: {json.dumps(one)}"
        for place, one in enumerate(trace.best[:BEST], 1)
    ]
    inputs = json.dumps(trace.inputs, indent=2, ensure_ascii=False)
    return "\n\n".join(["\n".join(counts), "\n".join(best), inputs])


# --- Lists
# --------------------------------------------------------------------------------------------------


class RunningFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [
            ("running", _("Running")),
            ("pool", _("Open to all")),
            ("nobody", _("Found nobody")),
        ]

    def queryset(self, request, queryset):
        match self.value():
            case "running":
                return queryset.filter(ended_at=None)
            case "pool":
                return queryset.filter(ended_at=None, pool_at__isnull=False)
            case "nobody":
                return queryset.filter(end="nobody")
        return queryset


@admin.register(Search)
class SearchAdmin(ReadOnly, ModelAdmin):
    """Each with the counts by rule and the best ten of every asking (rule D9)."""

    list_display = [
        "shown_booking",
        "round",
        "started_at",
        "next_at",
        "windows_ended",
        "pool_at",
        "ended_at",
        "end",
    ]
    list_display += ["asked"]
    list_filter = [RunningFilter]
    list_select_related = ["booking__service"]
    search_fields = ["booking__postcode__startswith"]
    ordering = ["-pk"]
    show_full_result_count = False

    readonly_fields = ["seen"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(asked=Count("offers"))

    @display(description=_("what each asking saw"))
    def seen(self, search):
        traces = [
            (stamp(one.at, search.booking.timezone), trace_text(one)) for one in search.traces.all()
        ]
        return format_html_join("", "<p>{}</p><pre>{}</pre>", traces)

    @display(description=_("booking"))
    def shown_booking(self, search):
        return str(search.booking)

    @display(description=_("asked"), ordering="asked")
    def asked(self, search):
        return search.asked


@admin.register(Offer)
class OfferAdmin(ReadOnly, ModelAdmin):
    list_display = [
        "shown_booking",
        "technician",
        "shown_state",
        "opened_at",
        "expires_at",
        "ended_at",
        "distance",
    ]
    list_display += ["reserve"]
    list_filter = [
        "state",
        "own_tap",
        "silent",
        "from_reserve",
        ("reserve_at", admin.EmptyFieldListFilter),
    ]
    list_filter += ["decline_reason"]
    list_select_related = ["booking__service", "technician"]
    search_fields = [
        "technician__name",
        "technician__partner__name",
        "booking__postcode__startswith",
    ]
    ordering = ["-pk"]
    show_full_result_count = False
    exclude = ["lock_token"]

    @display(description=_("booking"))
    def shown_booking(self, offer):
        return str(offer.booking)

    @display(description=_("state"), ordering="state")
    def shown_state(self, offer):
        return state_word(offer.state)

    @display(description=_("in reserve"), ordering="reserve_at")
    def reserve(self, offer):
        return reserve_word(offer, offer.booking.timezone)

    @display(description=_("distance"), ordering="distance_m")
    def distance(self, offer):
        return km(offer.distance_m)
