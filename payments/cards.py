"""Saving a card for a booking with strong authentication (rule B7); no money moves here."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Case, F, Max, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import gateway
from payments.models import CardSetup, PaymentCustomer, SavedCard
from requests_app import notices
from requests_app.actions import placing
from requests_app.lifecycle import lock_booking
from requests_app.models import Booking, State


class CardsTried(Refusal):
    sentence = _(
        "Several cards were tried already, so no other one can be added today. "
        "Please choose one that is saved, or call us: we are glad to help."
    )


class CardRemoved(Refusal):
    sentence = _("This card was removed meanwhile. Please choose another one.")


def payment_customer(user: User) -> PaymentCustomer:
    """The person at Stripe, made at their first booking. A repeat finds the same one."""
    found = PaymentCustomer.objects.filter(user=user).first()
    if found:
        return found
    stripe_id = gateway.create_customer(
        user_id=user.pk, email=user.email, key=of_this_minute(f"user-{user.pk}-customer")
    )
    return PaymentCustomer.objects.get_or_create(user=user, defaults={"stripe_id": stripe_id})[0]


def open_setup(
    booking: Booking, *, by: User | None = None, here: Collection[int] = ()
) -> CardSetup:
    """This customer's unfinished try to save a card for this booking, or a new one. Looking again
    opens no second one.

    `by`: the account that is signed in; a card that is saved so is offered to it again (rule B12).
    `here`: the tries of this browser. Who has but the link gets fields of their own in each.
    Raises CardsTried (fault X1), gateway.GatewayError.
    """
    assert booking.customer is not None
    customer = payment_customer(booking.customer)
    last = last_setup(booking, by, here)
    if last and last.done_at is None and last.customer_id == customer.pk:
        return last
    if _tried_enough(booking, by, here):
        raise CardsTried
    number = (booking.card_setups.aggregate(last=Max("number"))["last"] or 0) + 1
    intent = gateway.create_setup_intent(
        customer=customer.stripe_id,
        booking_uuid=str(booking.uuid),
        key=of_this_minute(f"{booking.uuid}-setup-{number}"),
    )
    setup, new = CardSetup.objects.get_or_create(
        booking=booking,
        number=number,
        defaults={
            "customer": customer,
            "intent_id": intent.id,
            "client_secret": intent.client_secret,
            "opened_by": by,
        },
    )
    # Another browser looked at the same moment: these fields are not shown in two.
    return (
        setup
        if new or (by is not None and setup.opened_by == by)
        else open_setup(booking, by=by, here=here)
    )


@verb
def _tried_enough(booking: Booking, by: User | None, here: Collection[int]) -> bool:
    """Whether as many cards were saved as a person does; then ops are told, once a draft.

    Counted is what the account itself has opened; of a guest what the draft has taken and what this
    browser has opened. What strangers do with somebody's address uses up nothing of the person's
    own: theirs is limited by where they are (mila.web.limits).
    """
    day_ago = mila_now() - timedelta(days=1)
    if by is not None:
        of_the_draft = booking.card_setups.filter(opened_by=by)
        of_the_day = CardSetup.objects.filter(opened_by=by, opened_at__gt=day_ago)
    else:
        of_the_draft = booking.card_setups.filter(
            Q(pk__in=here) | Q(done_at__isnull=False), opened_by=None
        )
        of_the_day = CardSetup.objects.filter(pk__in=here, opened_at__gt=day_ago)
    policy = booking.policy
    if (
        of_the_draft.count() < policy.cards_per_booking
        and of_the_day.count() < policy.cards_per_day
    ):
        return False
    notices.queue(booking, "cards_ops", round=1)
    return True


def of_this_minute(name: str) -> str:
    """A key of this minute: one that keeps a 500 must not lock a person out, and a second empty
    object harms nobody.
    """
    return f"{name}-{mila_now():%Y%m%d%H%M}"


def last_setup(booking: Booking, by: User | None, here: Collection[int] = ()) -> CardSetup | None:
    """The account has its own, and each browser without one another: what one types is not the
    other's.
    """
    found = booking.card_setups.filter(opened_by=by)
    if by is None:
        found = found.filter(pk__in=here)
    return found.select_related("customer").order_by("-number").first()


def finish_setup(setup: CardSetup) -> SavedCard | None:
    """Ask Stripe what became of it; a saved card is remembered for the booking. None if there is
    none yet. Repeatable.

    Both the customer's return and the webhook end here, in any order.
    """
    intent = gateway.retrieve_setup_intent(setup.intent_id)
    if intent.status != "succeeded" or not intent.payment_method:
        return None
    return _remember(setup.pk, gateway.retrieve_card(intent.payment_method))


@verb
def _remember(setup_id: int, card: gateway.Card) -> SavedCard:
    """The card is its owner's; the booking takes it while it is a draft of theirs, with nothing
    chosen afterwards.
    """
    setup = CardSetup.objects.get(pk=setup_id)
    booking = lock_booking(setup.booking_id) if setup.booking_id else None
    saved, _new = SavedCard.objects.get_or_create(
        stripe_id=card.id,
        defaults={
            "customer_id": setup.customer_id,
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "wallet": card.wallet,
            "saved_by_id": setup.opened_by_id,
        },
    )
    first_time = CardSetup.objects.filter(pk=setup_id, done_at=None).update(done_at=mila_now())
    if booking is None:
        return saved
    theirs = PaymentCustomer.objects.filter(pk=setup.customer_id, user=booking.customer_id).exists()
    if first_time and theirs and booking.state == State.DRAFT:
        placing.save_card(booking.pk, card=card.id, ends_on=saved.last_day)
    return saved


@verb
def use_saved_card(booking: Booking, card_id: int) -> SavedCard:
    """One of the customer's own cards, saved earlier. Raises SavedCard.DoesNotExist for anybody
    else's, CardRemoved.

    Its lock comes before the booking's, here and where it is removed: either the one sees the
    other's work.
    """
    own = SavedCard.objects.filter(pk=card_id, customer__user=booking.customer_id)
    card = own.select_for_update(of=("self",)).get()
    if card.removed_at is not None:
        raise CardRemoved
    booking.card = placing.save_card(booking.pk, card=card.stripe_id, ends_on=card.last_day).card
    return card


def typed_card(
    booking: Booking, *, by: User | None = None, here: Collection[int] = ()
) -> SavedCard | None:
    """The card whose fields this customer has just confirmed in this browser, now the booking's;
    None otherwise.
    """
    setup = last_setup(booking, by, here)
    if setup is None or setup.customer.user_id != booking.customer_id:
        return None
    card = finish_setup(setup)
    return use_saved_card(booking, card.pk) if card else None


def usable_cards(booking: Booking, *, own: bool, typed: str = "") -> list[SavedCard]:
    """Cards that may be chosen for the booking, newest first: those the account itself has saved,
    for the customer who is signed in, and `typed`, a guest's card of this very browser
    (rule B11, B12). None that has expired.
    """
    return list(_offered(booking, own=own, typed=typed).filter(_not_expired()))


def cards_for_the_visit(
    booking: Booking, *, own: bool, typed: str = ""
) -> tuple[list[SavedCard], list[SavedCard]]:
    """Of the same cards those that last until the visit, and those that end before it (rule B7).

    Of the expired ones only the booking's own, which was typed just now: its owner hears why it is
    not taken.
    """
    found = list(
        _offered(booking, own=own, typed=typed).filter(_not_expired() | Q(stripe_id=booking.card))
    )
    return [one for one in found if one.lasts(booking)], [
        one for one in found if not one.lasts(booking)
    ]


def _offered(booking: Booking, *, own: bool, typed: str) -> QuerySet[SavedCard]:
    """A card an account has saved is that account's alone, whatever draft it stands on and whoever
    has its link.
    """
    guests = Q(stripe_id=typed, saved_by=None)
    whose = guests | Q(saved_by=booking.customer_id) if own else guests
    return kept(SavedCard.objects.filter(whose, customer__user=booking.customer_id))


def kept(found: QuerySet[SavedCard]) -> QuerySet[SavedCard]:
    """Without those that were removed; the one its owner has chosen first, then the newest."""
    is_default = Case(When(customer__default_card=F("pk"), then=1), default=0)
    return found.filter(removed_at=None).order_by(is_default.desc(), "-pk")


def _not_expired() -> Q:
    at = mila_now()
    return Q(exp_year__gt=at.year) | Q(exp_year=at.year, exp_month__gte=at.month)
