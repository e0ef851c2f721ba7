"""People in the back office: partners by verbs, technicians under their lock."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts import actions
from accounts.models import Technician
from accounts.search import count_stars
from dispatch import offers
from mila.clock import mila_now
from requests_app.access import may_see_contact
from requests_app.actions import suspending
from tests import factories
from tests.backoffice.people_steps import filled, ops, page

__all__ = ["ops"]  # fixtures


pytestmark = pytest.mark.django_db


def act(partner, name):
    return page("partnerprofile_act", partner.pk, name)


# --- Partners
# --------------------------------------------------------------------------------------------------


def test_approved_partner_is_found_at_once(ops, morning):
    technician = factories.TechnicianFactory(partner__approved_at=None)
    assert not technician.search_rows.exists()

    answer = ops.post(act(technician.partner, "approve"), {"reason": "Pièce d'identité, Kbis vus"})

    technician.partner.refresh_from_db()
    assert answer.status_code == 302
    assert technician.partner.approved_at is not None
    assert technician.search_rows.exists()
    assert "Kbis" in LogEntry.objects.get().change_message


def test_suspended_partner_is_not_asked_and_sees_nothing(ops, job, partner):
    assert may_see_contact(job, partner)

    answers = {
        "reason": "Trois clients se plaignent",
        "evidence": "Trois lettres",
        f"job_{job.pk}": "offer",
    }

    ops.post(act(partner.partner, "suspend"), answers)

    partner.partner.refresh_from_db()
    assert partner.partner.suspension_reason == "Trois clients se plaignent"
    assert not partner.search_rows.exists()
    assert not may_see_contact(job, partner)
    ended = job.assignments.get()
    assert (ended.end, ended.fault) == ("release", False)


def test_each_running_job_is_decided_with_the_suspension(ops, job, partner):
    answers = {"reason": "Plaintes", "evidence": "Trois lettres"}

    undecided = ops.post(act(partner.partner, "suspend"), answers)
    partner.partner.refresh_from_db()
    before = partner.partner.suspended_at
    ops.post(act(partner.partner, "suspend"), {**answers, f"job_{job.pk}": "keep"})

    assert (undecided.status_code, before) == (200, None)
    assert may_see_contact(job, partner)
    assert job.assignments.get().kept_at is not None
    assert not suspending.undecided_jobs().exists()


def test_job_nobody_has_decided_stands_on_the_board_and_is_left_by_an_act(ops, job, partner):
    actions.suspend(partner.partner_id, reason="Plainte", evidence="Trois lettres")
    board = {tile.name: tile for tile in ops.get(reverse("admin:index")).context["tiles"]}
    tile = board["suspended_jobs"]
    assert (tile.count, tile.tone) == (1, "bad")
    assert list(ops.get(tile.url).context["cl"].result_list) == [job]

    ops.post(
        reverse("admin:requests_app_booking_act", args=[job.pk, "keep-suspended"]),
        {"reason": "Demain déjà"},
    )

    assert not suspending.undecided_jobs().exists()
    assert may_see_contact(job, partner)


def test_open_window_of_a_suspended_partner_cannot_be_claimed(searching, partner):
    offer = offers.open_next(searching.pk)
    actions.suspend(partner.partner_id, reason="Plainte", evidence="Trois lettres")

    with pytest.raises(offers.NotOffered):
        offers.claim(searching.pk, partner.pk, rank=offer.wishes[0], by=partner.user)


def test_reinstated_partner_is_asked_again(ops, partner):
    actions.suspend(partner.partner_id, reason="Plainte", evidence="Trois lettres")

    ops.post(act(partner.partner, "reinstate"), {"reason": "Recours accepté"})

    partner.partner.refresh_from_db()
    assert (partner.partner.suspended_at, partner.partner.suspension_reason) == (None, "")
    assert partner.search_rows.exists()


def test_repeats_change_nothing(partner):
    pk = partner.partner_id
    since = actions.approve(pk).approved_at
    assert actions.approve(pk).approved_at == since
    assert actions.reinstate(pk).suspended_at is None
    first = actions.suspend(pk, reason="La première", evidence="Lettre")
    assert (
        actions.suspend(pk, reason="La seconde", evidence="Lettre").suspension_reason
        == first.suspension_reason
    )
    with pytest.raises(actions.SuspensionWithoutReason):
        actions.suspend(pk, reason=" ", evidence="Lettre")


@pytest.mark.parametrize("name", ["suspend", "account"])
def test_reason_is_required(ops, partner, name):
    partner.partner.stripe_account = ""
    partner.partner.save(update_fields=["stripe_account"])

    assert ops.post(act(partner.partner, name), {"reason": ""}).status_code == 200
    partner.partner.refresh_from_db()
    assert (partner.partner.suspended_at, partner.partner.stripe_account) == (None, "")


def test_form_of_a_partner_decides_nothing(ops, partner):
    address = page("partnerprofile_change", partner.partner_id)
    sent = filled(
        ops.get(address),
        name="Nouveau nom",
        payable="",
        approved_at_0="2020-01-01",
        suspended_at_0="2026-01-01",
    )

    answer = ops.post(address, sent)
    assert answer.status_code == 302, answer.context["errors"]

    partner.partner.refresh_from_db()
    assert partner.partner.name == "Nouveau nom"
    assert partner.partner.payable
    assert partner.partner.suspended_at is None
    assert partner.search_rows.exists()


def test_end_of_the_papers_reaches_the_search(ops, partner):
    address = page("partnerprofile_change", partner.partner_id)
    changes = {"papers_valid_until_0": "2027-01-31", "papers_valid_until_1": "12:00:00"}

    ops.post(address, filled(ops.get(address), **changes))

    assert partner.search_rows.get().valid_until.date().isoformat() == "2027-01-31"


def test_partner_is_added_as_an_applicant(ops):
    sent = {
        "name": "Neuf",
        "kind": "friend",
        "country": "FR",
        "email": "neuf@example.com",
        "papers_valid_until_0": "",
    }
    sent |= {"papers_valid_until_1": "", "approved_at_0": "2020-01-01", "payable": "on"}
    for prefix in ("technicians", "dispatchers"):
        sent |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}

    assert ops.post(page("partnerprofile_add"), sent).status_code == 302

    listed = ops.get(page("partnerprofile_changelist"), {"standing": "applied"}).content.decode()
    assert "Neuf" in listed


@pytest.mark.parametrize("standing", ["applied", "working", "suspended"])
def test_partners_by_standing(ops, standing):
    partners = {
        "applied": factories.PartnerFactory(name="Qui frappe", approved_at=None),
        "working": factories.PartnerFactory(name="Qui vient"),
        "suspended": factories.PartnerFactory(
            name="Qui attend", suspended_at=mila_now(), suspension_reason="x", payable=False
        ),
    }

    listed = ops.get(page("partnerprofile_changelist"), {"standing": standing}).content.decode()

    assert [name for name, one in partners.items() if one.name in listed] == [standing]


# --- Technicians
# -------------------------------------------------------------------------------------------------


def test_area_and_level_reach_the_search(ops, partner):
    address = page("technician_change", partner.pk)
    sent = filled(ops.get(address), radius_m="35000")
    sent["skills-0-level"] = 5

    assert ops.post(address, sent).status_code == 302

    row = partner.search_rows.get()
    assert row.radius_m == 35_000
    assert partner.skills.get().level == 5


def test_form_left_open_takes_back_no_figure(ops, partner):
    """Fault T12: a rating came while somebody had the page open."""
    address = page("technician_change", partner.pk)
    sent = filled(ops.get(address), name="Yanis C.", star_sum="0")
    count_stars(partner, 5, 5, 5)

    ops.post(address, sent)

    fresh = Technician.objects.get(pk=partner.pk)
    assert (fresh.name, fresh.star_sum, fresh.star_count) == ("Yanis C.", 5, 1)


def test_absence_comes_and_goes(ops, morning, partner):
    away, back = (page("technician_act", partner.pk, name) for name in ("away", "back"))
    assert ops.get(back).status_code == 302
    span = {
        "starts_at": "2026-11-27T13:00",
        "ends_at": "2026-11-27T18:00",
        "note": "Dentiste",
        "reason": "Il a appelé",
    }

    assert ops.post(away, span).status_code == 302
    busy = partner.calendar_entries.get()
    assert busy.during.lower.isoformat() == "2026-11-27T12:00:00+00:00"
    assert "Dentiste" in ops.get(page("technician_change", partner.pk)).content.decode()

    assert ops.post(back, {"absence": busy.pk, "reason": "Il vient"}).status_code == 302
    assert not partner.calendar_entries.exists()


def test_absence_over_a_job_is_refused(ops, job, partner):
    span = {"starts_at": "2026-11-20T00:00", "ends_at": "2026-12-20T00:00", "reason": "Vacances"}

    answer = ops.post(page("technician_act", partner.pk, "away"), span)

    assert 'role="alert"' in answer.content.decode()
    assert partner.calendar_entries.get().kind == "job"


def test_absence_that_ends_before_it_begins_is_refused(ops, partner):
    span = {"starts_at": "2026-12-20T00:00", "ends_at": "2026-12-19T00:00", "reason": "x"}

    assert ops.post(page("technician_act", partner.pk, "away"), span).status_code == 200
    assert not partner.calendar_entries.exists()
