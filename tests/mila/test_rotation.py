"""A new key: every encrypted cell is written anew, evidence with a row that says so (FAULT F12)."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection

from mila import rotation
from mila.invariants import violations
from requests_app.models import DoorPlace, SignOff, State
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

    changes = rows("SELECT work, table_name, row_id, columns FROM mila_evidence_change ORDER BY columns")
    pk = signed.sign_off.pk
    assert changes == [
        ("rotate_fields", "requests_app_doorplace", DoorPlace.objects.get().pk, ["point"]),
        ("rotate_fields", "requests_app_signoff", pk, ["signature"]),
        ("rotate_fields", "requests_app_signoff", pk, ["signer"]),
    ]


def test_second_run_finds_nothing(signed, new_key, capsys):
    call_command("rotate_fields")
    first = capsys.readouterr().out

    call_command("rotate_fields")

    assert "requests_app.SignOff.signer" in first
    assert {line.split()[-1] for line in capsys.readouterr().out.splitlines()} == {"0"}
    assert len(rows("SELECT FROM mila_evidence_change")) == 3


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
