"""Who is told what: each message in each language, with the facts of its row alone
(rule N2, D8; fault A2).
"""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as site
from django.core import mail
from django.template import engines

from accounts import account_mail, delivery, mail_words, search_rows, still_you
from accounts.models import Notification
from dispatch import alerts
from mila.clock import mila_now, set_clock
from payments import bank_mail
from payments.payouts import telling
from policy.figures import Policy
from requests_app import deadlines, notices, secret_link
from requests_app.actions import changes, signing, visit
from requests_app.lifecycle import MOVES, Role
from requests_app.models import Booking, State
from requests_app.notices import KINDS, To
from requests_app.sweeps import CLOCK_NOTICES
from tests import factories
from tests.cast import claimed, walk

WORDS = Path(site.BASE_DIR) / "templates" / "emails"
LANGUAGES = [code for code, _name in site.LANGUAGES]
AT = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)  # Thursday, 17:30 in Paris
LINK = f"{site.SITE_URL}/b/secret/"
# One plausible value for every fact there is, and for what callers may give.
SAMPLES = {
    "place": "69007 Lyon",
    "postcode": "69007",
    "duration_minutes": 60,
    "prepare": ["The box", "The password"],
    "technician": "Yanis Corvel",
    "partner": "Yanis Corvel Friend",
    "who": "Yanis Corvel (Corvel Services)",
    "friend": True,
    "reached": True,
    "visit_code": "4821",
    "code": "123456",
    "starts_at": [AT, AT + timedelta(days=1)],
    "lines": [
        {"label": "Wi-Fi lent", "quantity": 1, "cents": 6900},
        {"label": "Répéteur", "quantity": 2, "cents": 5000},
    ],
    "distance_m": 4200,
    "papers": [],
    "calendar": {
        "sequence": 7,
        "from": AT.isoformat(),
        "minutes": 60,
        "stands": True,
        "where": "69007 Lyon",
        "who": "Yanis Corvel",
    },
    "until_at": AT,
}
COMMON = {
    "number": "M000042",
    "service": "Wi-Fi lent",
    "country": "FR",
    "currency": "EUR",
    "zone": "Europe/Paris",
}


def sample(fact):
    if fact in SAMPLES:
        return SAMPLES[fact]
    return AT if fact.endswith("_at") else 2590


def carried(kind):
    """Names of the facts a message of this kind carries."""
    notice = KINDS[kind]
    return {notices._name(fact) for fact in notice.facts} | set(notice.given)


def rendered(kind, language="fr", **others):
    facts = {**COMMON, "link": LINK, **{fact: sample(fact) for fact in carried(kind)}, **others}
    row = Notification(
        pk=1, kind=kind, subject_id=uuid.UUID(int=1), email="a@example.com", language=language
    )
    row.sealed = json.dumps(
        {name: facts.pop(name) for name in ("link", *notices.SEALED) if name in facts}
    )
    row.queued_at = AT
    row.context = json.loads(json.dumps(mail_words.storable(facts)))
    return mail_words.render(row)


# About a partner, of no booking: actions.appealing and accounts.actions.
OF_PEOPLE = {"appeal_ops", "appeal_due_ops", "appeal_decided", "suspended", "reinstated"}


def source(name):
    text = (WORDS / f"{name}.txt").read_text()
    return text + "".join(source(part) for part in re.findall(r'include "emails/(\w+)\.txt"', text))


