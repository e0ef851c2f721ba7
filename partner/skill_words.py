"""What a technician has shown they can do, in the reader's language."""

from django.utils.translation import gettext_lazy as _

from accounts.models import Skill

# By its slug in catalogue/data/skills.toml.
SKILLS = {
    "wifi": _("Wi-Fi"),
    "network": _("Networks and internet access"),
    "tv": _("Television"),
    "audio": _("Sound and home cinema"),
    "computer": _("Computers"),
    "data": _("Data and backups"),
    "phone": _("Phones and tablets"),
    "smart-home": _("Smart home"),
    "security-camera": _("Cameras and alarms"),
    "printer": _("Printers and scanners"),
    "coaching": _("Explaining technology"),
}


def skill(row: Skill) -> str:
    """Its name in the language that is active; one that staff have added keeps their words."""
    return str(SKILLS.get(row.slug, row.name))
