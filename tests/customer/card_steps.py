"""What the browser does at the step of the card."""

from datetime import datetime

from django.urls import reverse

from payments.standin import user_actions
from places.calendar import instant
from tests.payments import cast

CONSENTS = {"starts_early": "on", "terms": "on"}


def url(booking):
    return reverse("customer:card", args=[booking.token])


def type_card(client, draft, number=cast.GOOD, **how):
    """What the browser does between looking and sending."""
    client.get(url(draft))
    return user_actions.type_card(draft.card_setups.latest("number").client_secret, number, **how)


def order(client, draft, language="fr", **values):
    return client.post(
        url(draft), CONSENTS | {"card": "new"} | values, headers={"accept-language": language}
    )


def at(year, month, day, hour=14):
    return instant(datetime(year, month, day, hour), "Europe/Paris")
