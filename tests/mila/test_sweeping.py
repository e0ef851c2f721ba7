"""One poisoned row of a sweep stops none of the others (fault T15)."""

import logging

import pytest

from mila.sweeping import handle_each


def handle(pk):
    if pk == 2:
        raise ValueError("poisoned")
    return pk * 10


def test_rows_after_the_poisoned_one_are_handled_and_only_it_is_put_off(caplog):
    pushed = []

    answers = handle_each(handle, [1, 2, 3], pushed.append)

    assert (answers, pushed) == ([10, 30], [2])
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert f"{handle.__module__}.handle 2" in caplog.text
    assert "poisoned" in caplog.text


def test_without_a_push_the_row_is_logged_and_left(caplog):
    assert handle_each(handle, iter([2, 3])) == [30]

    assert "handle 2" in caplog.text


def test_healthy_rows_are_neither_pushed_nor_logged(caplog):
    pushed = []

    assert handle_each(handle, [3, 1], pushed.append) == [30, 10]

    assert (pushed, caplog.text) == ([], "")


def test_stop_of_the_process_is_no_poison():
    def stopped(pk):
        raise KeyboardInterrupt

    pushed = []

    with pytest.raises(KeyboardInterrupt):
        handle_each(stopped, [1, 2], pushed.append)
    assert pushed == []
