"""What of accounts is not allauth's: is it still you, by a code to the account's address; where one
goes signed in.
"""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import BaseReauthenticateView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from accounts import codes, still_you
from customer.forms.account import CodeForm
from mila.errors import Refusal
from payments.access import payee_of
from requests_app.access import technician_of


@method_decorator(login_required, name="dispatch")
class ReauthenticateByCode(BaseReauthenticateView):
    """Looking sends nothing: "send" mails a code, any other button sends what was typed.

    Then it goes on as before.
    """

    form_class = CodeForm
    template_name = "account/reauthenticate_code.html"

    def post(self, request, *args, **kwargs):
        if "send" not in request.POST:
            return super().post(request, *args, **kwargs)
        try:
            still_you.send_code(request.user.pk)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(self.passthrough_next_url(request.path))

    def form_valid(self, form):
        user = self.request.user
        if not still_you.check_code(user.pk, form.cleaned_data["code"]):
            form.add_error("code", str(codes.WrongCode()))
            return self.form_invalid(form)
        record_authentication(
            self.request, user, method="code", email=user.email, reauthenticated=True
        )
        return super().form_valid(form)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "waits": still_you.code_is_out(self.request.user) or context["form"].is_bound,
        }


@require_safe
@login_required
def start(request):
    """Where a person goes after signing in: staff to the admin, technicians to their offers, else
    the bookings.
    """
    if request.user.is_staff:
        return redirect("admin:index")
    if technician_of(request.user) is not None:
        return redirect("partner:offers")
    if payee_of(request.user) is not None:
        return redirect("partner:earnings")  # the owner of a company, who is no technician
    return redirect("customer:bookings")
