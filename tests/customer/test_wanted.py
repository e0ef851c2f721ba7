"""Questions of a service and packages chosen while booking (rule B13)."""

from datetime import datetime

import pytest
from django.urls import reverse

from catalogue.models import Question
from partner.forms.quotes import ProposalForm
from requests_app import price_versions
from requests_app.actions import drafting, extras, placing, quoting
from requests_app.lifecycle import Role
from requests_app.models import Booking, BookingAnswer, State
from tests import factories
from tests.cast import next_wall, walk
from tests.customer.test_draft_steps import PLACE, WHO, draft, service, url

__all__ = ["draft", "service"]  # fixtures
HTMX = {"HX-Request": "true"}


@pytest.fixture
def package(service):
    return factories.PackageFactory()


@pytest.fixture
def question(service):
    return factories.QuestionFactory(services=[service])


def time_chosen(hours=3):
    return {"slot": next_wall(hours).isoformat(timespec="minutes")}


class TestPackages:
    @pytest.fixture
    def placed(self, client, draft, package):
        client.post(url("place", draft), PLACE)
        return draft

    def test_chosen_one_is_part_of_price_and_length(self, client, placed, package):
        answer = client.post(
            url("when", placed), {"packages_shown": "1", "package": package.pk, **time_chosen()}
        )

        placed.refresh_from_db()
        assert answer.url == url("who", placed)
        assert (placed.service_cents, placed.duration_minutes) == (6900 + 2500, 75)
        assert (placed.bare_cents, placed.wishes.count()) == (6900, 1)

    def test_by_script_price_and_times_follow(self, client, placed, package):
        page = client.post(
            url("when", placed), {"packages_shown": "1", "package": package.pk}, headers=HTMX
        )

        words = page.content.decode()
        assert "96,90" in words
        assert "day-card" in words
        assert f'value="{package.pk}" id="id_package_0" checked' in " ".join(words.split())

    def test_untick_takes_it_out_again(self, client, placed, package):
        extras.set_packages(placed.pk, [package.pk])

        client.post(url("when", placed), {"packages_shown": "1"}, headers=HTMX)

        placed.refresh_from_db()
        assert (placed.service_cents, placed.duration_minutes) == (6900, 60)
        assert not placed.extras.exists()

    def test_page_that_shows_none_changes_none(self, client, placed, package):
        extras.set_packages(placed.pk, [package.pk])

        client.post(url("when", placed), time_chosen())

        placed.refresh_from_db()
        assert placed.service_cents == 6900 + 2500

    @pytest.mark.parametrize("sent", ["999999", "x", "-1"])
    def test_what_is_not_sold_adds_nothing(self, client, placed, sent):
        client.post(url("when", placed), {"packages_shown": "1", "package": sent, **time_chosen()})

        placed.refresh_from_db()
        assert (placed.service_cents, placed.duration_minutes) == (6900, 60)

    def test_another_length_drops_the_wishes(self, client, placed, package):
        client.post(url("when", placed), time_chosen())

        extras.set_packages(placed.pk, [package.pk])

        assert not placed.wishes.exists()

    def test_one_of_another_service_falls_with_it(self, placed, package, service):
        package.services.add(service)
        extras.set_packages(placed.pk, [package.pk])

        drafting.set_service(placed.pk, factories.ServiceFactory(slug="other"), country="FR")

        placed.refresh_from_db()
        assert (placed.service_cents, placed.extras.count()) == (6900, 0)

    def test_other_country_has_its_own_price(self, placed, package, service):
        extras.set_packages(placed.pk, [package.pk])

        drafting.set_service(placed.pk, service, country="CH")

        placed.refresh_from_db()
        assert placed.service_cents == 11900 + 3500


@pytest.fixture
def with_extra(morning):
    """A placed booking with one package."""
    package = factories.PackageFactory()
    booking = factories.DraftFactory()
    walls = [datetime.fromisoformat(wish.wall) for wish in booking.wishes.all()]
    extras.set_packages(booking.pk, [package.pk])
    drafting.set_wishes(booking.pk, walls)
    placing.place(booking.pk, role=Role.CUSTOMER, by=None, waives_withdrawal=True)
    return Booking.objects.get(pk=booking.pk), package


def test_version_1_names_service_and_package(with_extra):
    booking, package = with_extra

    first = price_versions.booked(booking)

    assert [(line.label, line.cents, line.package) for line in price_versions.lines_of(first)] == [
        ("Wi-Fi lent", 6900, None),
        ("Répéteur", 2500, package),
    ]
    assert (first.service_cents, first.duration_minutes) == (9400, 75)


def test_pro_adds_a_second_one_and_the_visit_grows_by_it_alone(with_extra):
    booking, package = with_extra
    technician = factories.TechnicianFactory(partner__kind="pro")
    walk(booking, technician, State.CALLED)
    booking.refresh_from_db()
    wanted = quoting.Wanted(packages={package.pk: 2})

    quote = quoting.propose(
        booking.pk,
        technician.pk,
        by=technician.user,
        key="k" * 32,
        agreed_version=1,
        wanted=wanted,
        reason="Zwei",
    )

    assert (quote.service_cents, quote.duration_minutes) == (6900 + 2 * 2500, 60 + 2 * 15)


