import dataclasses

import pytest
from django.core.management import call_command

from places.actions import load_gazetteer
from places.gazetteer import read_csv, table
from places.models import Postcode
from tests.places.conftest import ENTRIES

pytestmark = pytest.mark.django_db


def test_whole_file_is_loaded_by_the_command_once(capsys):
    call_command("load_gazetteer")
    call_command("load_gazetteer")

    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{len(read_csv())} added, 0 changed, 0 removed"
    assert second == "0 added, 0 changed, 0 removed"


def test_repeat_writes_nothing(gazetteer, django_assert_num_queries):
    with django_assert_num_queries(4):  # savepoint, two reads, release
        counts = load_gazetteer(ENTRIES)

    assert counts == {"added": 0, "changed": 0, "removed": 0}


def test_new_edition_changes_and_removes_rows(gazetteer):
    moved = dataclasses.replace(ENTRIES[0], lat=48.9)
    before = Postcode.objects.get(code=moved.code).changed_at

    counts = load_gazetteer([moved, *ENTRIES[2:]])

    row = Postcode.objects.get(code=moved.code)
    assert counts == {"added": 0, "changed": 1, "removed": 1}
    assert row.lat == 48.9
    assert row.changed_at > before
    assert not Postcode.objects.filter(code=ENTRIES[1].code).exists()


def test_row_corrected_by_hand_outlives_a_new_edition(gazetteer):
    Postcode.objects.filter(code__in=["75011", "75012"]).update(corrected=True, lat=48.5)

    counts = load_gazetteer([dataclasses.replace(ENTRIES[0], lat=48.9), *ENTRIES[2:]])

    assert counts == {"added": 0, "changed": 0, "removed": 0}
    assert list(Postcode.objects.filter(corrected=True).values_list("lat", flat=True)) == [
        48.5,
        48.5,
    ]


def test_table_in_memory_is_read_once_and_again_after_a_change(
    gazetteer, django_assert_num_queries
):
    held = table()

    with django_assert_num_queries(1):
        assert table() is held
    load_gazetteer([dataclasses.replace(ENTRIES[0], lat=48.9), *ENTRIES[1:]])
    assert table().get("FR", "75011").lat == 48.9
