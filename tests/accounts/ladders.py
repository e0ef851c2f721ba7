"""Notices of each urgency to one person, and channels that do what a test wants."""

import uuid

from django.conf import settings as site

from accounts import notifications
from accounts.channels import CHANNELS
from accounts.channels.outcomes import MaybeSent, NotSent
from accounts.notice_rows import Channel

SUBJECT = uuid.UUID(int=11)
PHONE = "+33639980117"


def queue(**others):
    facts = {
        "number": "M000007",
        "service": "Wi-Fi",
        "country": "FR",
        "currency": "EUR",
        "zone": "Europe/Paris",
    }
    values = {
        "kind": "lapsed",
        "subject_id": SUBJECT,
        "round": 1,
        "email": "odile@example.com",
        "language": "fr",
        "context": facts,
        "urgency": "vital",
        "sealed": {
            "link": f"{site.SITE_URL}/b/mailed/",
            "page": f"{site.SITE_URL}/b/secret/",
            "phone": PHONE,
        },
    }
    return notifications.queue(**{**values, **others})


class Played:
    """A channel in a mood: works, arrives, dead (cannot reach), refuses, silent (nobody knows),
    killed.
    """

    def __init__(self, mood="works"):
        self.mood, self.sent = mood, []

    def rests(self):
        return False

    def can_reach(self, notice):
        return self.mood != "dead"

    def send(self, attempt):
        match self.mood:
            case "refuses":
                raise NotSent("refused")
            case "silent":
                self.sent.append(attempt.notification_id)
                raise MaybeSent("no answer")
            case "killed before":
                raise SystemExit
            case "killed after":
                self.sent.append(attempt.notification_id)
                raise SystemExit
        self.sent.append(attempt.notification_id)
        return self.mood == "arrives"


def play(monkeypatch, **moods):
    """All four channels, played; those not named work."""
    played = {channel: Played(moods.get(channel.value, "works")) for channel in Channel}
    for channel, one in played.items():
        monkeypatch.setitem(CHANNELS, channel, one)
    return played


def fates(row):
    return dict(row.attempts.values_list("channel", "state"))
