"""The door to pages about a partner's money: a second factor in front of them (rule M5)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from mila import second_factor
from payments.access import Payee, payee_of

P = ParamSpec("P")
PayeeView = Callable[Concatenate[HttpRequest, Payee, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def earnings_page(view: PayeeView[P]) -> View[P]:
    """The view gets the payee. Strangers sign in; who has nothing to do with a partner's money is
    refused.
    """

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        payee = payee_of(request.user)
        if payee is None:
            raise PermissionDenied
        if not second_factor.factors(request):
            messages.info(
                request,
                _(
                    "Your earnings and your account need a second factor: they are about your "
                    "money. Please add one, a passkey if you can. Then a button here leads to them."
                ),
            )
            return redirect("mfa_index")
        if not second_factor.passed(request):
            _say_why(request)
            raise ReauthenticationRequired
        return view(request, payee, *args, **kwargs)

    return inner


def _say_why(request: HttpRequest) -> None:
    """Above the question, which leads on to the page that was wanted."""
    messages.info(
        request,
        _(
            "This page is about your money: please show your second factor. Then it opens by "
            "itself."
        ),
    )


def account_page(view: PayeeView[P]) -> View[P]:
    """Where money goes is changed: the same, its owner alone, and the factor shown within ten
    minutes.
    """

    @earnings_page
    @wraps(view)
    def inner(
        request: HttpRequest, payee: Payee, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if not payee.owns:
            raise PermissionDenied
        if not second_factor.is_fresh(request):
            _say_why(request)
        second_factor.ask_again(request)
        return view(request, payee, *args, **kwargs)

    return inner
