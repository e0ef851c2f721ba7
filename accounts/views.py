"""Messages of providers about what they have sent for us: signed, stored at once, an answer without
a word.
"""

import importlib
import json

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts import receipts, signatures
from accounts.notice_rows import Channel
from mila.clock import machine_now

DELIVERED, REFUSED = "delivered", "failed"


@csrf_exempt
@require_POST
def text_receipt(request):
    """One receipt of a text message: {"id": ..., "state": "delivered" |
    "failed", "reason": ...}.
    """
    try:
        signatures.verify(request.body, request.headers, settings.SMS_RECEIPT_KEYS, machine_now())
    except signatures.BadSignature:
        return HttpResponse(status=400)
    try:
        told = json.loads(request.body)
        name, state, reason = (str(told.get(key, "")) for key in ("id", "state", "reason"))
    except (ValueError, AttributeError):
        return HttpResponse(status=400)
    attempt_id = receipts.by_provider(Channel.SMS, name)
    if attempt_id is not None and state == DELIVERED:
        receipts.arrived(attempt_id)
    elif attempt_id is not None and state == REFUSED:
        receipts.came_back(attempt_id, error=f"Not delivered: {reason}"[:200])
    return HttpResponse(status=200)


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def mail_events(request):
    """What became of mails: the view of django-anymail for the provider in use checks the signature
    and reads them.
    """
    if not settings.MAIL_PROVIDER:
        return HttpResponse(status=403)  # nobody is expected here
    # knows django-anymail, there with a provider alone
    bounces = importlib.import_module("accounts.mail_events")
    return bounces.view(settings.MAIL_PROVIDER)(request)
