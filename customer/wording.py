"""A booking in the customer's words: two tables, one row for each state and one for each move.

Nobody reads a raw state. The title answers the question with which the person came; times carry
their day and hour. Everything is in the active language. A missing row fails a test that names it.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customer.wording_parts import (
    Action,
    MoveWords,
    Now,
    StateWords,
    always,
    arrival,
    before,
    before_due,
    call,
    charged,
    charged_later,
    confirmation,
    costs,
    due_at,
    given_up,
    held,
    late,
    not_charged_before,
    on_the_way_since,
    search_limit,
    signature,
    since,
    unpaid,
    until_search_limit,
    visit,
    warned,
    working_since,
)
from requests_app.models import SignOffKind, State

S = State


# --- The tables

GIVEN_UP_TITLE = (given_up, _("%(name)s has not come: what shall happen now?"))
GIVEN_UP_NOTE = (
    given_up,
    _("We look for somebody else, or you cancel. Neither costs you anything."),
)
LATE_TITLE = (late, _("%(name)s should be with you by now"))
LATE_NOTE = (
    late,
    _(
        "We know, and we are on it. From %(time)s you can ask for somebody else or cancel free of "
        "charge."
    ),
)
UNPAID = ("lost", _("Unpaid"))
LATE = ("lost", _("Late"))
PAY = Action("customer:pay", "card", _("Pay %(amount)s"), shows_amount=True)
READ = Action("customer:held", "paper", _("Read what was reported"))
ANSWER = Action("customer:answer_price", "paper", _("Read the proposed price"))
SIGN = Action("customer:sign", "pen", _("Read and sign"), shows_amount=True)
MOVE = Action("customer:move", "calendar", _("Choose another time"))
SOMEBODY_ELSE = Action("customer:no_show", "user", _("Find somebody else"))
CANCEL = Action("customer:cancel", "cross", _("Cancel free of charge"))
RATE = Action("customer:rate", "star", _("Say how it was"))

STATES: dict[State, StateWords] = {
    S.DRAFT: StateWords(
        title=_("Your booking is not finished yet"),
        badge=("go", _("To be completed")),
        now=None,
    ),
    S.SEARCHING: StateWords(
        title=_("We are looking for somebody nearby"),
        titles=((lambda s: s.facts.lost_one, _("We are looking for somebody else for you")),),
        badge=("now", _("Search running")),
        now=Now(
            _("We ask the best people near you"),
            at=search_limit,
            when=until_search_limit,
        ),
        later=(call, visit, signature),
        explanation=(
            (
                warned,
                _(
                    "Nobody has accepted yet. You can choose another time, or cancel free of "
                    "charge."
                ),
            ),
        ),
    ),
    S.CLAIMED: StateWords(
        title=_("%(name)s will call you before %(due)s"),
        badge=("now", _("Somebody has accepted")),
        now=Now(_("%(name)s calls you"), at=due_at, when=before_due),
        later=(confirmation, visit, signature),
    ),
    S.CALLED: StateWords(
        title=_("Planned: %(name)s comes on %(moment)s"),
        titles=(GIVEN_UP_TITLE, LATE_TITLE),
        badge=("now", _("To be confirmed")),
        now=Now(
            _("%(name)s confirms the visit"),
            at=due_at,
            when=before_due,
        ),
        later=(visit, signature),
        explanation=(GIVEN_UP_NOTE, LATE_NOTE),
    ),
    S.UNCONFIRMED: StateWords(
        title=_("%(name)s has not confirmed yet"),
        titles=(GIVEN_UP_TITLE, LATE_TITLE),
        badge=("now", _("Not confirmed")),
        now=Now(_("We wait for the confirmation and ask others")),
        later=(visit, signature),
        explanation=(
            GIVEN_UP_NOTE,
            LATE_NOTE,
            (
                always,
                _(
                    "We are asking others too, for the same time. Cancelling is free of charge "
                    "meanwhile."
                ),
            ),
        ),
    ),
    S.CONFIRMED: StateWords(
        title=_("Confirmed: %(name)s comes on %(moment)s"),
        titles=(GIVEN_UP_TITLE, LATE_TITLE),
        badge=("done", _("Confirmed")),
        now=Now(_("%(name)s comes to you"), at=lambda s: s.booking.start_at),
        later=(signature,),
        explanation=(GIVEN_UP_NOTE, LATE_NOTE),
    ),
    S.EN_ROUTE: StateWords(
        title=_("%(name)s is on the way to you"),
        titles=(
            GIVEN_UP_TITLE,
            (lambda s: bool(s.facts.eta_at), _("%(name)s arrives at about %(time)s")),
        ),
        badge=("now", _("On the way")),
        now=Now(
            _("On the way to you"),
            at=since,
            when=on_the_way_since,
        ),
        later=(arrival, signature),
        explanation=(GIVEN_UP_NOTE, LATE_NOTE),
    ),
    S.ARRIVED: StateWords(
        title=_("%(name)s is at your door"),
        badge=("now", _("At the door")),
        now=Now(_("%(name)s is at your door"), at=since),
        later=(signature,),
    ),
    S.IN_PROGRESS: StateWords(
        title=_("%(name)s is at work at your home"),
        badge=("now", _("At work")),
        now=Now(_("At work at your home"), at=since, when=working_since),
        later=(signature,),
    ),
    S.FINISHED: StateWords(
        title=_("The work is done: read and sign"),
        badge=("go", _("Your signature")),
        now=Now(
            _("You try it, you sign"),
            at=due_at,
            when=before_due,
            note=charged,
        ),
        action=SIGN,
    ),
    S.CONTESTED: StateWords(
        title=_("We are looking at what you wrote"),
        badge=("now", _("Being examined")),
        now=Now(_("We hear both sides and decide"), note=not_charged_before),
        explanation=(
            (
                always,
                _(
                    "Nothing is charged before we have decided. We write to you within one working "
                    "day."
                ),
            ),
        ),
    ),
    S.SIGNED_OFF: StateWords(
        title=_("Thank you, your visit is complete"),
        titles=(
            (unpaid, _("Your payment did not go through")),
            (held, _("Please read what was signed")),
        ),
        badge=("done", _("Signed")),
        badges=((lambda s: s.facts.unsigned, ("done", pgettext_lazy("booking", "Closed"))),),
        now=Now(_("Your card is being charged")),
        nows=(
            (unpaid, Now(_("The payment is open"))),
            (held, Now(_("You read it, and agree or object"), note=not_charged_before)),
            (charged_later, Now(_("Your card is charged later"), note=charged)),
        ),
        explanation=(
            (
                held,
                _(
                    "Somebody signed on the technician's phone, without your code. Nothing is "
                    "charged before you read it."
                ),
            ),
        ),
        action=RATE,
    ),
    S.SETTLED: StateWords(
        title=_("All done, and paid"),
        badge=("done", _("Paid")),
        now=None,
        action=RATE,
    ),
    S.FAILED: StateWords(
        title=_("The visit could not be carried out"),
        badge=("lost", _("Not carried out")),
        now=None,
        explanation=(
            (
                held,
                _(
                    "The report says that it should cost %(amount)s. Nothing is charged before you "
                    "have read it."
                ),
            ),
            (costs, _("You pay %(amount)s.")),
            (always, _("You pay nothing.")),
        ),
    ),
    S.UNFILLED: StateWords(
        title=_("Nobody is free at the times you chose"),
        badge=("lost", _("Nobody free")),
        now=Now(
            _("You choose another time"),
            at=lambda s: s.booking.last_start_at,
            when=lambda s: before(s.booking.last_start_at, s.zone),
        ),
        explanation=(
            (
                always,
                _(
                    "Choose another time and we go on looking. Otherwise the booking ends by "
                    "itself, free of charge."
                ),
            ),
        ),
        action=MOVE,
    ),
    S.CANCELLED: StateWords(
        title=_("Your visit is cancelled"),
        titles=(
            (
                lambda s: s.facts.withdrawn and s.facts.unpaid,
                _("You have withdrawn; a payment is open"),
            ),
            (lambda s: s.facts.withdrawn, _("You have withdrawn from the contract")),
            (unpaid, _("Cancelled; a payment is open")),
        ),
        badge=("", pgettext_lazy("booking", "Cancelled")),
        now=None,
        explanation=(
            (lambda s: not s.booking.placed_at, ""),
            (
                held,
                _(
                    "For the work done until then %(amount)s would be due, by the technician’s "
                    "word. It is charged only if you agree."
                ),
            ),
            (
                lambda s: s.facts.withdrawn and costs(s),
                _("You pay %(amount)s in all, for the work done until then."),
            ),
            (costs, _("The cancellation costs %(amount)s in all.")),
            (always, _("It costs you nothing.")),
        ),
    ),
}

ANOTHER_TIME = MoveWords(_("You chose another time"))
ACCEPTED = MoveWords(_("%(name)s has accepted"))
SILENT = None  # need not be read: a step that was taken back falls out with its taking back

MOVES: dict[str, MoveWords | None] = {
    # --- search
    "place": MoveWords(_("Booked")),
    "claim": ACCEPTED,
    "move_open": ANOTHER_TIME,
    "exhaust": MoveWords(_("Nobody was free at these times"), "lost"),
    "lapse": MoveWords(_("The booking ended by itself"), "lost"),
    # --- promise
    "record_call": MoveWords(
        _("%(name)s has called you"),
        cases=(
            (
                lambda event: not event.data.get("reached", True),
                _("%(name)s tried to reach you several times"),
            ),
        ),
    ),
    "miss_call": MoveWords(_("%(name)s did not call in time"), "lost"),
    "confirm": MoveWords(_("Visit confirmed")),
    "miss_confirm": MoveWords(_("%(name)s did not confirm in time"), "lost"),
    "release": MoveWords(_("%(name)s can no longer come"), "lost"),
    "move_claimed": ANOTHER_TIME,
    "move_kept": ANOTHER_TIME,
    "move_lost": MoveWords(_("You chose another time, at which %(name)s is not free")),
    # --- visit
    "depart": MoveWords(_("%(name)s set off")),
    "arrive": MoveWords(_("%(name)s was at the door")),
    "start": MoveWords(_("The work began")),
    "continue_later": MoveWords(_("A second appointment was agreed")),
    "finish": MoveWords(_("The work was done")),
    "undo_depart": SILENT,
    "undo_arrive": SILENT,
    "undo_start": SILENT,
    "undo_finish": SILENT,
    "no_show": MoveWords(_("Nobody came"), "lost"),
    # --- end
    "sign_off": MoveWords(
        _("You signed"),
        cases=(
            (
                lambda event: event.data.get("kind") == SignOffKind.SILENCE,
                _("Closed without a signature"),
            ),
        ),
    ),
    "refuse": MoveWords(_("You said that something is not right"), "lost"),
    "object": MoveWords(_("You objected"), "lost"),
    "reopen": MoveWords(_("We take our decision back")),
    "settle": MoveWords(_("Paid by card")),
    "fail_visit": MoveWords(_("The visit could not be carried out"), "lost"),
    "cancel": MoveWords(_("Cancelled")),
    "withdraw": MoveWords(_("You withdrew from the contract")),
    # --- staff
    "assign": ACCEPTED,
    "decide": MoveWords(_("We have decided")),
    "decide_none": MoveWords(_("We have decided: you owe nothing"), "lost"),
    "decide_fee": MoveWords(_("We have decided: the way is paid"), "lost"),
}

VERSIONS: dict[str, Any] = {
    "open": _("waits for your answer"),
    "accepted": _("accepted"),
    "declined": _("declined"),
    "fell": _("no longer holds"),
}
