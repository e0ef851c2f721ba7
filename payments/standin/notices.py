"""Events and the endpoints that take them."""

from typing import Any

from stripe import params as stripe_params

from payments.standin.problems import missing
from payments.standin.routing import Call, listing, merged, new_id, route

KEPT_SECONDS = 30 * 86_400  # older events are told to nobody who asks


@route("GET", "/v1/events", stripe_params.EventListParams)
def page(call: Call) -> dict[str, Any]:
    given = call.params
    created = given.get("created") or {}
    created = created if isinstance(created, dict) else {"gte": created, "lte": created}
    created = {**created, "gte": max(created.get("gte", 0), call.now - KEPT_SECONDS)}
    data, more = call.store.events(
        call.account,
        given.get("types") or ([given["type"]] if given.get("type") else []),
        created,
        given.get("limit", 10),
        given.get("starting_after"),
        given.get("ending_before"),
    )
    return {"object": "list", "data": data, "has_more": more, "url": call.path}


@route("GET", "/v1/events/{id}", stripe_params.EventRetrieveParams)
def retrieve(call: Call) -> dict[str, Any]:
    event = call.store.event(call.id, call.account)
    if event is None or event.body["created"] < call.now - KEPT_SECONDS:
        raise missing("event", call.id)
    body: dict[str, Any] = event.body
    return body


@route("POST", "/v1/webhook_endpoints", stripe_params.WebhookEndpointCreateParams)
def create(call: Call) -> dict[str, Any]:
    given = call.params
    body = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": given.get("api_version"),
        "application": None,
        "created": call.now,
        "description": given.get("description"),
        "enabled_events": given["enabled_events"],
        "livemode": False,
        "metadata": merged({}, given.get("metadata")),
        "status": "enabled",
        "url": given["url"],
    }
    secret = new_id("whsec")
    call.add(body, secret=secret, connect=bool(given.get("connect")))
    return {**body, "secret": secret}  # shown once, as Stripe does


@route("GET", "/v1/webhook_endpoints", stripe_params.WebhookEndpointListParams)
def endpoints(call: Call) -> dict[str, Any]:
    return listing(call, "webhook_endpoint")


@route("DELETE", "/v1/webhook_endpoints/{id}", stripe_params.WebhookEndpointDeleteParams)
def delete(call: Call) -> dict[str, Any]:
    call.store.remove(call.find("webhook_endpoint", call.id))
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}
