"""The people of a booking, with a canary in every private field of theirs."""

from datetime import timedelta
from types import SimpleNamespace

from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts import actions, calendar_reading
from accounts.models import PushSubscription, Technician
from customer.views import secret_link
from mila.clock import mila_now
from payments.models import CardSetup, Charge, PaymentCustomer, SavedCard
from payments.standin import user_actions
from places.place import Place
from requests_app.actions import drafting
from requests_app.models import Booking, PhotoSize, photo_storage
from requests_app.secret_link import mailed_url
from tests import factories, pictures
from tests.cast import next_wall
from tests.leak_detection.crawl import Visitor
from tests.leak_detection.words import Canaries
from tests.payments import cast

DOOR = {"lat": 45.751863, "lon": 4.846727}
PHONES = {"BookingContact.phone": "+33639987101", "CustomerProfile.phone": "+33639987102"}
PARTNER_PHONES = {"loser": "+33639987103", "holder": "+33639987104", "decliner": "+33639987105"}


class Dataset:
    """A customer and whoever may or may not come to them. `booking` is there from `draft` on."""

    booking: Booking

    def __init__(self):
        self.canaries = Canaries()
        word = self.canaries.word
        self.customer = factories.UserFactory(
            name=f"{word('User.name')} Perrachon",
            email=f"{word('User.email')}@example.com",
            password=f"!{word('User.password')}",
        )
        self.service = factories.ServiceFactory()
        self.photo = pictures.jpeg(size=(600, 400), exif=_told_by_phone(word("photo EXIF")))
        self.decliner = self._technician("decliner", level=5)
        self.loser = self._technician("loser", level=4)
        self.holder = self._technician("holder", level=3)
        self.readers = {getattr(self, who).user.email: who for who in PARTNER_PHONES}
        self.readers[self.customer.email] = "customer"
        # Paris
        self.stranger = factories.TechnicianFactory(user__name="Zoé Loin", lat=48.85, lon=2.35)
        self.neighbour = factories.UserFactory(name="Nadia Voisine")
        self.ops = factories.UserFactory(name="Ops", is_staff=True, is_superuser=True)
        self.clerk = factories.UserFactory(name="Clerk", is_staff=True)
        allowed = Permission.objects.exclude(codename="view_bookingcontact")
        self.clerk.user_permissions.set(allowed.filter(codename__startswith="view_"))

    def _technician(self, who: str, *, level: int) -> Technician:
        word = self.canaries.word
        technician = cast.payee(
            user__name=f"{who.capitalize()} Artisan",
            user__email=f"{word(f'{who} User.email')}@example.com",
            partner__email=f"{word(f'{who} PartnerProfile.email')}@example.com",
            partner__name=f"{who.capitalize()} Artisan",
            phone=PARTNER_PHONES[who],
            skills={factories.SkillFactory(): level},
            lat=round(factories.LYON["lat"] + level / 9901, 6),
            lon=round(factories.LYON["lon"] + level / 9901, 6),
        )
        self.canaries.plant(f"{who} Technician.phone", PARTNER_PHONES[who][-9:])
        self.canaries.plant(f"{who} Technician.lat", technician.lat)
        self.canaries.plant(f"{who} Technician.lon", technician.lon)
        self.canaries.plant(
            f"{who} PartnerProfile.stripe_account", technician.partner.stripe_account
        )
        tomorrow = mila_now() + timedelta(days=1)
        note = word(f"{who} CalendarEntry.note")
        actions.add_absence(
            technician.pk, starts_at=tomorrow, ends_at=tomorrow + timedelta(hours=1), note=note
        )
        secret = word(f"{who} CalendarSource.address")
        calendar_reading.follow_calendar(technician.pk, f"https://cal.example.com/{secret}.ics")
        return technician

    # --- What the customer does until the order

    def draft(self) -> None:
        """All they tell before the order, by their own pages where they send files, else by the
        verbs.
        """
        word = self.canaries.word
        self.booking = drafting.start_draft(
            self.service, country="FR", language="fr", by=self.customer
        )
        place = Place(
            "FR", "69007", "Lyon", DOOR["lat"], DOOR["lon"], "address", "Europe/Paris", "69"
        )
        street, door = word("BookingContact.street"), word("BookingContact.door_code")
        drafting.set_place(
            self.booking.pk, place, street=f"14 rue {street}", door_code=f"3e, code {door}"
        )
        drafting.set_wishes(self.booking.pk, [next_wall(3)])
        typed = {
            "name": f"{word('BookingContact.name')} Perrachon",
            "phone": PHONES["BookingContact.phone"],
            "problem": f"{word('BookingContact.problem')} ne marche plus.",
            "at_the_door": f"{word('BookingContact.at_the_door')} Perrachon",
            "photos": [pictures.upload(self.photo, name=f"{word('photo file name')}.jpg")],
        }
        question = factories.QuestionFactory(services=[self.service])
        typed[f"question_{question.pk}"] = f"{word('BookingAnswer.answer')} 4000"
        for name, point in DOOR.items():
            self.canaries.plant(f"BookingContact.{name}", point)
        for name, number in PHONES.items():
            self.canaries.plant(name, number[-9:])
        buyer = Visitor(self.canaries, self.customer).client
        # as if this browser had written it all
        began = SimpleNamespace(session=buyer.session, user=self.customer)
        secret_link.remember_own(began, self.booking)
        secret_link.remember_typed(
            began, Booking.objects.get(pk=self.booking.pk), f"3e, code {door}"
        )
        began.session.save()
        answer = buyer.post(self.page("customer:draft_who"), typed)
        assert answer.status_code == 302, answer.content.decode()
        buyer.get(self.page("customer:card"))
        drafting.remember_phone(self.customer, PHONES["CustomerProfile.phone"])
        self.buyer = buyer
        self.follow()
        self.learn()

    def follow(self) -> None:
        """By a browser that is woken for this booking."""
        word = self.canaries.word
        keys = {name: word(f"PushSubscription.{name}") for name in ("p256dh", "auth", "page")}
        endpoint = f"https://fcm.googleapis.com/{word('PushSubscription.endpoint')}"
        PushSubscription.objects.create(
            user=self.customer, subject_id=self.booking.uuid, endpoint=endpoint, **keys
        )

    def order(self) -> None:
        user_actions.type_card(self.booking.card_setups.get(opened_by=self.customer).client_secret)
        answer = self.buyer.post(
            self.page("customer:card"), {"card": "new", "starts_early": "on", "terms": "on"}
        )
        assert answer.status_code == 302, answer.content.decode()

    def page(self, name: str) -> str:
        return reverse(name, args=[self.booking.token])

    def learn(self) -> None:
        """What the product has made up itself since: tokens, keys, numbers at Stripe."""
        plant, booking = self.canaries.plant, self.booking
        booking.refresh_from_db()
        plant("Booking.token", booking.token)
        plant("Notification.sealed", mailed_url(booking).rstrip("/").rsplit("/", 1)[1])
        plant("Session.session_key", self.buyer.session.session_key)
        for photo in booking.photos.all():
            plant("BookingPhoto.key", photo.key)
            for size in PhotoSize:
                with photo_storage().open(photo.path(size)) as file:
                    self.canaries.plant_file("photo", file.read())
        for paper in booking.papers.filter(file__isnull=False):
            plant("Paper.content", paper.content[:60])
            plant("PaperFile.body", paper.file.body[2000:2060])
        for field, values in (
            (
                "PaymentCustomer.stripe_id",
                PaymentCustomer.objects.values_list("stripe_id", flat=True),
            ),
            ("SavedCard.stripe_id", SavedCard.objects.values_list("stripe_id", flat=True)),
            ("CardSetup.client_secret", CardSetup.objects.values_list("client_secret", flat=True)),
            ("Charge.intent_id", Charge.objects.values_list("intent_id", flat=True)),
            ("Offer.lock_token", booking.offers.values_list("lock_token", flat=True)),
        ):
            for value in filter(None, values):
                plant(field, value)


def _told_by_phone(word: str):
    exif = pictures.with_place()
    exif[0x010F] = word
    return exif