@pytest.fixture
def _holes_show(monkeypatch):
    """A word that asks for a fact nobody gave shows a mark instead of nothing."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "HOLE")


# --- The words


def test_every_kind_has_its_words_and_no_words_are_left_over():
    files = {path.stem for path in WORDS.glob("*.txt")}

    assert {name for name in files if not name.startswith("_")} == {
        *KINDS,
        *account_mail.KINDS.values(),
        still_you.KIND,
        search_rows.KIND,
        delivery.TEXTS_USED_UP,
        alerts.KEPT,
        alerts.COMES,
        *telling.KINDS,
        bank_mail.KIND,
        *OF_PEOPLE,
    }


def test_everything_the_lifecycle_tells_is_a_kind():
    told = {kind for move in MOVES.values() for kind in move.notices}
    told |= {kind for kinds in CLOCK_NOTICES.values() for kind in kinds}

    assert told <= set(KINDS)


@pytest.mark.usefixtures("_holes_show")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_renders(kind, language):
    message = rendered(kind, language)
    [page] = [content for content, _type in message.alternatives]

    assert re.fullmatch(r"\S.{8,100}\S", message.subject)
    for text in (message.subject, message.body, page):
        assert not re.search(r"HOLE|%\(|\{\{|\{%|None|\bNaN\b", text)
    assert re.search(rf"^.+: {re.escape(LINK)}$", message.body, re.MULTILINE)
    assert f'class="button" href="{LINK}"' in page
    assert f'<html lang="{language}">' in page
    assert "\n\n\n" not in message.body


@pytest.mark.usefixtures("_holes_show")
@pytest.mark.parametrize("kind", KINDS)
def test_renders_with_what_may_be_missing(kind):
    absent = {
        "technician": "",
        "prepare": [],
        "reached": False,
        "friend": False,
        "fee_cents": 0,
        "charge_cents": None,
    }
    absent |= {"call_due_at": None, "free_until_at": None, "until_at": None, "distance_m": None}
    message = rendered(
        kind, **{fact: value for fact, value in absent.items() if fact in carried(kind)}
    )

    assert message.subject
    assert "None" not in message.body


@pytest.mark.parametrize("kind", KINDS)
def test_carries_nothing_its_words_do_not_use(kind):
    text = source(kind)

    assert {fact for fact in carried(kind) if not re.search(rf"\b{fact}\b", text)} - {
        "until_at",
        "calendar",
    } == set()


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if any(fact.endswith("_at") for fact in carried(kind))]
)
def test_instants_are_written_with_weekday_and_hour_of_the_place(kind):
    body = rendered(kind).body

    assert "26 novembre" in body
    # papers have the year, and a fault counts until a day
    if kind not in ("receipt", "withdrawn", "fault_noted"):
        assert "jeudi 26 novembre à 17 h 30" in body.replace("\u00a0", " ")


def test_day_before_a_clock_change_is_named_with_its_own_hour():
    """24 hours before Sunday 10:00, when the night was 25 hours long, is
    Saturday 11:00 (fault T7).
    """
    start = datetime(2026, 10, 25, 9, 0, tzinfo=UTC)
    body = rendered("called", start_at=start, confirm_due_at=start - timedelta(hours=24)).body

    assert "dimanche 25 octobre à 10 h" in body.replace("\u00a0", " ")
    assert "samedi 24 octobre à 11 h" in body.replace("\u00a0", " ")


# --- Whom, and what they may know


def queued(kind, **where):
    return Notification.objects.get(kind=kind, **where)


def in_english(row):
    """The text of a message in the language of its words in the code."""
    row.language = "en"
    return mail_words.render(row).body


def contact_of(booking):
    """Everything only the partner's job page may show, and the customer's own key to their page."""
    contact = booking.contact
    return {
        contact.name,
        contact.phone,
        contact.street,
        contact.door_code,
        contact.problem,
        contact.at_the_door,
        booking.customer.email,
        booking.customer.name,
        booking.token,
    }


@pytest.fixture
def signed(morning, partner):
    """A job to its signature; every private word of the customer is one of a kind."""
    booking = factories.placed_booking(
        customer=factories.UserFactory(name="Canary Kunde", email="canary@example.com"),
        contact={
            "name": "Canary Name",
            "street": "9 rue Canari",
            "door_code": "C4N4RY",
            "problem": "canary problem",
            "phone": "+33639980999",
            "at_the_door": "Canary Door",
        },
    )
    return walk(booking, partner, State.SIGNED_OFF)


def test_partners_get_no_contact_data_of_the_customer(signed, partner, rival_partner):
    for kind, notice in KINDS.items():
        if notice.to in (To.PARTNER, To.FORMER):
            notices.queue(signed, kind, round=99, former=rival_partner)
    notices.queue(signed, "offer", round=100, technician=rival_partner)
    rows = Notification.objects.exclude(email="canary@example.com").exclude(email=site.OPS_EMAIL)
    assert rows.count() >= sum(notice.to in (To.PARTNER, To.FORMER) for notice in KINDS.values())

    for row in rows:
        message = mail_words.render(row)
        seen = (
            json.dumps(row.context, ensure_ascii=False)
            + message.subject
            + message.body
            + message.alternatives[0][0]
        )
        assert [canary for canary in contact_of(signed) if canary in seen] == [], row.kind


def test_canaries_would_be_found(signed):
    """Control: the customer's own messages do carry their key."""
    row = queued("booked")

    assert signed.token in mail_words.render(row).body


