"""The types' witness would say so: each kind of difference from what Stripe's npm package declares
is found (decision 0044).
"""

import pytest
import stripe
from django.conf import settings

from tests.payments.standin import types_witness, typescript, witness

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
NOTE = settings.BASE_DIR / "docs" / "decisions" / "0044-advances.md"


@pytest.fixture
def intent(ask, payer):
    return ask("POST", "/v1/setup_intents", customer=payer)[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": "red"}, ["setup_intent.colour: unknown to the types"]),
        ({"status": "finished"}, ["setup_intent.status: no word 'finished'"]),
        ({"status": None}, ["setup_intent.status: null"]),
        ({"created": "1"}, ["setup_intent.created: '1' is no number"]),
        ({"created": True}, ["setup_intent.created: True is no number"]),
        ({"livemode": 0}, ["setup_intent.livemode: 0 is no boolean"]),
        ({"metadata": {"a": 1}}, ["setup_intent.metadata.a: 1 is no string"]),
        ({"payment_method_types": [1]}, ["setup_intent.payment_method_types.0: 1 is no string"]),
        ({"object": "thing"}, ["thing: no such object"]),
    ],
)
def test_difference_in_an_object_is_told(intent, change, told):
    assert types_witness.of_object(intent) == []

    assert types_witness.of_object({**intent, **change}) == told


def test_field_that_may_be_null_must_be_there(intent):
    """Which the SDK's own classes do not ask for."""
    del intent["customer"]

    assert types_witness.of_object(intent) == ["setup_intent.customer: missing"]
    assert witness.of_object(intent) == []


def test_event_of_no_known_type_is_told(intent):
    assert types_witness.of_event("setup_intent.succeeded", intent) == []
    assert types_witness.of_event("setup_intent.finished", intent) == [
        "event: no type setup_intent.finished"
    ]


def test_list_and_what_an_error_carries_are_looked_at(intent):
    wrong = {**intent, "colour": "red"}
    told = ["setup_intent.colour: unknown to the types"]

    assert types_witness.differences(200, {"object": "list", "data": [wrong]}) == told
    assert types_witness.differences(402, {"error": {"setup_intent": wrong}}) == told


def test_the_schema_is_of_the_version_that_the_sdk_speaks():
    assert types_witness.schema()["api_version"] == stripe.api_version


def test_differences_that_stay_are_few_and_explained():
    assert len({*witness.KNOWN, *types_witness.KNOWN}) <= 10
    note = NOTE.read_text()
    assert [name for _kind, name in types_witness.KNOWN if f"`{name}`" not in note] == []


PACKAGE = """
import { Other } from './Others.js';
export { Decimal } from './Decimal.js';
/** What it says of itself: { is no brace. */
export interface Thing extends Base {
    object: 'thing';
    /** In cents; or less. */
    amount: number | null;
    parts?: Array<Thing.Part>;
    kind: Thing.Kind;
    [key: string]: string;
}
export interface Base { id: string; }
export declare namespace Thing {
    interface Part { of: string | Thing; }
    type Kind = 'a' | 'b' | OtherString;
}
export declare class ThingResource { list(params?: X): Promise<{ a: string; }>; }
export type OtherString = string & {};
"""


def test_what_the_reader_reads():
    types = {}
    typescript.Reader(PACKAGE, types).statements("", "")

    assert set(types) == {"Thing", "Base", "Thing.Part", "Thing.Kind"}
    assert typescript._body("Thing", types)["fields"] == {
        "id": ["string"],
        "object": ["'thing'"],
        "amount": ["number", "null"],
        "parts": ["?", {"array": ["@Thing.Part"]}],
        "kind": ["@Thing.Kind"],
        "*": ["string"],
    }
    assert types["Thing.Kind"]["is"] == ["'a'", "'b'", "@OtherString"]
    assert typescript._find("Part", "Thing.", types) == "Thing.Part"
