"""A process that is killed in the middle of its work."""

import functools


class Killed(BaseException):
    """Nothing in the product catches it, as nothing catches kill -9."""


def dies(monkeypatch, place, name, *, after, on=""):
    """This function of the product kills its process, before or after its work; `on`: only at a
    call to Stripe of this kind.
    """
    real = getattr(place, name)

    @functools.wraps(real)
    def deadly(*args, **kwargs):
        if on and name == "call" and args[0].kind != on:
            return real(*args, **kwargs)
        if after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(place, name, deadly)
