"""What the browser sees of the stand-in: the card frame, the bank's question, the onboarding; and
the API for tools.

For this machine only, each page marked as simulated.
"""

import ipaddress
from functools import wraps
from urllib.parse import urlencode

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from payments.standin import user_actions
from payments.standin.accounts import CLOSED_BANK
from payments.standin.client import the_standin
from payments.standin.problems import AnswerLost, Problem


def loopback_only(view):
    """Play money, but still nobody else's business; an empty address is a Unix socket."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        address = request.META.get("REMOTE_ADDR") or "127.0.0.1"
        if not ipaddress.ip_address(address).is_loopback:
            raise Http404
        return view(request, *args, **kwargs)

    return inner


def framed(view):
    """May be shown inside our own pages, as Stripe's frames are."""
    return csp_replace({"frame-ancestors": [SELF]})(xframe_options_sameorigin(view))


@csrf_exempt  # keys and client secrets instead of cookies, as at Stripe
@never_cache
@loopback_only
@require_http_methods(["GET", "POST", "DELETE"])
def api(request, rest):
    query = request.META.get("QUERY_STRING", "")
    try:
        body = request.body.decode()
    except UnicodeDecodeError:
        return JsonResponse(
            {"error": {"type": "invalid_request_error", "message": "Not UTF-8."}}, status=400
        )
    try:
        status, headers, answer = the_standin().handle(
            request.method, f"/v1/{rest}{'?' + query if query else ''}", request.headers, body
        )
    except AnswerLost:
        return HttpResponse(status=502)  # as near to a broken line as an answer can be
    headers.pop("content-type")  # JsonResponse sets it
    return JsonResponse(answer, status=status, headers=headers)


@loopback_only
@framed
@require_safe
def card(request):
    return render(request, "standin/card.html")


@loopback_only
@framed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bank(request, intent_id):
    """The bank's page: agree or refuse.

    In a frame it tells the page around it; else it goes back by redirect.
    """
    secret = request.GET.get("client_secret", "")
    if request.method != "POST":
        return render(request, "standin/bank.html", {"intent": _intent(intent_id, secret)})
    back = (
        (_intent(intent_id, secret)["next_action"] or {})
        .get("redirect_to_url", {})
        .get("return_url")
    )
    answer = user_actions.answer_bank(
        intent_id, secret, passed=request.POST.get("answer") == "agree"
    )
    if not back:
        return render(request, "standin/bank_done.html")
    status = "succeeded" if answer["status"] == "succeeded" else "failed"
    kind = answer["object"]
    query = urlencode({kind: intent_id, f"{kind}_client_secret": secret, "redirect_status": status})
    return redirect(f"{back}{'&' if '?' in back else '?'}{query}")


OUTCOMES = {
    "complete": {"transfers": True, "payouts": True},
    "closed_bank": {"transfers": True, "payouts": True, "bank": CLOSED_BANK},
    "no_bank": {"transfers": True, "payouts": False},
    "refused": {"transfers": False, "payouts": False},
    "later": {"transfers": False, "payouts": False, "submitted": False},
}


@loopback_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def onboarding(request, link_id):
    """The partner's form at Stripe. Opening uses the link up, as there."""
    try:
        if request.method == "POST":
            outcome = OUTCOMES.get(request.POST.get("outcome"), OUTCOMES["later"])
            return redirect(user_actions.leave_onboarding(link_id, **outcome))
        user_actions.open_link(link_id)
    except user_actions.LinkUsed as used:
        return redirect(used.refresh_url)
    except Problem as problem:
        raise Http404 from problem
    return render(request, "standin/onboarding.html")


def _intent(intent_id, secret):
    noun = "setup_intents" if intent_id.startswith("seti_") else "payment_intents"
    path = f"/v1/{noun}/{intent_id}?{urlencode({'client_secret': secret})}"
    status, _, answer = the_standin().handle("GET", path, user_actions.PUBLISHABLE, "")
    if status != 200:
        raise Http404
    return answer
