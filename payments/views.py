"""Stripe's messages."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import gateway, webhooks


@csrf_exempt
@require_POST
def platform_webhook(request):
    """Stripe's messages about the platform."""
    return _webhook(request, settings.STRIPE_WEBHOOK_SECRETS)


@csrf_exempt
@require_POST
def connect_webhook(request):
    """Stripe's messages about the partners' accounts."""
    return _webhook(request, settings.STRIPE_CONNECT_WEBHOOK_SECRETS)


def _webhook(request, secrets: list[str]) -> HttpResponse:
    """Verify, store, answer; everything else is a job's work."""
    try:
        event = webhooks.receive(request.body, request.headers.get("Stripe-Signature"), secrets)
    except gateway.BadSignature:
        return HttpResponse(status=400)
    if event is not None:
        webhooks.kick(event)
    return HttpResponse(status=200)
