"""Files on their way in, when the disk is full: left out, and said; the rest of the form stays
(fault F5).
"""

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

from mila.faults import has_no_room


class RoomyUploadHandler(TemporaryFileUploadHandler):
    """What does not fit on the disk is read and thrown away; `lacked_room`
    on the request says so.
    """

    def new_file(self, *args, **kwargs):
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._leave_out(error)

    def receive_data_chunk(self, raw_data, start):
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self._leave_out(error)

    def _leave_out(self, error):
        if not has_no_room(error):
            raise error
        self.request.lacked_room = True
        raise SkipFile from error


def lacked_room(request) -> bool:
    """A file of this request was left out because the disk is full."""
    return getattr(request, "lacked_room", False)
