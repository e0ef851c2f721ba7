"""From a form body to checked parameters, with Stripe's answers for what does not fit."""

import re
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from payments.gateway.params import validator
from payments.standin.problems import Problem

KEY = re.compile(r"\[([^\]]*)\]")
GONE = "payment_method_types"
DEPTH = 8


def decode(form: str) -> dict[str, Any]:
    """a[b][0]=c becomes {"a": {"b": ["c"]}}."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        head = name.split("[", 1)[0]
        path = [head, *KEY.findall(name)]
        if len(path) > DEPTH:
            raise Problem(f"Too deep: {head}", code="parameter_unknown", param=head)
        node = tree
        for step in path[:-1]:
            node = node.setdefault(step or str(len(node)), {})
            if not isinstance(node, dict):
                raise Problem(f"Invalid {head}", code="parameter_invalid", param=head)
        node[path[-1] or str(len(node))] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    values = {name: _lists(inner) for name, inner in value.items()}
    if values and all(name.isdigit() for name in values):
        return [values[name] for name in sorted(values, key=int)]
    return values


def check(kind: Any, params: dict[str, Any], *, old_version: bool) -> dict[str, Any]:
    """The parameters as Stripe's own types read them; what they do not know is refused.

    `old_version`: a call without a version header (the CLI's fixtures) may still name payment
    method types.
    """
    if old_version:
        params = {name: value for name, value in params.items() if name != GONE}
    try:
        checked: dict[str, Any] = validator(kind).validate_python(params, strict=False)
    except ValidationError as error:
        raise _problem(error.errors(include_url=False, include_input=False)[0]) from None
    return checked


def _problem(error: Any) -> Problem:
    steps = [
        step
        for step in error["loc"]
        if isinstance(step, int) or re.fullmatch(r"[a-z][a-z0-9_]*", step)
    ]
    param = str(steps[0]) + "".join(f"[{step}]" for step in steps[1:])
    if param == GONE:
        return Problem(
            f"{GONE} is no longer supported.", code=f"{GONE}_no_longer_supported", param=param
        )
    if error["type"] == "extra_forbidden":
        return Problem(
            f"Received unknown parameter: {param}", code="parameter_unknown", param=param
        )
    if error["type"] == "missing":
        return Problem(f"Missing required param: {param}.", code="parameter_missing", param=param)
    if error["type"].startswith("int"):
        return Problem(f"Invalid integer: {param}", code="parameter_invalid_integer", param=param)
    return Problem(f"Invalid {param}: {error['msg']}", code="parameter_invalid", param=param)
