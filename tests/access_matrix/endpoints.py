"""Everything of the site that takes something: found on its pages, in its addresses and in its
code.
"""

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from tests.access_matrix.dataset import Dataset
from tests.access_matrix.forms import Field, Page, name_of
from tests.access_matrix.honest import Endpoint
from tests.architecture.source import APPS, BASE

READ = re.compile(
    r"""GET(?:\.get\(|\.getlist\(|\[)\s*["'](\w+)["']|["'](\w+)["'] (?:not )?in request\.GET"""
)
ENOUGH = 8  # pages of one pattern that bring nothing new
EXAMPLES = {"styleguide"}  # forms to look at; nobody reads what they send
EVENT = {
    "id": "evt_9",
    "type": "payment_intent.succeeded",
    "created": 1790000000,
    "livemode": False,
    "account": "acct_1",
    "data": {"object": {"id": "pi_1"}},
}
# What scripts and other programs send: no page has a form for it.
SPOKEN = {
    "partner:position": {"lat": 45.7, "lon": 4.8},
    "payments:webhook": EVENT,
    "payments:connect_webhook": EVENT,
    "accounts:text_receipt": {"id": "text-1", "state": "delivered", "reason": ""},
}
# Named as Stripe names them, so that nonsense reaches what stands behind the check of names.
TO_STRIPE = (
    "amount",
    "currency",
    "customer",
    "email",
    "limit",
    "metadata[a]",
    "expand[]",
    "created[gte]",
    "confirm",
    "query",
    "payment_method",
    "client_secret",
    "return_url",
    "type",
    "card[number]",
    "card[exp_month]",
)


def endpoints(client, dataset: Dataset, role: str, wanted=lambda name: True) -> list[Endpoint]:
    """Each form this person sees once, each address with a query once, and what is sent without a
    form.
    """
    found: dict[tuple, Endpoint] = {}
    first: dict[str, str] = {}
    for name, addresses in dataset.addresses(role).items():
        if not wanted(name):
            continue
        idle = 0
        for address, answer in opened(client, addresses):
            first.setdefault(name_of(address), address)
            known = len(found)
            for endpoint in _on(role, address, answer):
                found.setdefault(
                    (endpoint.name, endpoint.method, *sorted(endpoint.fields)), endpoint
                )
            idle = 0 if len(found) > known else idle + (answer.status_code == 200)
            if idle == ENOUGH or (name.startswith("admin:") and answer.status_code == 200):
                break
    formed = {one.name for one in found.values() if one.method == "post"}
    found |= {
        (name,): _unseen(role, name, address)
        for name, address in first.items()
        if name not in formed
    }
    return list(found.values())


def opened(client, addresses: list[str]) -> Iterator[tuple[str, object]]:
    """The pages of one pattern, unless it has none."""
    for address in addresses:
        if "logout" in address:
            continue
        answer = client.get(address)
        yield address, answer
        if answer.status_code == 405:
            return


def _on(role: str, address: str, answer) -> Iterator[Endpoint]:
    html = answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html")
    if not html or answer.streaming:
        return
    page, name = Page(answer.content.decode(), address), name_of(address)
    if name not in EXAMPLES:
        for form in page.forms:
            yield Endpoint(role, name_of(form.action), form.method, form.action, form.fields)
    linked = {key for link in page.links if name_of(link) == name for key in _keys(link)}
    query = {key: Field(key, "text") for key in sorted(linked | names_in_the_code())}
    yield Endpoint(role, name, "get", address, query)


def _unseen(role: str, name: str, address: str) -> Endpoint:
    """An address without a form for it may be sent something all the same."""
    if name == "standin:api":
        fields = {key: Field(key, "hidden", "1") for key in TO_STRIPE}
        return Endpoint(
            role,
            name,
            "post",
            address,
            fields,
            headers=(("Authorization", "Bearer sk_test_standin"),),
        )
    secrets = {
        "payments:webhook": settings.STRIPE_WEBHOOK_SECRETS,
        "payments:connect_webhook": settings.STRIPE_CONNECT_WEBHOOK_SECRETS,
    }
    return Endpoint(role, name, "post", address, {}, SPOKEN.get(name), *secrets.get(name, [])[:1])


@cache
def names_in_the_code() -> set[str]:
    """Parameters of addresses that product code reads, wherever."""
    texts = (path.read_text() for app in APPS for path in (BASE / app).rglob("*.py"))
    return {one or other for text in texts for one, other in READ.findall(text)}


def _keys(address: str) -> set[str]:
    return {name for name, _value in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
