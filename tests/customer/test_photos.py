"""Photos on the pages: the step that takes them, and who may look at one (rule B1, D8; fault A10,
A13, W4).
"""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import PartnerProfile
from mila.clock import set_clock
from requests_app.actions import drafting, placing, visit
from requests_app.lifecycle import Role
from requests_app.models import BookingPhoto, ContactAccess, PhotoSize, State, photo_storage
from tests import factories
from tests.cast import claimed, walk
from tests.pictures import NO_PICTURES, bomb, jpeg, photo_of, upload
from tests.signing_in import sign_in

EN = {"accept-language": "en"}
HTMX = {**EN, "HX-Request": "true"}
TYPED = {
    "name": "Odile Perrachon",
    "email": "odile@example.com",
    "phone": "06 39 98 01 17",
    "problem": "Rien dans les chambres.",
}
COLOURS = ("teal", "navy", "olive", "maroon")
SIZES = ["photo", "photo_small"]
WEEK = timedelta(days=7)


@pytest.fixture
def draft(morning, files, customer):
    return factories.DraftFactory(customer=customer)


@pytest.fixture
def photo(draft):
    return photo_of(draft)


@pytest.fixture
def placed(draft, photo):
    """A booking that searches, with a photo."""
    return placing.place(draft.pk, role=Role.CUSTOMER, by=draft.customer)


def url(name, draft):
    return reverse(f"customer:{name}", args=[draft.token])


def of_link(photo, name="photo", token=""):
    return reverse(f"customer:{name}", args=[token or photo.booking.token, photo.key])


def of_job(photo, name="photo"):
    return reverse(f"partner:{name}", args=[photo.booking.uuid, photo.key])


def of_ops(photo, size="large"):
    return reverse("admin:requests_app_booking_photo", args=[photo.booking_id, photo.key, size])


def send(client, draft, *files, step="draft_who", headers=EN, **fields):
    return client.post(url(step, draft), {**fields, "photos": list(files)}, headers=headers)


def is_picture(answer):
    if answer.status_code != 200:
        return False
    assert answer["Content-Type"] == "image/jpeg"
    return b"".join(answer.streaming_content).startswith(b"\xff\xd8")


# --- The step


def test_step_takes_photos_with_everything_else(client, draft):
    answer = send(client, draft, upload(jpeg("teal")), upload(jpeg("navy")), **TYPED)

    assert answer.status_code == 302
    assert draft.photos.count() == 2


def test_step_goes_on_without_photos(client, draft):
    assert send(client, draft, **TYPED).status_code == 302
    assert not draft.photos.exists()


def test_form_can_carry_files_without_script(client, draft):
    page = client.get(url("draft_who", draft), headers=EN).content.decode()

    assert 'enctype="multipart/form-data"' in page
    assert 'type="file"' in page
    assert " multiple" in page


def test_photos_stay_and_words_are_kept_when_another_field_is_refused(client, draft):
    answer = send(client, draft, upload(jpeg()), **(TYPED | {"phone": "12"}))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Rien dans les chambres." in page
    assert of_link(draft.photos.get(), "photo_small") in page


