"""Whether this phone is woken for an offer, and why not (rule N1, D4)."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts import push
from accounts.tasks import push_test
from customer.views.device import said, subscription
from mila import web_push
from mila.clock import mila_now
from mila.formats import span_words
from policy.queries import policy_at
from requests_app.access import technician_page

DEVICE = push.DEVICE


@technician_page
@require_safe
def phone(request, technician):
    """The browser alone knows how it stands; the page has a sentence for each answer."""
    policy = policy_at(mila_now(), technician.partner.country)
    context = {
        "tab": "me",
        "key": web_push.public_key(),
        "window": span_words((policy.offer_window + technician.window_extra).total_seconds()),
        "limit": span_words(policy.offer_ack_limit.total_seconds()),
    }
    return render(request, "partner/phone.html", context)


@technician_page
@require_POST
def wake(request, technician):
    """This browser is woken from now on; one that says so again is known already."""
    try:
        row = push.subscribe(request.user, subscription(said(request)))
    except web_push.NoDevice:
        return HttpResponse(status=422)
    request.session[DEVICE] = row.endpoint_hash
    return JsonResponse({"known": True, "heard_at": row.heard_at and row.heard_at.isoformat()})


@technician_page
@require_POST
def rest(request, technician):
    """It is left alone."""
    push.unsubscribe(request.user, said(request).get("endpoint", ""))
    return HttpResponse(status=204)


@technician_page
@require_POST
def test(request, technician):
    """One message to this very browser, sent by a job: a push service may be slow."""
    row = push.device_of(request.user, said(request).get("endpoint", ""))
    if row is None:
        return HttpResponse(status=409)
    push_test.delay_on_commit(device_id=row.pk)
    return HttpResponse(status=202)
