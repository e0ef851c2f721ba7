"""The pages, under any WSGI server."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
# whoever waits for a page does not wait long (mila.patient_postgres)
os.environ.setdefault("MILA_PROCESS", "pages")


class ReadableRequest(WSGIRequest):
    """A charset that is none of text must not break a request while it is being made: nobody could
    refuse it yet.

    It stays among the parameters of the content type, where mila.web.request_limits finds it
    (fault W3).
    """

    def _set_content_type_params(self, meta):
        try:
            super()._set_content_type_params(meta)
        except LookupError:
            self._encoding = None


class ReadableHandler(WSGIHandler):
    request_class = ReadableRequest


django.setup(set_prefix=False)
application = ReadableHandler()
