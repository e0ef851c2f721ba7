"""What a database needs before anybody can book: postcodes, services with prices, a policy that can
be read.
"""

from collections.abc import Callable

from django.core.management import call_command

from catalogue.models import ServicePrice
from mila.clock import mila_now
from places.models import Postcode
from places.place import Country
from policy.queries import policy_at

LOADS = ("load_gazetteer", "load_catalogue")


def fill(say: Callable[[str], object]) -> None:
    """Bring postcodes and catalogue to the state of this release; a repeat changes nothing, nor
    what people have set.

    The policy's figures are in the code, and dated rows of the admin override them: here they are
    only read once.
    """
    for name in LOADS:
        say(f"{name} ...")
        call_command(name)
    for country in Country.values:
        policy_at(mila_now(), country)
    say("policy: the figures of this release and their dated rows can be read.")


def missing() -> list[str]:
    """What is not there yet, in plain words for /readyz."""
    found = []
    for country in Country.values:
        if not Postcode.objects.filter(country=country).exists():
            found.append(f"no postcodes of {country}")
        if not ServicePrice.objects.filter(country=country).exists():
            found.append(f"no prices for {country}")
    return found
