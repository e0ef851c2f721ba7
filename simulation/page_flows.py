"""The ways through the pages, one function for each thing a person does: for `run --check` and the
live simulation.

Each takes a `Visitor` and raises PageError where the page is not what it should be. Nothing here
knows the database.
"""

import re
from datetime import datetime
from html import unescape
from urllib.parse import urlencode

from simulation.html_client import PageError, Visitor

# --- The customer


def find_service(customer: Visitor, question: str) -> list[str]:
    """Search by what hurts; the addresses of the services found, the closest first."""
    customer.get("/")
    customer.submit(customer.form(has="q"), q=question)
    links = re.findall(r'href="(/services/[\w-]+/)"', customer.page)
    return [
        link for link in dict.fromkeys(links) if link not in ("/services/search/", "/services/in/")
    ]


def open_first_step(customer: Visitor, service: str, country: str = "FR") -> None:
    """From a service's page to the first step; nothing is written yet."""
    customer.get(f"/book/{service}/?country={country}")


def give_place(
    customer: Visitor, *, street: str, postcode: str, city: str, door_code: str = ""
) -> str:
    """The address begins the draft; its path, which is its secret."""
    form = customer.form(has="street")
    customer.submit(form, street=street, postcode=postcode, city=city, door_code=door_code)
    _at_step(customer, "when")
    found = re.match(r"/book/d/[\w-]+/", customer.path)
    if not found:
        raise PageError(f"The first step leads to {customer.path}, not to a draft.")
    return found[0]


def choose_time(customer: Visitor, starts: list[datetime]) -> None:
    """Up to three wishes in order, as wall times: each day is opened, then its hour is chosen."""
    _at_step(customer, "when")
    for start in starts:
        wall = start.isoformat(timespec="minutes")
        form = customer.form(has="current")
        if wall not in form.choices.get("slot", []):
            customer.submit(form, other_day=start.date().isoformat())
            form = customer.form(has="current")
        if start is starts[-1]:
            customer.submit(form, slot=wall)
        elif "add" in form.names:
            customer.submit(form, slot=wall, add="1")
        else:  # a further wish is added once it is on the page
            customer.submit(form, slot=wall, show="1")
            customer.submit(customer.form(has="current"), add="1")
    _at_step(customer, "who")


def give_contact(customer: Visitor, *, name: str, email: str, phone: str, problem: str) -> None:
    _at_step(customer, "who")
    customer.submit(
        customer.form(has="problem"), name=name, email=email, phone=phone, problem=problem
    )
    _at_step(customer, "card")


def type_card(customer: Visitor, number: str) -> None:
    """What the provider's fields on this page do: a card for a token, the token confirmed, the
    bank's question.
    """
    secret, key = (
        _attribute(customer, "data-client-secret"),
        _attribute(customer, "data-publishable-key"),
    )
    headers = {"Authorization": f"Bearer {key}", "Stripe-Version": "browser"}
    card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    method = customer.call(
        "/_stripe/v1/payment_methods",
        [("type", "card"), *((f"card[{name}]", value) for name, value in card.items())],
        headers,
    )
    confirm(customer, secret, method["id"], headers)


def confirm(customer: Visitor, secret: str, method: str, headers: dict[str, str]) -> None:
    """Confirm a set-up or a payment with this card, and say yes to the bank if it asks."""
    intent_id = secret.partition("_secret_")[0]
    noun = "setup_intents" if intent_id.startswith("seti_") else "payment_intents"
    fields = [("client_secret", secret), ("payment_method", method), ("use_stripe_sdk", "true")]
    answer = customer.call(f"/_stripe/v1/{noun}/{intent_id}/confirm", fields, headers)
    refused = answer.get("error", {})
    # Confirmed already, and the answer to it was lost: the refusal holds the intent as it is now.
    intent = refused.get(noun.removesuffix("s")) or answer
    if intent.get("status") not in ("requires_action", "succeeded"):
        raise PageError(
            f"The card was refused: {refused.get('message', intent.get('status'))}", 402
        )
    if intent["status"] == "requires_action":
        here = customer.page, customer.address
        customer.get(f"/_stripe/3ds/{intent_id}/?{urlencode({'client_secret': secret})}")
        customer.submit(customer.form(has="answer"), answer="agree")
        customer.page, customer.address = here


def order(customer: Visitor) -> str:
    """Tick what the law wants ticked and order; the path of the booking's own page."""
    form = customer.form(within="step")
    boxes = {name: form.choices[name] for name in ("starts_early", "terms") if name in form.choices}
    customer.submit(form, **boxes)
    found = re.fullmatch(r"/b/[\w-]+/", customer.path)
    if not found:
        raise PageError(f"The order leads to {customer.path}: {customer.words[:300]}")
    return found[0]


def cancel(customer: Visitor, booking: str) -> None:
    """Read the cost, then cancel."""
    customer.get(f"{booking}cancel/")
    customer.submit(customer.form(has="seen"))


def pay(customer: Visitor, booking: str) -> None:
    """What the card refused: answer the bank, or pay with another card."""
    customer.get(f"/pay/{booking.removeprefix('/b/')}")
    if "/pay/" not in customer.path:
        return  # it is paid meanwhile
    if 'data-payment-method="' in customer.page:
        headers = {
            "Authorization": f"Bearer {_attribute(customer, 'data-publishable-key')}",
            "Stripe-Version": "browser",
        }
        confirm(
            customer,
            _attribute(customer, "data-client-secret"),
            _attribute(customer, "data-payment-method"),
            headers,
        )
    else:
        type_card(customer, "4242424242424242")
    customer.submit(customer.form(has="card"), card="new")