def test_proposal_begins_with_what_was_booked(with_extra):
    booking, package = with_extra
    technician = factories.TechnicianFactory(partner__kind="pro")
    walk(booking, technician, State.CALLED)
    booking.refresh_from_db()
    package.price_cents, package.currency = 2500, "EUR"

    form = ProposalForm(booking=booking, agreed=price_versions.agreed(booking), packages=[package])

    assert form.initial["more_minutes"] == 0
    assert form.fields[f"package_{package.pk}"].initial == 1


class TestQuestions:
    @pytest.fixture
    def at_who(self, client, draft, question):
        client.post(url("place", draft), PLACE)
        client.post(url("when", draft), time_chosen())
        return draft

    def test_answer_is_kept_in_the_words_of_the_question(self, client, at_who, question):
        client.post(url("who", at_who), WHO | {f"question_{question.pk}": " Livebox 6 "})
        Question.objects.update(words="Autre chose ?", words_fr="Autre chose ?")

        answer = BookingAnswer.objects.get()
        assert (answer.words, answer.answer) == ("Quelle box avez-vous ?", "Livebox 6")

    def test_none_has_to_be_answered(self, client, at_who):
        assert client.post(url("who", at_who), WHO).url == f"/book/d/{at_who.token}/card/"

        assert not BookingAnswer.objects.exists()

    def test_answers_are_there_again(self, client, at_who, question):
        client.post(url("who", at_who), WHO | {f"question_{question.pk}": "Livebox 6"})

        assert "Livebox 6" in client.get(url("who", at_who)).content.decode()

    @pytest.mark.parametrize(
        ("kind", "options", "answer"),
        [
            ("choice", "Oui\nNon", "Peut-être"),
            ("number", "", "vier"),
            ("number", "", "-1"),
            ("text", "", "x" * 121),
        ],
    )
    def test_what_is_no_answer_is_refused_and_nothing_kept(
        self, client, at_who, question, kind, options, answer
    ):
        question.kind, question.options = kind, options
        question.save()

        page = client.post(url("who", at_who), WHO | {f"question_{question.pk}": answer})

        assert page.status_code == 422
        assert WHO["problem"] in page.content.decode()
        assert not BookingAnswer.objects.exists()

    def test_six_are_asked_at_most(self, client, at_who, service):
        for number in range(8):
            factories.QuestionFactory(slug=f"q{number}", services=[service])

        form = client.get(url("who", at_who)).context["form"]

        assert sum(name.startswith("question_") for name in form.fields) == Question.MOST

    def test_another_service_asks_anew(self, client, at_who, question):
        client.post(url("who", at_who), WHO | {f"question_{question.pk}": "Livebox 6"})

        drafting.set_service(at_who.pk, factories.ServiceFactory(slug="other"), country="FR")

        assert not BookingAnswer.objects.exists()


def test_answers_stand_on_the_job_page_of_whoever_has_it(client, job, partner):
    BookingAnswer.objects.create(booking=job, rank=1, words="Quelle box ?", answer="Livebox 6")
    client.force_login(partner.user)

    assert "Livebox 6" in client.get(reverse("partner:job", args=[job.uuid])).content.decode()


def test_answers_stand_on_no_offer(client, searching, partner):
    BookingAnswer.objects.create(
        booking=searching, rank=1, words="Quelle box ?", answer="Livebox 6"
    )
    client.force_login(partner.user)

    assert "Livebox 6" not in client.get(reverse("partner:offers"), follow=True).content.decode()


def test_every_service_of_the_catalogue_asks_two_to_six(catalogued):
    asked = {
        service.slug: service.questions.filter(active=True).count()
        for service in factories.Service.objects.all()
    }

    assert {slug: count for slug, count in asked.items() if not 2 <= count <= Question.MOST} == {}
    assert all(
        getattr(question, f"words_{code}")
        and len(question.options_list) == len(question.options_fr.splitlines())
        for question in Question.objects.all()
        for code in ("fr", "de", "it", "en")
    )


class TestForSomebodyElse:
    """A path of its own at the contact step (rule B8)."""

    @pytest.fixture
    def at_who(self, client, draft):
        client.post(url("place", draft), PLACE)
        client.post(url("when", draft), time_chosen())
        return draft

    def test_is_asked_before_all_else(self, client, at_who):
        form = client.get(url("who", at_who)).context["form"]

        fields = list(form.fields)
        assert fields.index("at_the_door") == fields.index("for_whom") + 1
        assert form["for_whom"].value() == "me"

    def test_needs_a_name(self, client, at_who):
        page = client.post(url("who", at_who), WHO | {"for_whom": "other", "at_the_door": ""})

        assert page.status_code == 422
        at_who.contact.refresh_from_db()
        assert at_who.contact.name == ""

    def test_name_is_kept_and_there_again(self, client, at_who):
        client.post(url("who", at_who), WHO | {"for_whom": "other", "at_the_door": "Madame Roux"})

        form = client.get(url("who", at_who)).context["form"]
        assert (form["for_whom"].value(), form["at_the_door"].value()) == ("other", "Madame Roux")

    def test_for_oneself_nobody_else_is_named(self, client, at_who):
        client.post(url("who", at_who), WHO | {"for_whom": "me", "at_the_door": "Madame Roux"})

        at_who.contact.refresh_from_db()
        assert at_who.contact.at_the_door == ""