REFUSED = {
    "no picture": (
        upload(NO_PICTURES["html"], "cv.jpg"),
        "cv.jpg: It is not a picture we can read.",
    ),
    "empty": (upload(b"", "empty.jpg"), "empty.jpg: It is not a picture we can read."),
    "bomb": (upload(bomb(), "bomb.png"), "bomb.png: It has too many pixels."),
    "too large": (upload(jpeg() + b"\0" * 10 * 1024 * 1024), "foto.jpg: It is larger than 10 MB."),
    "other path": (upload(b"x", "../../etc/x.jpg"), "x.jpg: It is not a picture we can read."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_file_that_is_refused_is_named_and_the_good_one_stays(client, draft, name):
    file, sentence = REFUSED[name]
    file.seek(0)

    answer = send(client, draft, upload(jpeg()), file, **TYPED)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "Rien dans les chambres." in answer.content.decode()
    assert draft.photos.count() == 1


def test_name_of_a_file_is_shown_as_text(client, draft):
    page = send(client, draft, upload(b"x", "<b>bold<b>.jpg"), **TYPED).content.decode()

    assert "<b>bold" not in page


def test_five_photos_at_once_are_four_and_a_sentence(client, draft):
    answer = send(client, draft, *(upload(jpeg(colour)) for colour in (*COLOURS, "white")), **TYPED)

    assert answer.status_code == 422
    assert "There is room for four photos." in answer.content.decode()
    assert draft.photos.count() == 4


def test_refusal_is_in_the_person_s_language(client, draft):
    page = send(
        client, draft, upload(b"x"), headers={"accept-language": "de"}, **TYPED
    ).content.decode()

    assert "It is not a picture" not in page
    assert "JPEG, PNG" in page


def test_remove_without_script_takes_one_and_keeps_the_words(
    client, draft, photo, django_capture_on_commit_callbacks
):
    other = photo_of(draft, "navy")

    with django_capture_on_commit_callbacks(execute=True):
        answer = send(
            client, draft, remove=photo.key, **(TYPED | {"name": "", "problem": "Half writ"})
        )

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Half writ" in page
    assert "field-error" not in page
    assert list(draft.photos.all()) == [other]


def test_with_script_photos_come_at_once_and_the_part_comes_back(client, draft):
    answer = send(
        client, draft, upload(jpeg()), step="draft_photos", headers=HTMX, problem="Half writ"
    )

    page = answer.content.decode()
    assert answer.status_code == 200
    # in the step and in the summary
    assert page.count(of_link(draft.photos.get(), "photo_small")) == 2
    assert "<html" not in page
    draft.contact.refresh_from_db()
    assert draft.contact.problem != "Half writ"


def test_with_script_a_refusal_comes_back_in_the_part(client, draft):
    answer = send(client, draft, upload(b"x"), step="draft_photos", headers=HTMX)

    assert answer.status_code == 422
    assert "It is not a picture we can read." in answer.content.decode()


def test_with_script_one_is_removed(client, draft, photo):
    answer = send(client, draft, step="draft_photos", headers=HTMX, remove=photo.key)

    assert photo.key not in answer.content.decode()
    assert not draft.photos.exists()


@pytest.mark.parametrize("name", ["draft_who", "draft_photos"])
def test_ordered_booking_takes_no_photo(client, placed, name):
    answer = send(client, placed, upload(jpeg("navy")), step=name, **TYPED)

    assert answer.url == url("booking", placed)
    assert placed.photos.count() == 1


def test_order_in_another_tab_between_reading_and_keeping_is_a_sentence(client, draft, monkeypatch):
    def placed_meanwhile(*args):
        raise drafting.NotADraft

    monkeypatch.setattr("requests_app.actions.photographing.add_photo", placed_meanwhile)

    answer = send(client, draft, upload(jpeg()), **TYPED)

    assert answer.status_code == 422
    assert "This booking has already been placed." in answer.content.decode()


def test_more_than_four_large_photos_are_a_calm_page(draft):
    client = Client(raise_request_exception=False)

    answer = client.post(
        url("draft_who", draft), {}, CONTENT_LENGTH=str(49 * 1024 * 1024), headers=EN
    )

    assert answer.status_code == 413
    assert "A photo may have up to 10 MB." in answer.content.decode()


def test_very_many_files_are_a_calm_page(draft):
    client = Client(raise_request_exception=False)

    answer = send(
        client, draft, *(SimpleUploadedFile(f"{number}.jpg", b"x") for number in range(60))
    )

    assert answer.status_code == 400
    assert "<h1>" in answer.content.decode()


# --- Who may look


@pytest.mark.parametrize("name", SIZES)
def test_link_of_the_draft_and_of_the_booking_shows_it(client, photo, name):
    assert is_picture(client.get(of_link(photo, name)))

    placing.place(photo.booking_id, role=Role.CUSTOMER, by=None)

    assert is_picture(client.get(of_link(photo, name)))


def test_answer_is_a_picture_and_nothing_else_to_any_browser(client, photo):
    answer = client.get(of_link(photo))

    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'inline; filename="mila-1.jpg"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script" not in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "strict-origin"


@pytest.mark.parametrize("who", ["visitor", "customer", "stranger", "partner", "staff"])
def test_link_of_another_booking_shows_nothing(client, request, photo, who):
    if who != "visitor":
        person = request.getfixturevalue(who)
        client.force_login(getattr(person, "user", person))
    other = factories.DraftFactory()

    assert client.get(of_link(photo, token=other.token)).status_code == 404
    assert client.get(of_link(photo, token="x" * 43)).status_code == 404


def test_account_leads_to_the_page_that_shows_it(client, placed, photo, customer, stranger):
    address = reverse("customer:booking_own", args=[placed.uuid])
    client.force_login(customer)
    assert of_link(photo, "photo_small") in client.get(address, follow=True).content.decode()

    client.force_login(stranger)
    assert client.get(address).status_code == 404


def test_removed_photo_and_lost_file_are_not_found(client, draft, photo):
    for size in PhotoSize:
        photo_storage().delete(photo.path(size))
    assert client.get(of_link(photo)).status_code == 404

    BookingPhoto.objects.all().delete()
    assert client.get(of_link(photo)).status_code == 404


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("who", ["customer", "stranger", "staff", "rival_partner", "visitor"])
def test_address_of_the_job_is_the_partner_s_alone(
    client, request, placed, photo, partner, who, name
):
    claimed(placed, partner)
    if who != "visitor":
        person = request.getfixturevalue(who)
        client.force_login(getattr(person, "user", person))

    assert not is_picture(client.get(of_job(photo, name)))
    assert not ContactAccess.objects.exists()


def sees(client, photo):
    """What they are answered for both sizes, asked from a page they opened earlier."""
    return [is_picture(client.get(of_job(photo, name))) for name in SIZES]


def test_partner_sees_nothing_before_the_claim(client, placed, photo, partner):
    client.force_login(partner.user)

    assert sees(client, photo) == [False, False]
    assert not ContactAccess.objects.exists()


def test_partner_sees_it_after_the_claim_and_each_large_one_leaves_a_trace(
    client, placed, photo, partner
):
    claimed(placed, partner)
    client.force_login(partner.user)

    page = client.get(reverse("partner:job", args=[placed.uuid])).content.decode()
    assert of_job(photo) in page
    assert of_job(photo, "photo_small") in page
    assert sees(client, photo) == [True, True]

    assert list(ContactAccess.objects.values_list("reason", "user")) == [
        ("job page", partner.user_id),
        ("photo", partner.user_id),
    ]


def test_call_sheet_shows_it_too(client, placed, photo, partner):
    claimed(placed, partner)
    client.force_login(partner.user)

    assert (
        of_job(photo, "photo_small")
        in client.get(reverse("partner:call", args=[placed.uuid])).content.decode()
    )


def test_photo_of_another_job_is_not_found(client, placed, partner):
    claimed(placed, partner)
    client.force_login(partner.user)
    other = photo_of(factories.DraftFactory())

    assert client.get(reverse("partner:photo", args=[placed.uuid, other.key])).status_code == 404


def test_partner_sees_nothing_once_they_have_given_it_back(client, placed, photo, partner):
    claimed(placed, partner)
    client.force_login(partner.user)
    visit.release(placed.pk, partner.pk, by=partner.user, reason="ill")

    assert sees(client, photo) == [False, False]
    assert photo.key not in client.get(reverse("partner:job", args=[placed.uuid])).content.decode()
    assert not ContactAccess.objects.exists()


def test_partner_sees_nothing_while_suspended(client, placed, photo, partner, morning):
    claimed(placed, partner)
    client.force_login(partner.user)
    PartnerProfile.objects.update(suspended_at=morning, suspension_reason="Papers forged")

    assert sees(client, photo) == [False, False]
    assert photo.key not in client.get(reverse("partner:job", args=[placed.uuid])).content.decode()


@pytest.mark.parametrize(
    ("after", "seen"),
    [(timedelta(days=7) - timedelta(minutes=1), True), (timedelta(days=7), False)],
)
def test_partner_sees_it_for_seven_days_after_the_signature(
    client, placed, photo, partner, after, seen
):
    booking = walk(placed, partner, State.SIGNED_OFF)
    client.force_login(partner.user)
    set_clock(booking.signed_off_at + after, speed=0)

    assert sees(client, photo) == [seen, seen]
    assert (
        photo.key in client.get(reverse("partner:job", args=[placed.uuid])).content.decode()
    ) is seen


# --- Ops


def test_ops_see_it_behind_a_reason_and_each_large_one_leaves_a_trace(client, placed, photo, staff):
    sign_in(client, staff)
    story = client.get(
        reverse("admin:requests_app_booking_change", args=[placed.pk])
    ).content.decode()
    assert photo.key not in story

    look = reverse("admin:requests_app_booking_act", args=[placed.pk, "contact"])
    page = client.post(look, {"reason": "Asked on the phone"}).content.decode()

    assert of_ops(photo) in page
    assert of_ops(photo, "small") in page
    assert is_picture(client.get(of_ops(photo)))
    assert is_picture(client.get(of_ops(photo, "small")))
    assert client.get(of_ops(photo, "huge")).status_code == 404
    assert list(ContactAccess.objects.values_list("reason", "user")) == [
        ("Asked on the phone", staff.pk),
        ("photo", staff.pk),
    ]


@pytest.mark.parametrize("who", ["visitor", "customer", "partner", "clerk"])
def test_address_of_ops_is_theirs_alone(client, request, placed, photo, who):
    if who == "clerk":  # staff who may not see contact data
        sign_in(client, factories.UserFactory(is_staff=True))
    elif who != "visitor":
        person = request.getfixturevalue(who)
        client.force_login(getattr(person, "user", person))

    assert client.get(of_ops(photo)).status_code in (302, 404)
    assert not ContactAccess.objects.exists()


def test_unknown_booking_or_photo_is_not_found_for_ops(client, placed, photo, staff):
    sign_in(client, staff)
    other = photo_of(factories.DraftFactory())

    for pk, key in ((placed.pk, other.key), (placed.pk + 1000, photo.key)):
        address = reverse("admin:requests_app_booking_photo", args=[pk, key, "large"])
        assert client.get(address).status_code == 404
