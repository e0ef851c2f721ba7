"""The program that reads a stranger's picture: bytes in, two clean JPEGs out, nothing else kept
(fault W4).

It runs as a process of its own, without Django, secrets or environment (photos.intake): whatever a
hostile file does to a decoder ends here, within the memory and the seconds set below.
"""

import io
import resource
import struct
import sys
from dataclasses import dataclass

import pillow_heif
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "HEIF")
SIDE = 2000  # pixels of the longest side
SMALL_SIDE = 320
# How many pixels, by what is decoded: a large JPEG at half its size or less, the others whole, and
# PNG with copies.
PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000, "HEIF": 25_000_000, "PNG": 20_000_000}
MEMORY = 256 * 1024 * 1024  # bytes of data
SECONDS = 10  # of the processor: a JPEG of very many scans would take hours

# How it ends, when not with a picture.
UNREADABLE, TOO_MANY_PIXELS = 2, 3
LENGTH = struct.Struct(">I")

Image.MAX_IMAGE_PIXELS = max(PIXELS.values())
pillow_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)


class TooManyPixels(Exception):
    """Its header says so: nothing has been decoded."""


@dataclass(frozen=True)
class Redrawn:
    """The picture as JPEG, at most SIDE and SMALL_SIDE pixels long; upright, without metadata."""

    large: bytes
    small: bytes

    def pack(self) -> bytes:
        return LENGTH.pack(len(self.large)) + self.large + self.small

    @classmethod
    def unpack(cls, packed: bytes) -> "Redrawn":
        end = LENGTH.size + LENGTH.unpack_from(packed)[0]
        return cls(packed[LENGTH.size : end], packed[end:])


def redraw(data: bytes) -> Redrawn:
    """Decode it and draw it anew. Raises TooManyPixels, or whatever a decoder raises on bytes that
    are no picture.
    """
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels from error
    if image.width * image.height > PIXELS[image.format]:
        raise TooManyPixels
    image.draft("RGB", (SIDE, SIDE))
    if image.mode in ("1", "P"):
        image = image.convert("RGBA")  # a palette cannot be made smaller smoothly
    image.thumbnail((SIDE, SIDE))
    # A new sheet: what else the file carried (place, camera, comments, profiles) has no way onto
    # it.
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    sheet = Image.new("RGB", upright.size, "white")
    sheet.paste(upright, mask=upright.getchannel("A"))
    small = sheet.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return Redrawn(_jpeg(sheet), _jpeg(small))


def _jpeg(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=82, optimize=True, progressive=True)
    return written.getvalue()


def main() -> int:
    for limit, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    try:
        redrawn = redraw(sys.stdin.buffer.read())
    except TooManyPixels:
        return TOO_MANY_PIXELS
    except Exception:  # a decoder may raise anything; the bytes were no picture
        return UNREADABLE
    sys.stdout.buffer.write(redrawn.pack())
    return 0


if __name__ == "__main__":
    sys.exit(main())
