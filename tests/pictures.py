"""Pictures for tests, honest and hostile, made on the spot."""

import io
import struct
import zipfile
import zlib

import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from requests_app.actions.photographing import add_photo
from requests_app.models import Booking, BookingPhoto
from requests_app.photos.decoder import redraw

GPS = {1: "N", 2: (45.0, 44.0, 54.6), 3: "E", 4: (4.0, 50.0, 48.1)}
SCRIPT = b"<html><script>alert(1)</script></html>"


def drawn(color="teal", size=(60, 40), mode="RGB") -> Image.Image:
    """A coloured sheet with a red corner at the top on the left."""
    image = Image.new("RGB", size, color)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="red")
    return image.convert(mode)


def written(image: Image.Image, form="JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg(color="teal", size=(60, 40), **options) -> bytes:
    return written(drawn(color, size), **options)


def with_place(orientation=6) -> Image.Exif:
    """What a phone writes: how it was held, where it was, and with what."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "CanaryPhone"
    exif.get_ifd(0x8825).update(GPS)
    return exif


def heic(**options) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(drawn(size=(120, 80))).save(out, **options)
    return out.getvalue()


def bomb(width=60_000, height=60_000) -> bytes:
    """A PNG of a few hundred bytes that says it is gigantic."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
        + chunk(b"IEND", b"")
    )


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("photo.jpg", b"\0" * 1_000_000)
    return out.getvalue()


NO_PICTURES = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" '
    b'height="9"/></svg>',
    "html": SCRIPT,
    "pdf": b"%PDF-1.7\n1 0 "
    b"obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>",
    "zip": archive(),
    "gif": written(drawn(mode="P"), "GIF"),
    "tiff": written(drawn(), "TIFF"),
    "webp": written(drawn(), "WEBP"),
    "bmp": written(drawn(), "BMP"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file",
    "nothing": b"",
    "cut short": jpeg(size=(400, 300), quality=95)[:3000],
    "cut in its header": jpeg()[:20],
    "png of zeros": b"\x89PNG\r\n\x1a\n" + b"\0" * 500,
    "heic cut short": heic()[:400],
}


def upload(data: bytes, name="foto.jpg", kind="image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, kind)


def photo_of(booking: Booking, color="teal") -> BookingPhoto:
    """A photo attached to a draft."""
    return add_photo(booking.pk, redraw(jpeg(color)))
