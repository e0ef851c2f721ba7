"""The facts a message has of its booking (rule N2)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as site
from django.core import mail

from accounts import delivery, mail_words
from accounts.models import Notification
from mila.clock import mila_now, set_clock
from policy.figures import Policy
from requests_app import deadlines, notices
from requests_app.actions import changes, signing, visit
from requests_app.lifecycle import Role
from requests_app.models import Booking, State
from tests import factories
from tests.cast import walk
from tests.requests_app.notice_steps import queued, signed

__all__ = ["signed"]  # fixtures
AT = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)  # Thursday, 17:30 in Paris


def in_english(row):
    """The text of a message in the language of its words in the code."""
    row.language = "en"
    return mail_words.render(row).body


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