def test_before_the_claim_an_offer_tells_district_time_and_earnings_alone(searching, partner):
    notices.queue(searching, "offer", round=1, technician=partner, distance_m=4200)

    row = queued("offer", round=1)
    assert set(row.context) == {
        "number",
        "service",
        "country",
        "currency",
        "zone",
        "postcode",
        "starts_at",
        "duration_minutes",
        "earnings_cents",
        "distance_m",
    }
    assert row.context["earnings_cents"] == 5520
    assert mail_words.unsealed(row)["link"] == f"{site.SITE_URL}/partner/offers/"


def test_caller_cannot_slip_in_other_facts(searching, partner):
    with pytest.raises(TypeError, match="street"):
        notices.queue(searching, "offer", round=1, technician=partner, street="14 rue de l’Exemple")

    assert not Notification.objects.filter(kind="offer").exists()


def test_each_is_told_in_their_own_language_by_their_own_link(searching, partner):
    Booking.objects.update(language="de")
    partner.user.language = "it"
    partner.user.save(update_fields=["language"])
    job = claimed(searching, partner)

    to_customer, to_partner = queued("claimed"), queued("job_claimed")
    assert (to_customer.email, to_customer.language, to_customer.user) == (
        job.customer.email,
        "de",
        job.customer,
    )
    assert mail_words.unsealed(to_customer)["link"] == secret_link.mailed_url(job)
    assert job.token not in str(to_customer.context)
    assert (to_partner.email, to_partner.language, to_partner.user) == (
        partner.user.email,
        "it",
        partner.user,
    )
    assert mail_words.unsealed(to_partner)["link"] == f"{site.SITE_URL}/partner/jobs/{job.uuid}/"


def test_name_of_the_service_is_the_readers(searching):
    searching.service.name_de = "Langsames WLAN"
    searching.service.save()
    searching.language = "de"
    notices.queue(searching, "search_warning", round=1)
    notices.queue(searching, "search_warning_ops", round=1)

    assert queued("search_warning").context["service"] == "Langsames WLAN"
    assert queued("search_warning_ops").context["service"] == "Wi-Fi lent"


def test_staff_read_it_at_their_address(job):
    row = notices.queue(job, "late_ops", round=1)

    assert (row.email, row.user, row.language) == (site.OPS_EMAIL, None, "fr")
    assert (
        mail_words.unsealed(row)["link"]
        == f"{site.SITE_URL}/admin/requests_app/booking/{job.pk}/change/"
    )


def test_a_repeat_tells_nobody_twice(job):
    assert notices.queue(job, "late", round=1) is not None
    assert notices.queue(job, "late", round=1) is None


def test_nobody_to_tell(db, customer):
    draft = factories.DraftFactory(customer=None)

    assert notices.queue(draft, "draft_saved", round=1) is None
    assert notices.queue(draft, "job_claimed", round=1) is None
    assert notices.queue(draft, "job_cancelled", round=1, former=None) is None
    assert not Notification.objects.exists()


def test_who_keeps_the_job_is_not_told_that_they_lost_it(job, partner):
    assert notices.queue(job, "job_taken", round=1, former=partner) is None


# --- The facts on the way


def test_claim_tells_both_clocks_of_the_rule(job):
    clocks = deadlines.two_clocks(job.clocks_from_at, job.start_at, job.timezone, job.policy)
    context = queued("job_claimed").context

    assert context["call_due_at"] == clocks.call_due.isoformat()
    assert context["confirm_due_at"] == clocks.confirm_due.isoformat()
    assert queued("claimed").context["call_due_at"] == clocks.call_due.isoformat()
    assert queued("claimed").context["friend"] is True


