"""Who looks, and where each of them looks while the booking stands still."""

import re
from collections.abc import Callable, Iterator

from accounts.models import Notification
from tests.architecture.addresses import fill, routes
from tests.leak_detection.crawl import Visitor
from tests.leak_detection.dataset import Dataset

TECHNICIANS = ("decliner", "loser", "holder", "stranger")
# the secret link is theirs (rule B11); nobody else can guess it
KEYHOLDERS = ("by link", "customer")
# Names of the pages each looks at in every state: those that may tell them something of a booking.
BOOKING = ("customer:",)
JOB = (
    "partner:offer",
    "partner:job",
    "partner:photo",
    "partner:call",
    "partner:calendar",
    "partner:finish",
)
JOB += ("partner:messages", "partner:paper", "partner:sign", "partner:rate", "partner:thanks")
JOB += ("partner:earnings",)
GUESS = (
    "partner:offer",
    "partner:job",
    "partner:photo",
    "partner:messages",
    "partner:paper",
)
STORY = ("admin:requests_app_booking_change", "admin:requests_app_booking_photo")
USUAL = {
    "anonymous": (
        "customer:home",
        "customer:status",
        "customer:booking_own",
        "partner:job",
        "partner:photo",
    ),
    "neighbour": ("customer:booking", "partner:job"),
    "by link": BOOKING,
    "customer": ("customer:booking",),
    **dict.fromkeys(("loser", "holder"), JOB),
    **dict.fromkeys(("decliner", "stranger"), GUESS),
    "clerk": STORY,
    "ops": STORY,
}
# A page that hands over to another person's part of the site is followed no further.
OWN_GROUND = {
    **dict.fromkeys(KEYHOLDERS, ("/b/", "/book/d/", "/pay/", "/bookings/")),
    **dict.fromkeys(("loser", "holder"), ("/partner/jobs/", "/partner/offers/")),
}


def visitors(w: Dataset) -> dict[str, Visitor]:
    """Signed in, each with what they may be told on a live stream and the secrets they may have in
    an address.
    """
    users = {name: getattr(w, name).user for name in TECHNICIANS}
    users |= {"anonymous": None, "by link": None, "customer": w.customer, "neighbour": w.neighbour}
    users |= {"clerk": w.clerk, "ops": w.ops}
    channels = {name: f"technician:{getattr(w, name).pk}" for name in TECHNICIANS}
    channels |= dict.fromkeys(KEYHOLDERS, f"booking:{w.booking.uuid}")
    secrets = dict.fromkeys(("holder", "loser", "ops"), frozenset({"BookingPhoto.key"}))
    secrets |= dict.fromkeys(KEYHOLDERS, frozenset({"Booking.token", "BookingPhoto.key"}))
    return {
        name: Visitor(
            w.canaries,
            users[name],
            channel=channels.get(name, ""),
            secrets=secrets.get(name, frozenset()),
        )
        for name in USUAL
    }


def usual(w: Dataset, who: str) -> Iterator[tuple[str, Callable]]:
    """What may tell them something of this booking."""
    own = w.booking.offers.filter(
        technician__user__in=[getattr(w, who).user] if who in TECHNICIANS else []
    )
    for address, name, view in _filled(w, who, own):
        if name.startswith(USUAL[who]):
            yield address, view


# Staff without the right to contact data see what ops see, but for that: one look will do.
ONCE = ("clerk",)
# One of a kind looks at all there is: who is not known, who has booked, who has booked elsewhere,
# who has the job, who has lost it, and staff.
THOROUGH = ("anonymous", "customer", "neighbour", "holder", "loser", "ops")


def everything(w: Dataset, who: str) -> Iterator[tuple[str, Callable]]:
    """Every address of the site; of the admin only its door, for those who are not let in."""
    for address, _name, view in _filled(w, who, w.booking.offers.all()):
        if "logout" not in address and (
            who == "ops" or not address.startswith("/admin/") or address == "/admin/"
        ):
            yield address, view


# The piece of an address that says of which table the row is whose id comes next.
OWN_ROW = re.compile(r"(\w+)/<(?:\w+:)?(?:pk|object_id)>")


def _filled(w: Dataset, who: str, offers):
    """The addresses with what belongs to this booking in them: the secret link for those who hold
    it, the key of the photo for everybody, as if it had got about (fault A10).
    """
    photo = w.booking.photos.get()
    known = {
        "uuid": str(w.booking.uuid),
        "service": w.booking.service.slug,
        "size": "large",
        "name": "contact",
    }
    known["token"] = w.booking.token if who in KEYHOLDERS else "x" * 43
    known["key"] = photo.key
    rows = {
        "booking": w.booking.pk,
        "search": w.booking.searches.values_list("pk", flat=True).first(),
        "charge": w.booking.charges.values_list("pk", flat=True).first(),
        "notification": Notification.objects.filter(user=w.customer)
        .values_list("pk", flat=True)
        .first(),
        "user": w.customer.pk,
        "customerprofile": w.customer.customer.pk,
        "technician": w.holder.pk,
        "partnerprofile": w.holder.partner_id,
    }
    # The one that says where they live, as if its name had got about.
    invoice = (
        w.booking.papers.filter(kind="invoice", partner__isnull=False)
        .values_list("uuid", flat=True)
        .first()
    )
    papers = {"customer:paper", "partner:paper"} if invoice else ()
    for offer in offers.values_list("pk", flat=True) or [0]:
        rows |= {"offer": offer, "offers": offer}
        for route, name, view in routes():
            whose = OWN_ROW.search(route)
            row = (whose and rows.get(whose[1])) or 0
            about = {**known, "uuid": str(invoice)} if name in papers else known
            yield fill(route, **about, pk=row, object_id=row), name, view
