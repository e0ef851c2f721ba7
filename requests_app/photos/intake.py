"""Pictures that strangers send: read by a process that may break, kept only as it has drawn them
anew (fault W4).
"""

import logging
import subprocess
import sys
import threading

from django.core.files import File
from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal
from requests_app.photos import decoder
from requests_app.photos.decoder import Redrawn

log = logging.getLogger(__name__)
LARGEST_FILE = 10 * 1024 * 1024  # bytes
PATIENCE = 30  # seconds; redraw itself limits those of the processor
# One picture at a time in each process of the site: what reading one costs in memory is paid once.
_turn = threading.Lock()


class FileTooLarge(Refusal):
    sentence = _("It is larger than 10 MB. Please choose a smaller picture.")


class PictureTooLarge(Refusal):
    sentence = _("It has too many pixels. Please send it in a smaller size.")


class NotAPicture(Refusal):
    sentence = _("It is not a picture we can read. JPEG, PNG and HEIC work.")


def read_picture(file: File) -> Redrawn:
    """The picture in this file, drawn anew. Raises FileTooLarge, PictureTooLarge or NotAPicture."""
    if file.size > LARGEST_FILE:
        raise FileTooLarge
    with _turn:
        try:
            # Our own program; nothing of the file is in its arguments.
            ended = subprocess.run(  # noqa: S603
                [sys.executable, "-I", "-B", decoder.__file__],
                input=file.read(),
                capture_output=True,
                timeout=PATIENCE,
                env={},  # whoever breaks a decoder finds no secret there
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NotAPicture from error
    if ended.returncode == decoder.TOO_MANY_PIXELS:
        raise PictureTooLarge
    if ended.returncode != 0:
        log.info(
            "A picture could not be read: ended with %s %s", ended.returncode, ended.stderr[-500:]
        )
        raise NotAPicture
    return Redrawn.unpack(ended.stdout)
