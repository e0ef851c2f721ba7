"""Notes on the pages: written on the job page, read by the customer and by staff (rule L9)."""

import pytest
from django.urls import reverse

from requests_app.actions import notes, visit
from requests_app.actions.notes import LONGEST_NOTE, MOST_NOTES
from requests_app.models import NotePhrase, ProgressNote, State
from tests import cast
from tests.signing_in import sign_in

HTMX = {"HX-Request": "true"}
EN = {"accept-language": "en"}
PASSWORD = "Mot de passe : Soleil2026"


@pytest.fixture
def work(client, searching, partner):
    client.force_login(partner.user)
    return cast.walk(searching, partner, State.IN_PROGRESS)


def url(booking, name="job"):
    return reverse(f"partner:{name}", args=[booking.uuid])


def send(client, booking, *, headers=None, key="", **note):
    key = key or client.get(url(booking)).context["note_form"]["key"].value()
    return client.post(url(booking, "note"), {"key": key, **note}, headers=headers or {})


def words(booking):
    return [note.words for note in booking.progress_notes.all()]


def customer_page(client, booking, name="booking", **headers):
    return client.get(reverse(f"customer:{name}", args=[booking.token]), headers={**EN, **headers})


def test_one_tap_sends_a_phrase(client, work):
    page = client.get(url(work)).content.decode()

    answer = send(client, work, phrase="found", text="")

    assert page.count('name="phrase"') == len(NotePhrase)
    assert answer.url == url(work)
    assert work.progress_notes.get().phrase == NotePhrase.FOUND
    assert f">{NotePhrase.FOUND.label}</p>" in client.get(url(work)).content.decode()


def test_own_words_are_one_line(client, work):
    send(client, work, text=" Je déplace\nla  box. ")

    assert words(work) == ["Je déplace la box."]


def test_fresh_part_for_htmx_holds_the_note_and_a_new_field(client, work):
    answer = send(client, work, headers=HTMX, text="Je déplace la box.")

    part = answer.content.decode()
    assert "Je déplace la box." in part
    assert "<html" not in part
    assert 'id="note-1"' in part
    assert 'id="text-1"' in part


def test_same_page_sent_twice_is_one_note(client, work):
    key = client.get(url(work)).context["note_form"]["key"].value()

    for _ in range(2):
        send(client, work, key=key, text="Un")
    send(client, work, key=key, text="Deux")

    assert words(work) == ["Deux", "Un"]


def test_words_begun_beside_a_tapped_phrase_wait(client, work):
    answer = send(client, work, phrase="nearly", text="Il manque")

    assert [note.phrase for note in work.progress_notes.all()] == ["nearly"]
    assert answer.context["note_form"]["text"].value() == "Il manque"


@pytest.mark.parametrize("headers", [None, HTMX])
def test_password_is_refused_and_stays_in_the_field(client, work, headers):
    answer = send(client, work, headers=headers, text=PASSWORD)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"{PASSWORD}</textarea>" in page
    assert 'id="text-0_error"' in page
    assert not ProgressNote.objects.exists()


@pytest.mark.parametrize(
    "note",
    [
        {},
        {"text": " "},
        {"phrase": "hello"},
        {"text": "x" * (LONGEST_NOTE + 1)},
        {"key": "x", "text": "Un"},
    ],
)
def test_what_is_no_note_is_asked_again(client, work, note):
    events = work.events.count()

    assert send(client, work, **note).status_code == 422
    assert not ProgressNote.objects.exists()
    assert work.events.count() == events


@pytest.mark.parametrize("state", [State.ARRIVED, State.FINISHED])
def test_only_at_work(client, searching, partner, state):
    client.force_login(partner.user)
    booking = cast.walk(searching, partner, state)

    page = client.get(url(booking)).content.decode()
    answer = send(client, booking, phrase="found")

    assert 'name="phrase"' not in page
    assert answer.status_code == 409
    assert not ProgressNote.objects.exists()


def test_after_the_last_note_the_page_says_so(client, work, partner):
    for number in range(MOST_NOTES):
        notes.post_note(work.pk, partner.pk, key=str(number), text=str(number))

    page = client.get(url(work))

    assert page.context["page"].phrases == []
    assert send(client, work, text="One more").status_code == 409
    assert ProgressNote.objects.count() == MOST_NOTES


def test_open_job_page_hears_of_a_note_from_another_device(client, work, partner):
    known = client.get(url(work)).context["page"].seen
    notes.post_note(work.pk, partner.pk, key="k", text="Un")

    assert client.get(url(work), {"seen": known}, headers=HTMX).status_code == 200


def test_somebody_elses_work_is_not_found(client, work, rival_partner):
    key = client.get(url(work)).context["note_form"]["key"].value()
    client.force_login(rival_partner.user)

    assert send(client, work, key=key, text="Un").status_code == 404
    assert not ProgressNote.objects.exists()


@pytest.mark.parametrize("who", ["customer", "staff"])
def test_customer_and_staff_only_read(client, work, request, who):
    key = client.get(url(work)).context["note_form"]["key"].value()
    client.force_login(request.getfixturevalue(who))

    assert send(client, work, key=key, text="Un").status_code == 403
    assert not ProgressNote.objects.exists()


# --- Read
# --------------------------------------------------------------------------------------------------


@pytest.fixture
def noted(work, partner, stopped_clock):
    for hour, note in enumerate(({"phrase": NotePhrase.FOUND}, {"text": "Je déplace <la> box."})):
        stopped_clock(work.start_at.replace(hour=13 + hour, minute=5))
        notes.post_note(work.pk, partner.pk, key=str(hour), **note)
    return work


@pytest.mark.parametrize("name", ["booking", "status"])
def test_customer_reads_them_under_the_work_with_the_hour(client, noted, name):
    client.logout()

    answer = customer_page(client, noted, name)

    page = answer.content.decode()
    line = next(one for one in answer.context["page"].timeline if one.state == "now")
    assert line.notes[0].words == "Je déplace <la> box."
    assert page.index(">15:05</time><p>Je déplace &lt;la&gt; box.") < page.index(
        ">14:05</time><p>I have found the cause."
    )


def test_customer_reads_a_phrase_in_their_own_language(client, noted):
    client.logout()
    german = client.get(
        reverse("customer:booking", args=[noted.token]), headers={"accept-language": "de"}
    )

    assert "I have found the cause." not in german.content.decode()


def test_after_the_work_they_stay_in_the_story(client, noted, partner):
    visit.finish(noted.pk, partner.pk, by=partner.user, report={"done": "x"})

    job = client.get(url(noted)).context["page"].story
    client.logout()
    story = customer_page(client, noted).context["page"].timeline

    assert [line.what for line in story if line.notes] == ["The work began"]
    assert [len(line["notes"]) for line in job if line["notes"]] == [2]


def test_foreign_link_shows_nothing(client, noted):
    assert client.get(reverse("customer:booking", args=["y" * 43])).status_code == 404


def test_staff_read_them_in_the_bookings_story(client, noted, staff):
    sign_in(client, staff)

    page = client.get(
        reverse("admin:requests_app_booking_change", args=[noted.pk])
    ).content.decode()

    assert "Je déplace &lt;la&gt; box." in page
    assert "J’ai trouvé la cause." in page
