"""Notes from the work: theirs alone, while it lasts, few and short; no part
of the state (rule L9).
"""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from mila.streams import publish
from requests_app.actions import notes, visit
from requests_app.actions.notes import LONGEST_NOTE, MOST_NOTES
from requests_app.lifecycle import IllegalMove
from requests_app.models import NotePhrase, ProgressNote, State
from tests.requests_app.booking_states import booking_in, facts, refused


@pytest.fixture
def work(now, partner):
    return booking_in(State.IN_PROGRESS, partner, now)


@pytest.fixture
def published(monkeypatch):
    heard = []
    monkeypatch.setattr(publish, "publish", lambda channel, event: heard.append((channel, event)))
    return heard


def post(booking, key="key-1", technician_id=None, **note):
    return notes.post_note(
        booking.pk,
        technician_id or booking.technician_id,
        key=key,
        **(note or {"text": "Je déplace la box."}),
    )


def test_note_is_kept_and_told_live_and_moves_nothing(work, published, now, partner):
    before = facts(work)

    note = post(work, text="  Je déplace la box. ")

    assert ProgressNote.objects.get() == note
    assert (note.technician, note.phrase, note.words, note.at) == (
        partner,
        "",
        "Je déplace la box.",
        now,
    )
    assert published == [(f"booking:{work.uuid}", "noted")]
    assert facts(work) == before


@pytest.mark.parametrize("language", ["fr", "de", "it"])
def test_phrase_speaks_the_readers_language(work, language):
    note = post(work, phrase=NotePhrase.FOUND)

    assert (note.phrase, note.text) == ("found", None)
    with translation.override("en"):
        english = note.words
    with translation.override(language):
        assert note.words != english


def test_words_are_encrypted_in_the_table(work):
    post(work)

    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM requests_app_progressnote")
        assert "box" not in cursor.fetchone()[0]


def test_same_key_twice_is_one_note(work, published):
    first = post(work)

    assert post(work, text="Autre chose") == first
    assert ProgressNote.objects.count() == len(published) == 1


def test_second_sending_after_the_work_is_still_the_first_note(work, partner):
    note = post(work)
    visit.finish(work.pk, partner.pk, by=partner.user, report={"done": "x"})

    assert post(work) == note


def test_newest_comes_first(work):
    post(work, "key-1", text="Un")
    post(work, "key-2", text="Deux")

    assert [note.words for note in work.progress_notes.all()] == ["Deux", "Un"]


@pytest.mark.parametrize(
    "state", sorted(set(State) - {State.IN_PROGRESS, *State.values[:2], "unfilled", "cancelled"})
)
def test_only_while_the_work_is_in_progress(state, now, partner, published):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        post(booking)
    assert (ProgressNote.objects.count(), published) == (0, [])


def test_somebody_else_is_refused(work, rival_partner, published):
    with refused(work, visit.NotYours):
        post(work, technician_id=rival_partner.pk)
    assert (ProgressNote.objects.count(), published) == (0, [])


@pytest.mark.parametrize(
    ("note", "refusal"),
    [
        ({"text": " "}, notes.NothingWritten),
        ({"phrase": "hello"}, notes.NothingWritten),
        ({"text": "x" * (LONGEST_NOTE + 1)}, notes.NoteTooLong),
        ({"text": "Mot de passe : Soleil2026"}, notes.HoldsPassword),
    ],
)
def test_what_is_no_note_is_not_kept(note, refusal, work, published):
    with refused(work, refusal):
        post(work, **note)
    assert (ProgressNote.objects.count(), published) == (0, [])


def test_longest_note_is_kept(work):
    assert len(post(work, text="x" * LONGEST_NOTE).words) == LONGEST_NOTE


def test_as_many_as_a_visit_may_have_and_no_more(work):
    for number in range(MOST_NOTES):
        post(work, f"key-{number}", text=str(number))

    with refused(work, notes.EnoughNotes):
        post(work, "one-more")
    assert ProgressNote.objects.count() == MOST_NOTES


@pytest.mark.parametrize("both", [{"phrase": "", "text": None}, {"phrase": "found", "text": "x"}])
def test_database_keeps_a_phrase_or_words(both, work, now):
    with pytest.raises(IntegrityError, match="note_is_phrase_or_words"), transaction.atomic():
        ProgressNote.objects.create(
            booking=work, technician=work.technician, key="k", at=now, **both
        )
