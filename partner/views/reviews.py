"""The technician's reviews, and one answer to each (rule L14)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customer import technician_page as public
from mila.errors import Refusal
from partner.forms.reviews import AnswerForm
from partner.reviews_page import PAGE, reviews_page
from partner.views.jobs import own_job
from requests_app.access import technician_page
from requests_app.actions import reviewing
from requests_app.models import Rating


@technician_page
@require_safe
def reviews(request, technician):
    """All that customers have said, the newest first."""
    return _page(request, technician, *reviews_page(technician, request.GET.get("page")))


def _page(request, technician, page, written, *, status=200):
    own = public.address(technician, technician.partner)
    context = {
        "page": page,
        "reviews": written,
        "technician": technician,
        "public": own,
        "tab": "me",
    }
    return render(request, "partner/reviews.html", context, status=status)


@own_job
@require_POST
def answer(request, technician, booking):
    """A second tap, or a second answer, finds the first one."""
    rating = Rating.objects.filter(booking=booking, technician=technician).first()
    if rating is None:
        return redirect("partner:reviews")
    form = AnswerForm.of(rating, request.POST)
    if form.is_valid():
        try:
            kept = reviewing.answer_rating(
                booking.pk, technician.pk, answer=form.cleaned_data["answer"]
            )
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
        else:
            if kept.answer == form.cleaned_data["answer"]:
                messages.success(
                    request, _("Your answer stands beside the review. The customer has been told.")
                )
            else:
                messages.error(
                    request, _("You had answered this review already. Your first answer stands.")
                )
        return redirect("partner:reviews")
    newer = Rating.objects.filter(technician=technician, at__gt=rating.at).count()
    page, written = reviews_page(technician, str(newer // PAGE + 1), {rating.pk: form})
    return _page(request, technician, page, written, status=422)
