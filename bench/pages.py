"""What a page costs beside a bare view of the same server: a table, and as many statements. By
hand:

    python -m bench.pages [--rounds 40]

CPU of the process that answers (not the database), statements, columns of loaded rows and kB of
each page, measured in one run through the whole stack of middleware. In a dataset of its own, made
anew. One JSON line a page.
"""

import argparse
import json
import os
import time

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
    os.environ["MILA_INSTANCE"] = "pages"
    import django

    django.setup()

from django.core.management import call_command
from django.http import HttpResponse
from django.template import Context, Engine
from django.test import Client, override_settings
from django.urls import path, reverse

from accounts.models import User
from bench.claim_race.dataset import MORNING
from devstack.instances import fresh_databases
from dispatch import offers
from dispatch.models import Offer
from embedded import hold
from mila.clock import set_clock
from mila.urls import urlpatterns as of_the_site
from mila.web.middleware import visitors_page
from requests_app.models import Booking
from tests import factories
from tests.broker import broker_redis
from tests.page_costs import counted
from tests.signing_in import sign_in

TECHNICIANS = 8  # and as many bookings, each offered to one of them; half are claimed


ROWS = [{"name": f"Row {n}", "city": "Lyon", "cents": 100 * n} for n in range(45)]
TABLE = """<!doctype html><html lang="fr"><title>{{ title }}</title><table>{% for row in rows %}
<tr><td>{{ row.name }}</td><td>{{ row.city }}</td><td>{{ row.cents }}</td></tr>
{% endfor %}</table></html>"""


@visitors_page
def bare(request, count):
    """As many statements as the page, each a row by its key through the object mapper, and a table
    of 45 rows.
    """
    for _ in range(count):
        User.objects.filter(pk=1).first()
    return HttpResponse(PAGE.render(Context({"title": "bare", "rows": ROWS})))


PAGE = Engine.get_default().from_string(TABLE)
handler400 = handler403 = handler404 = handler500 = None
urlpatterns = [path("bench/bare/<int:count>/", bare), *of_the_site]


def cpu_ms(client, address, rounds):
    client.get(address)
    began = time.process_time()
    for _ in range(rounds):
        client.get(address)
    return 1000 * (time.process_time() - began) / rounds


def pages():
    """Name, who asks, address, and how many times the bare view it may cost."""
    visitor, customer, technician, staff = Client(), Client(), Client(), Client()
    offer = Offer.objects.filter(state="open").select_related("technician__user", "booking").first()
    job = (
        Booking.objects.filter(state="claimed")
        .select_related("technician__user", "customer")
        .first()
    )
    technician.force_login(job.technician.user)
    holder = Client()
    holder.force_login(offer.technician.user)
    customer.force_login(job.customer)
    sign_in(
        staff, User.objects.create_superuser(email="ops@example.com", password=None, name="Ops")
    )
    yield "home", visitor, reverse("customer:home"), 2
    yield "services", visitor, reverse("customer:services"), 2
    yield "prices", visitor, reverse("customer:prices"), 2
    yield "help", visitor, reverse("customer:help"), 2
    yield "booking", customer, reverse("customer:booking", args=[job.token]), 2.5
    yield "jobs", technician, reverse("partner:jobs"), 2.5
    yield "job", technician, reverse("partner:job", args=[job.uuid]), 2.5
    yield "offers", technician, reverse("partner:offers"), 2.5
    yield "offer", holder, reverse("partner:offer", args=[offer.pk]), 2.5
    yield "board", staff, reverse("admin:index"), 3
    yield "board alone", staff, reverse("admin:board"), 3


def dataset():
    fresh_databases()
    set_clock(MORNING)
    call_command("load_catalogue", verbosity=0)
    for _ in range(TECHNICIANS):
        factories.TechnicianFactory()
    opened = [offers.open_next(factories.placed_booking().pk) for _ in range(TECHNICIANS)]
    for offer in opened[: TECHNICIANS // 2]:
        offers.claim(offer.booking_id, offer.technician_id, rank=1, by=offer.technician.user)


@override_settings(ROOT_URLCONF="bench.pages", ALLOWED_HOSTS=["testserver"])
def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=40)
    rounds = arguments.parse_args().rounds
    dataset()
    for name, client, address, wanted in pages():
        answer = client.get(address)
        with counted() as cost:
            answer = client.get(address)
        assert answer.status_code == 200, (name, answer.status_code)
        beside = f"/bench/bare/{cost.statements}/"
        spent, bare_ms = cpu_ms(client, address, rounds), cpu_ms(client, beside, rounds)
        figures = {
            "cpu_ms": round(spent, 1),
            "bare_ms": round(bare_ms, 1),
            "times": round(spent / bare_ms, 1),
        }
        rows = {
            "statements": cost.statements,
            "columns": cost.columns,
            "kb": round(len(answer.content) / 1000, 1),
        }
        print(
            json.dumps({"what": "page", "name": name, **figures, "wanted_times": wanted, **rows}),
            flush=True,
        )
    broker_redis().flushdb()


if __name__ == "__main__":
    with hold():
        main()