def test_reminders_are_not_sent_after_their_clock_nor_into_the_night(job):
    row = notices.queue(job, "call_reminder", round=1)

    due = datetime.fromisoformat(row.context["call_due_at"])
    evening = due.astimezone(ZoneInfo(job.timezone)).replace(
        hour=21, minute=0, second=0, microsecond=0
    )
    assert datetime.fromisoformat(row.context["until_at"]) == min(due, evening)


@pytest.mark.parametrize(
    ("country", "days", "words"),
    [
        ("CH", 3, "You may cancel free of charge until "),
        ("CH", 1, "cancelling now costs"),
        # inside the 14 days of withdrawal
        ("FR", 3, "You may cancel free of charge until Yanis Corvel sets off"),
        ("FR", 20, "You may cancel free of charge until "),
    ],
)
def test_what_cancelling_will_cost_is_said(job, country, days, words):
    job.country, job.currency = country, "CHF" if country == "CH" else "EUR"
    job.start_at = job.clocks_from_at + timedelta(days=days)
    job.placed_at = job.clocks_from_at - timedelta(hours=1)
    row = notices.queue(job, "claimed", round=99)
    body = in_english(row)

    assert words in body
    assert ("sets off" in body) == ("sets off" in words)
    assert job.policy.cancel_fee_cents[job.currency] == row.context["cancel_cents"]


def test_moved_start_keeps_its_old_hour_for_the_cost(job):
    job.country, job.currency = "CH", "CHF"
    job.cancel_start_at = job.start_at
    job.start_at = job.start_at + timedelta(days=9)
    row = notices.queue(job, "confirmed", round=99)

    assert row.context["free_until_at"] == (job.cancel_start_at - timedelta(hours=24)).isoformat()


def test_call_without_an_answer_is_not_called_a_talk(job, partner):
    for minutes, channel in ((0, "phone"), (40, "text"), (80, "phone")):
        set_clock(job.claimed_at + timedelta(minutes=minutes))
        visit.record_call(job.pk, partner.pk, by=partner.user, channel=channel, reached=False)

    assert "without success" in in_english(queued("called"))
    assert Notification.objects.filter(kind="not_reached_ops").count() == 1


@pytest.mark.parametrize("reached", [True, False])
def test_who_was_spoken_with_is_asked_with_the_confirmation_whether_it_is_so(reached, job, partner):
    """A call that never took place is found out without a message of its own (rule L1)."""
    for minutes, channel in ((0, "phone"), (40, "text"), (80, "phone")):
        set_clock(job.claimed_at + timedelta(minutes=minutes))
        visit.record_call(job.pk, partner.pk, by=partner.user, channel=channel, reached=reached)
    visit.confirm(job.pk, partner.pk, by=partner.user)

    assert (
        "If that call never took place, please tell us." in in_english(queued("confirmed"))
    ) == reached
    assert Notification.objects.filter(kind="called").exists() == (not reached)


def test_move_tells_whether_the_technician_stays(job, partner):
    later = factories.service_day_at(16, days=6)
    wall = datetime.fromisoformat(factories.wall(later))
    changes.move(job.pk, [wall], role=Role.CUSTOMER, by=job.customer)
    kept = queued("moved")
    visit.release(job.pk, partner.pk, by=partner.user, reason="ill")
    changes.move(job.pk, [wall + timedelta(hours=1)], role=Role.CUSTOMER, by=job.customer)
    searching_again = queued("moved", round__gt=kept.round)

    assert kept.context["starts_at"] == [later.isoformat()]
    assert "calls you by" in in_english(kept)
    assert queued("job_moved").context["start_at"] == later.isoformat()
    assert (searching_again.context["call_due_at"], searching_again.context["confirm_due_at"]) == (
        None,
        None,
    )
    assert "We are now asking technicians" in in_english(searching_again)


def test_who_lost_it_is_told_the_hour_they_had(job, partner):
    visit.release(job.pk, partner.pk, by=partner.user, reason="ill")

    row = queued("job_released")
    assert row.user == partner.user
    assert row.context["lost_start_at"] == job.start_at.isoformat()
    assert mail_words.unsealed(row)["link"] == f"{site.SITE_URL}/partner/offers/"
    assert queued("partner_lost").context["starts_at"] == [job.start_at.isoformat()]


