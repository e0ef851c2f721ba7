"""The gateway exports nothing that the product does not call: a door nobody uses is a promise
nobody keeps.
"""

import ast
import inspect

from payments import gateway
from tests.architecture import source


def called() -> set[str]:
    """Names of the gateway that a module of the product, outside it and the stand-in, reads."""
    found = set()
    for path, tree in source.modules():
        if path.startswith(("payments/gateway/", "payments/standin/", "simulation/", "devstack/")):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and source.dotted(node).startswith("gateway."):
                found.add(node.attr)
    return found


def test_every_function_of_the_gateway_has_a_caller_in_the_product():
    functions = {name for name in gateway.__all__ if inspect.isfunction(getattr(gateway, name))}

    assert functions - called() == set()
