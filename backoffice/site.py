"""The admin's site: its list of apps is made once a request, and the board
can be asked for alone.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import path
from unfold.sites import UnfoldAdminSite

from backoffice.board import board


class Site(UnfoldAdminSite):
    def get_app_list(self, request, app_label=None) -> list[dict[str, Any]]:
        """The frame of each page asks for it, and the first page once more: every model is asked
        for its rights.
        """
        if app_label is not None:
            return super().get_app_list(request, app_label)
        if not hasattr(request, "admin_apps"):
            request.admin_apps = super().get_app_list(request)
        return list(request.admin_apps)

    def get_urls(self):
        return [
            path("board/", self.admin_view(self.board_alone), name="board"),
            *super().get_urls(),
        ]

    def board_alone(self, request):
        """What the open board asks for each half minute: without the frame of
        the admin round it.
        """
        context = board(request, {})
        if not context:
            raise PermissionDenied
        return render(request, "admin/_board.html", context)
