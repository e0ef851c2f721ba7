from backoffice.lifecycle_table import README, written


def test_lifecycle_table_is_the_transition_table():
    text = README.read_text(encoding="utf-8")

    assert text == written(text), "run manage.py lifecycle_table"
