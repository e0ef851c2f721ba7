"""Who has proved an e-mail address: an account shows bookings and cards only after that (rule B12).

A proof is allauth's own row, EmailAddress with `verified`. It comes from a code that was typed,
from a link of a mail through which a password was chosen, or from code of ours that makes an
account (`User.objects.create_user`).
"""

from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db.models import F, Q

from accounts.models import CustomerProfile, User
from mila.transactions import verb

# The account of a booking's customer has proved the very address it signs in with; a condition on
# Booking.
CUSTOMER_HAS_PROVED = Q(
    customer__emailaddress__verified=True, customer__emailaddress__email=F("customer__email")
)


def has_proved(user: User) -> bool:
    """Whether this account has proved the address it signs in with."""
    return EmailAddress.objects.filter(user_id=user.pk, email=user.email, verified=True).exists()


@verb
def prove(user: User) -> None:
    """The address is this account's: it stands as proved, and as the only one.

    A repeat changes nothing.
    """
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


@verb
def take_over(email: str, *, account: User) -> bool:
    """This account has just proved the address. False when another account has it already, and
    nothing is changed.

    Whoever booked with it as a guest, or began an account and never proved it, is this person: the
    bookings join, and what kept the address free of others gives it up. Their cards stay where they
    were saved: nobody is offered them.
    """
    for other in User.objects.select_for_update().filter(email=email).exclude(pk=account.pk):
        if (
            has_proved(other)
            or other.is_staff
            or hasattr(other, "technician")
            or hasattr(other, "dispatcher")
        ):
            return False
        other.bookings.update(customer=account)
        theirs = account.avoidances.filter(ended_at=None)
        for said in other.avoidances.filter(ended_at=None):
            if not theirs.filter(technician=said.technician_id, said_by=said.said_by).exists():
                other.avoidances.filter(pk=said.pk).update(customer=account)
        EmailAddress.objects.filter(user=other).delete()
        CustomerProfile.objects.filter(user=other).delete()
        other.email, other.name, other.is_active = f"{uuid4().hex}@joined.invalid", "", False
        other.joined_into = account
        other.set_unusable_password()
        other.save(update_fields=["email", "name", "is_active", "password", "joined_into"])
    return True