def test_displaced_technician_is_told(job, partner, rival_partner):
    job.technician, job.partner = rival_partner, rival_partner.partner
    row = notices.queue(job, "job_taken", round=9, former=partner)

    assert row.user == partner.user
    assert row.context["lost_start_at"] == job.start_at.isoformat()


def test_late_cancellation_names_cost_and_share(job, partner):
    Booking.objects.filter(pk=job.pk).update(claimed_at=mila_now() - timedelta(days=20))
    set_clock(job.start_at - timedelta(hours=5))
    changes.cancel(job.pk, role=Role.CUSTOMER, by=job.customer, accepted_cost_cents=2500)

    assert queued("cancelled").context["fee_cents"] == 2500
    share = queued("job_cancelled").context
    assert (share["fee_cents"], share["fee_share_cents"]) == (2500, 2000)


def test_receipt_and_pay_slip_add_up(signed):
    signing.settle(signed.pk)

    receipt, slip = queued("receipt").context, queued("job_paid").context
    assert (
        sum(line["cents"] for line in receipt["lines"]) + receipt["fee_part_cents"]
        == receipt["charge_cents"]
        == 7190
    )
    assert slip["commission_cents"] + slip["partner_cents"] == slip["price_cents"] == 6900
    assert receipt["guarantee_until_at"] == (signed.signed_off_at + timedelta(days=14)).isoformat()
    assert "Total, VAT included: €71.90" in in_english(queued("receipt"))


def test_receipt_without_lines_has_one(signed):
    signed.sign_off.quote.lines.all().delete()
    row = notices.queue(signed, "receipt", round=99)

    assert row.context["lines"] == [{"label": "Wi-Fi lent", "quantity": 1, "cents": 6900}]


def test_signature_is_asked_for_with_the_final_price_and_its_end(searching, partner):
    job = walk(searching, partner, State.FINISHED)
    row = notices.queue(job, "please_sign", round=1)

    assert row.context["final_cents"] == 7190
    assert row.context["signature_limit_at"] == (job.finished_at + timedelta(hours=72)).isoformat()
    assert notices.queue(job, "undecided_ops", round=1).context["final_cents"] == 7190


def test_refusal_tells_all_three(searching, partner):
    job = walk(searching, partner, State.FINISHED)
    signing.refuse(job.pk, by=job.customer, reason="It does not work")

    told = {row.kind: row.email for row in Notification.objects.filter(kind__contains="contested")}
    assert told == {
        "contested": job.customer.email,
        "job_contested": partner.user.email,
        "contested_ops": site.OPS_EMAIL,
    }


def test_decision_names_the_amount_once_it_is_frozen(searching, partner, staff):
    job = walk(searching, partner, State.FINISHED)
    signing.refuse(job.pk, by=job.customer, reason="It does not work")
    assert notices.queue(job, "decided", round=99).context["charge_cents"] is None
    signing.decide(job.pk, service_cents=4000, by=staff, reason="Half of it works")

    assert queued("decided", round__lt=99).context["charge_cents"] == 4290


def test_what_is_owed_is_what_was_signed_else_the_fee(signed, searching):
    searching.fee_cents = 2500

    assert notices.queue(signed, "unpaid", round=1).context["owed_cents"] == 7190
    assert notices.queue(searching, "unpaid", round=1).context["owed_cents"] == 2500


@pytest.mark.parametrize(
    ("placed", "free"),
    [
        (timedelta(days=5), timedelta(hours=24)),
        (timedelta(hours=3), timedelta(hours=2, minutes=30)),
    ],
)
def test_free_until_a_day_before_or_half_an_hour_after_booking(placed, free):
    assert deadlines.free_until(AT, AT - placed, Policy()) == AT - free


def test_everything_of_a_job_goes_out(signed):
    signing.settle(signed.pk)
    delivery.sweep()

    still_true = Notification.objects.exclude(kind="offer")  # its two minutes are long over
    by_text = still_true.filter(attempts__channel="sms", attempts__state="reached")
    assert set(still_true.values_list("state", flat=True)) == {"sent", "reached"}
    assert len(mail.outbox) == still_true.count() - by_text.count()
    assert "en_route" in by_text.values_list("kind", flat=True)
