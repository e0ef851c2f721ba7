"""`python -m bench.claim_race`: the three races, one after the other, and a line of figures for
each.
"""

import argparse
import json
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    os.environ["MILA_INSTANCE"] = "race"
    import django

    django.setup()

from bench.claim_race.races import race_offered, race_pool, race_unguarded
from devstack.instances import fresh_databases
from embedded import hold
from tests.broker import broker_redis


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bookings", type=int, default=2000)
    arguments.add_argument("--sessions", type=int, default=64)
    arguments.add_argument("--processes", type=int, default=8)
    arguments.add_argument("--control", type=int, default=200, help="bookings of the control")
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    fresh_databases()
    how = {"sessions": wanted.sessions, "processes": wanted.processes, "seed": wanted.seed}
    failed = False
    for race, count in (
        (race_offered, wanted.bookings),
        (race_pool, wanted.bookings),
        (race_unguarded, wanted.control),
    ):
        part = race(count, **how)
        percent = round(100 * part.doubles / part.bookings, 2)
        line = {key: value for key, value in vars(part).items() if key != "broken"} | {
            "doubles_percent": percent
        }
        print(
            json.dumps(
                {
                    **line,
                    "broken": part.broken[:5],
                    "sessions": wanted.sessions,
                    "seed": wanted.seed,
                }
            ),
            flush=True,
        )
        failed |= percent < 1 if part.name == "control" else not part.holds
        broker_redis().flushdb()  # nobody works on these messages
    return int(failed)


if __name__ == "__main__":
    with hold():
        sys.exit(main())