def stream_address(visitor: Visitor) -> str:
    """Where the open page listens for what changes."""
    return visitor.site + _attribute(visitor, "data-live-url")


# --- The partner


def sign_in(partner: Visitor, email: str, password: str) -> None:
    """Through the door everybody uses; ends on the offers."""
    partner.get("/accounts/login/?next=/partner/offers/")
    partner.submit(partner.form(has="password"), login=email, password=password)
    if not partner.path.startswith("/partner/"):
        raise PageError(f"Signing in leads to {partner.path}: {partner.words[:200]}")


def see_earnings(partner: Visitor, code: str) -> None:
    """Behind the second factor, which is asked for on the way there."""
    partner.get("/partner/earnings/")
    if not partner.path.startswith("/partner/"):
        partner.submit(partner.form(has="code"), code=code)


def see_offer(partner: Visitor) -> int | None:
    """Look at the offers: the number of the one that is theirs now, its two minutes begun; None
    when there is none.
    """
    partner.get("/partner/offers/")
    found = re.fullmatch(r"/partner/offers/(\d+)/", partner.path)
    return int(found[1]) if found else None


def open_jobs(partner: Visitor) -> list[str]:
    """The jobs they may tap, by their public ids, on the page of offers."""
    return re.findall(r'action="/partner/jobs/([0-9a-f-]{36})/tap/"', partner.page)


def tap(partner: Visitor, job: str) -> int | None:
    """Ask for a window of one's own; the number of the offer, None when a colleague is looking."""
    partner.submit(partner.form(to=f"/partner/jobs/{job}/tap/"))
    found = re.fullmatch(r"/partner/offers/(\d+)/", partner.path)
    return int(found[1]) if found else None


def claim(partner: Visitor) -> str:
    """Take the offer on the page at its first time; the job's public id."""
    partner.submit(partner.form(to="/claim/"))
    found = re.fullmatch(r"/partner/jobs/([0-9a-f-]{36})/", partner.path)
    if not found:
        raise PageError(f"The claim leads to {partner.path}: {partner.words[:200]}", 409)
    return found[1]


def decline(partner: Visitor, reason: str = "time") -> None:
    partner.submit(partner.form(to="/decline/"), reason=reason)


def record_call(partner: Visitor, job: str, *, reached: bool = True, note: str = "") -> None:
    partner.get(f"/partner/jobs/{job}/call/")
    partner.submit(partner.form(has="reached"), reached="yes" if reached else "no", note=note)


def press(partner: Visitor, job: str, move: str) -> None:
    """The one big button of the job's page: confirm, depart or arrive.

    PageError when another one is there.
    """
    partner.get(f"/partner/jobs/{job}/")
    partner.submit(partner.form(to=f"/{move}/"))


def begin(partner: Visitor, job: str, code: str = "") -> None:
    """The work begins with the customer's four digits; without a code, by the form that says so."""
    partner.get(f"/partner/jobs/{job}/")
    if code:
        partner.submit(partner.form(has="code"), code=code)
    else:
        partner.submit(partner.form(has="without"))


def propose(partner: Visitor, job: str, *, price: str, reason: str) -> None:
    """A Friend proposes another price before the work."""
    partner.get(f"/partner/jobs/{job}/price/")
    partner.submit(partner.form(has="reason"), price=price, reason=reason)
    if not partner.path.endswith(f"/jobs/{job}/"):
        raise PageError(f"Proposing leads to {partner.path}: {partner.words[:300]}")


def answer_price(customer: Visitor, booking: str, *, accept: bool) -> None:
    """What was proposed, accepted or declined on the customer's own page."""
    customer.get(f"{booking}price/")
    customer.submit(customer.form(within="answer"), **{"accept" if accept else "decline": "1"})


def finish(partner: Visitor, job: str, *, done: str, price: str | None = None) -> None:
    """The report with its two ticks; a Friend may also ask less. Ends on the page to sign."""
    partner.get(f"/partner/jobs/{job}/finish/")
    form = partner.form(has="done")
    values = {"done": done, "explained": "on", "tidied": "on"}
    if price is not None and "price" in form.names:
        values["price"] = price
    partner.submit(form, **values)


def sign(partner: Visitor, job: str, *, name: str) -> None:
    """The phone is turned: the customer types a name."""
    partner.get(f"/partner/jobs/{job}/sign/")
    partner.submit(partner.form(within="sign"), typed=name)


def rate(partner: Visitor, job: str, stars: int, comment: str = "") -> None:
    """The stars, still on the partner's phone."""
    partner.get(f"/partner/jobs/{job}/rate/")
    form = partner.form(has="quality")
    partner.submit(form, quality=stars, punctuality=stars, friendliness=stars, comment=comment)


def cannot_do(partner: Visitor, job: str, *, why: str, fault: str) -> None:
    """The visit ends without the work."""
    partner.get(f"/partner/jobs/{job}/")
    partner.submit(partner.form(to="/fail/"), why=why, fault=fault)


# --- Reading a page


def _at_step(customer: Visitor, step: str) -> None:
    if not customer.path.endswith(f"/{step}/"):
        raise PageError(
            f"This should be the step {step}, it is {customer.path}: {customer.words[:300]}"
        )


def _attribute(visitor: Visitor, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', visitor.page)
    if not found:
        raise PageError(f"{visitor.path} has no {name}: {visitor.words[:200]}")
    return unescape(found[1])
