"""A new key: every encrypted cell is written anew, evidence with a row that says so (fault F12)."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import call_command
from django.db import connection

from backoffice.invariants import violations
from mila import rotation
from requests_app.models import DoorPlace, QuoteEvent, SignOff, State
from simulation import factor
from tests import cast


def rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.fixture
def signed(searching, partner):
    return cast.walk(searching, partner, State.SIGNED_OFF)


@pytest.fixture
def new_key(settings):
    key = Fernet.generate_key().decode()
    settings.FIELD_KEYS = [key, *settings.FIELD_KEYS]
    return key


def test_every_cell_is_readable_with_the_new_key_alone(signed, new_key, settings):
    rotation.rotate_all()

    settings.FIELD_KEYS = [new_key]
    assert SignOff.objects.get().signer == "Odile Perrachon"
    assert signed.contact.__class__.objects.get(booking=signed).street
    assert violations() == {}


def test_evidence_leaves_a_row_for_each_cell_and_the_others_none(signed, new_key):
    rotation.rotate_all()

    changes = rows(
        "SELECT work, table_name, row_id, columns FROM mila_evidence_change ORDER BY columns"
    )
    pk = signed.sign_off.pk
    versions = [event.pk for event in QuoteEvent.objects.all() if event.words]
    assert changes == [
        ("rotate_fields", "requests_app_signoff", pk, ["device"]),
        ("rotate_fields", "requests_app_doorplace", DoorPlace.objects.get().pk, ["point"]),
        ("rotate_fields", "requests_app_signoff", pk, ["signature"]),
        ("rotate_fields", "requests_app_signoff", pk, ["signer"]),
        ("rotate_fields", "requests_app_signoff", pk, ["text"]),
        *(("rotate_fields", "requests_app_quoteevent", event, ["words"]) for event in versions),
    ]


def test_second_run_finds_nothing(signed, new_key, capsys):
    call_command("rotate_fields")
    first = capsys.readouterr().out

    call_command("rotate_fields")

    assert "requests_app.SignOff.signer" in first
    assert {line.split()[-1] for line in capsys.readouterr().out.splitlines()} == {"0"}
    assert len(rows("SELECT FROM mila_evidence_change")) == 6


def test_cell_written_meanwhile_is_left_as_it_is(signed, new_key, monkeypatch):
    find = rotation._is_newest

    def first_somebody_writes(token):
        signed.contact.street = "2 rue Neuve"
        signed.contact.save(update_fields=["street"])
        return find(token)

    monkeypatch.setattr(rotation, "_is_newest", first_somebody_writes)
    model = type(signed.contact)
    rotation.rotate(model, model._meta.get_field("street"))

    assert model.objects.get(booking=signed).street == "2 rue Neuve"


# --- Second factors: allauth keeps their secrets inside JSON


PASSWORD = "a-long-secret-word"


def signs_in(client, user, code):
    client.logout()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/2fa/authenticate/", {"code": code})
    return client.get("/admin/").status_code == 200


@pytest.fixture
def ops(staff):
    """With an app and recovery codes."""
    staff.set_password(PASSWORD)
    staff.save()
    factor.enrol(staff)
    RecoveryCodes.activate(staff)
    return staff


def test_old_key_may_go_and_staff_still_sign_in(client, ops, new_key, settings):
    first, *_others = RecoveryCodes.activate(ops).get_unused_codes()
    assert rotation.rotate_all()["mfa.Authenticator.data"] == 2

    settings.FIELD_KEYS = [new_key]

    assert signs_in(client, ops, factor.current_code(ops))
    assert signs_in(client, ops, first)


def test_control_without_the_rotation_nobody_could(ops, new_key, settings):
    settings.FIELD_KEYS = [new_key]

    with pytest.raises(InvalidToken):
        factor.current_code(ops)


def test_what_is_no_secret_of_ours_stays_in_a_factor_as_it_is(ops, new_key):
    data = {
        "name": "Clé",
        "credential": {"id": "QUJD", "transports": ["internal"], "count": 3},
        "none": None,
    }
    passkey = Authenticator.objects.create(user=ops, type=Authenticator.Type.WEBAUTHN, data=data)

    rotation.rotate_all()

    passkey.refresh_from_db()
    assert passkey.data == data


def test_used_recovery_codes_stay_used(ops, new_key, settings):
    codes = RecoveryCodes.activate(ops)
    used, *left = codes.get_unused_codes()
    codes.validate_code(used)

    rotation.rotate_all()

    settings.FIELD_KEYS = [new_key]
    assert (
        RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() == left
    )
