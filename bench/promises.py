"""Is each promise of tests/promises seen to fail with what keeps it switched off?
`python -m bench.promises`: one JSON line a promise, then the count.

The list names the tests of a promise, not what keeps it: that is here, a line of the code and the
same line without it, by test. "unnamed": nobody has said yet which line that is. Nothing is
written: each is a child of one run of pytest, with other code in its functions (bench.mutants), and
the test passes first as it is.
"""

import argparse
import gc
import json
import sys

import pytest
from django.db import connections

from bench.mutants import BASE, Mutants
from tests.promises import promises

# test: (file, a line or a part that stands in it once, the same without what keeps the promise)
KEEPERS = {
    "tests/requests_app/test_withdraw.py::test_nothing_before_the_work_begins": (
        "requests_app/withdrawal.py",
        "return max(worked_before_cents(booking), booking.policy.withdrawal_cost_cents)",
        "return _agreed_cents(booking)",
    ),
    "tests/requests_app/test_withdraw.py::test_price_by_the_minutes_at_most_the_accepted_version": (
        "requests_app/withdrawal.py",
        "return min(round_half_up(agreed * minutes, booking.duration_minutes), agreed)",
        "return round_half_up(agreed * minutes, booking.duration_minutes)",
    ),
    "tests/requests_app/test_cancel.py::test_french_withdrawal_is_free_for_14_days": (
        "requests_app/withdrawal.py",
        "return until is not None and at < until",
        "return False",
    ),
    "tests/requests_app/test_cancel.py::test_free_until_24_hours_before_the_start": (
        "requests_app/deadlines.py",
        "if at <= counts_from - policy.cancel_free_lead:",
        "if at <= counts_from:",
    ),
    "tests/requests_app/test_cancel.py::test_free_for_half_an_hour_after_booking": (
        "requests_app/deadlines.py",
        "at <= placed_at + policy.cancel_free_after_booking:",
        "at < placed_at:",
    ),
    "tests/requests_app/test_cancel.py::test_free_when_the_partner_is_half_an_hour_late": (
        "requests_app/deadlines.py",
        "not arrived and at >= lateness_cancel_at(start_at, policy)",
        "False",
    ),
    "tests/requests_app/test_no_show.py::test_a_second_before_half_an_hour_is_refused": (
        "requests_app/deadlines.py",
        "return start_at + policy.lateness_cancel_after",
        "return start_at",
    ),
    "tests/requests_app/test_silence.py::"
    "test_the_lower_of_the_report_and_what_their_own_hand_accepted": (
        "requests_app/actions/signing.py",
        "final = booking.quotes.agreed().latest",
        "final = accepted = booking.quotes.latest",
    ),
    "tests/payments/test_charge.py::test_a_booking_that_is_not_signed_owes_nothing": (
        "payments/charges/opening.py",
        "if booking.state in (State.SIGNED_OFF, State.SETTLED):",
        "if True:",
    ),
    "tests/payments/test_charge.py::TestFee::test_cancelling_free_of_charge_charges_nothing": (
        "payments/charges/opening.py",
        "if booking.state in (State.CANCELLED, State.FAILED) and booking.fee_cents:",
        "if booking.state in (State.CANCELLED, State.FAILED):",
    ),
    "tests/payments/test_held.py::test_a_day_after_it_was_read_it_goes_on": (
        "payments/charges/holding.py",
        "charge.opened_at + booking.policy.objection_window",
        "charge.opened_at",
    ),
    "tests/payments/test_withdrawn_unproved.py::test_without_it_it_is_held_and_nothing_moves": (
        "payments/charges/opening.py",
        'last.move == "withdraw" and not withdrawal.is_proved(booking)',
        "False",
    ),
    "tests/payments/test_payouts.py::test_changed_bank_account_holds_back_what_is_due": (
        "payments/earnings.py",
        "return changed + policy_at(changed, partner.country).payout_hold_changed if changed",
        "return None if changed",
    ),
    "tests/dispatch/test_search_end.py::test_an_hour_before_the_start": (
        "requests_app/deadlines.py",
        "return last_start_at - policy.search_ends_lead",
        "return last_start_at",
    ),
}


class Keepers(Mutants):
    """Instead of the tests: one test, so that the databases are there, then a child for each."""

    def __init__(self, kept: dict[str, list[str]]):
        self.kept, self.failed = kept, ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        first = session.items[0]
        first.config.hook.pytest_runtest_protocol(item=first, nextitem=session.items[-1])
        connections.close_all()
        gc.unfreeze()  # frozen objects are not listed, and functions are among them
        became = {test: self._without(test, session.items) for test in KEEPERS}
        count = dict.fromkeys(("killed", "survived", "unnamed"), 0)
        for promise, tests in self.kept.items():
            named = [test for test in tests if test in KEEPERS]
            how = {became[test] for test in named}
            word = "unnamed" if not named else "survived" if "survived" in how else "killed"
            count[word] += 1
            keepers = [f"{KEEPERS[test][0]}: {KEEPERS[test][1]}" for test in named]
            print(json.dumps({"promise": promise, "keeper": keepers, "became": word}), flush=True)
        print(json.dumps({"promises": len(self.kept), **count}), flush=True)
        return True

    def _without(self, test: str, items: list[pytest.Item]) -> str:
        found = [item for item in items if item.nodeid.partition("[")[0] == test]
        path, line, without = KEEPERS[test]
        text = (BASE / path).read_text()
        if not found or text.count(line) != 1:
            raise pytest.UsageError(f"{path}: {line}, or {test}, is not there once")
        if self._by(found, None):
            raise pytest.UsageError(f"{test} fails as it is")
        code = compile(text.replace(line, without), str(BASE / path), "exec")
        return "killed" if self._by(found, code) else "survived"


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    kept, _nothing = promises.listed(promises.LIST.read_text())
    options = ["-n0", "-s", "-p", "no:randomly", "-m", "not browser and not race", "--tb=no"]
    return pytest.main([*options, *KEEPERS], plugins=[Keepers(kept)])


if __name__ == "__main__":
    sys.exit(main())
