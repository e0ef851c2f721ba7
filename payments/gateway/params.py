"""Stripe's own request types as a validator: strict before we send, lax in the stand-in, where all
values are text.

The SDK's types are open (any string passes for an enum, request options pass as parameters) and
name things that only type checkers see. Here each TypedDict is closed, its options dropped, its
enums closed. Touches private names of the SDK, hence `stripe==16.1.*` and a test that builds every
type in use.
"""

import sys
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, NotRequired, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe import StripeContext
from stripe._request_options import RequestOptions
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from payments.gateway.errors import GatewayRefused

T = TypeVar("T")
OPTIONS = frozenset(RequestOptions.__annotations__)
_TYPED_DICT: Any = TypedDict  # made at run time, which a type checker cannot follow


class _Untyped:
    """Stands for UntypedStripeObject[...], which sits beside a plain dict in some unions."""

    def __class_getitem__(cls, item: Any) -> Any:
        return dict[str, str]


@cache
def _closed(kind: Any) -> Any:
    names = {
        "Mapping": typing.Mapping,
        **vars(sys.modules[kind.__module__]),
        "StripeContext": StripeContext,
        "UntypedStripeObject": _Untyped,
    }
    hints = get_type_hints(kind, globalns=names, include_extras=True)
    fields = {name: _walk(hint) for name, hint in hints.items() if name not in OPTIONS}
    closed: Any = _TYPED_DICT(kind.__name__, fields)
    closed.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return closed


def _walk(hint: Any) -> Any:
    if is_typeddict(hint):
        return _closed(hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if not args or origin is typing.Literal:
        return hint
    if origin is NotRequired:
        return NotRequired[_walk(args[0])]
    if origin in (typing.Union, types.UnionType):
        if str in args and any(typing.get_origin(arg) is typing.Literal for arg in args):
            args = tuple(arg for arg in args if arg is not str)
        return typing.Union[tuple(_walk(arg) for arg in args)]  # noqa: UP007 (built at run time)
    return origin[tuple(_walk(arg) for arg in args)]


@cache
def validator(kind: Any) -> TypeAdapter[Any]:
    """The adapter for one of `stripe.params`; built once per process (about 0.1 s for the large
    ones).
    """
    return TypeAdapter(_closed(kind))


def checked(kind: type[T], params: Mapping[str, object]) -> T:
    """The same parameters, proven to be what Stripe's types ask for: no Decimal, no float, no
    unknown key.

    Raises GatewayRefused with code "refused_here"; nothing has left the house.
    """
    try:
        validator(cast(Any, kind)).validate_python(params, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        param = ".".join(str(part) for part in first["loc"])
        raise GatewayRefused(f"{param}: {first['msg']}", code="refused_here", param=param) from None
    return cast(T, params)
