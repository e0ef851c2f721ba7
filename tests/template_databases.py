"""Databases of a test run begin as copies of migrated ones, of which they hold nothing but tables.

To migrate an empty one takes as long as some hundred tests. Somebody else's server is left alone.
"""

import os

from django.db import connections

from devstack.instances import databases, template
from embedded.databases import exists, keep_template

BARE = "bare"


def _own() -> list[str]:
    return [alias for alias, _name, variable in databases("") if not os.environ.get(variable)]


def begin_as_copies() -> None:
    """Before the databases are made."""
    for alias in _own():
        if exists(name := template(alias, of=BARE)):
            connections[alias].settings_dict["TEST"]["TEMPLATE"] = f"mila_{name}"


def keep() -> None:
    """Once they are made and before anything is in them: for the next run."""
    for alias in _own():
        test = connections[alias].settings_dict
        if test["NAME"].startswith("test_") and not test["TEST"].get("TEMPLATE"):
            connections[alias].close()
            keep_template(test["NAME"], template(alias, of=BARE), instead_of=f"{BARE}_{alias}_")
