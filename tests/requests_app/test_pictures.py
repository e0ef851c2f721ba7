"""Hostile and honest files: refused, or drawn anew with nothing of theirs left (fault W4)."""

import io
import json
import subprocess
import sys

import pytest
from PIL import Image, ImageFile

from requests_app.photos import decoder, intake
from requests_app.photos.intake import FileTooLarge, NotAPicture, PictureTooLarge, read_picture
from tests.pictures import (
    GPS,
    NO_PICTURES,
    SCRIPT,
    bomb,
    drawn,
    heic,
    jpeg,
    upload,
    with_place,
    written,
)

MEGABYTE = 1024 * 1024
# Of a process with the decoder's own limit: its data and, beside it, the libraries it has mapped.
RESIDENT = decoder.MEMORY + 64 * MEGABYTE
PEAK = """
import json, resource, subprocess, sys
program = [sys.executable, "-I", sys.argv[1]]
ended = subprocess.run(program, stdin=open(sys.argv[2], "rb"), capture_output=True, env={})
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps([ended.returncode, peak]))
"""


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def reddest(image):
    """In which corner the red mark lies: (right, lower)."""
    width, height = image.size
    corners = {
        (x, y): image.getpixel((x * (width - 3) + 1, y * (height - 3) + 1))
        for x in (0, 1)
        for y in (0, 1)
    }
    return max(corners, key=lambda one: corners[one][0] - corners[one][1])


def assert_clean(made: decoder.Redrawn):
    for data in (made.large, made.small):
        image = opened(data)
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert max(image.size) <= decoder.SIDE
        assert dict(image.getexif()) == {}
        assert set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }
        assert b"Canary" not in data
        assert b"<script" not in data
        assert data.endswith(b"\xff\xd9")


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused(name):
    with pytest.raises(NotAPicture):
        read_picture(upload(NO_PICTURES[name]))


HONEST = {
    "jpeg": jpeg(),
    "jpeg of one grey": written(drawn(mode="L")),
    "jpeg of a printer": written(drawn(mode="CMYK")),
    "png": written(drawn(), "PNG"),
    "png with a palette": written(drawn(mode="P"), "PNG"),
    "png of 16 bits": written(drawn(mode="L").convert("I;16"), "PNG"),
    "heic": heic(),
    "two pictures in one jpeg": written(
        drawn(), "MPO", save_all=True, append_images=[drawn("blue")]
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_phones_send_becomes_a_clean_jpeg(name):
    assert_clean(read_picture(upload(HONEST[name])))


POLYGLOTS = {
    "script behind the end": jpeg() + SCRIPT,
    "script in the comment": jpeg(comment=SCRIPT),
    "script in xmp": jpeg(xmp=b"<x:xmpmeta>" + SCRIPT + b"</x:xmpmeta>"),
    "script as colour profile": jpeg(icc_profile=SCRIPT),
    "archive behind the end": written(drawn(), "PNG") + NO_PICTURES["zip"],
    "script in the exif": jpeg(exif=b"Exif\0\0" + SCRIPT),
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_is_also_something_else_is_only_a_picture_afterwards(name):
    assert_clean(read_picture(upload(POLYGLOTS[name])))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIF"])
def test_place_and_camera_are_gone_and_it_stands_upright(form):
    held = drawn(size=(120, 80))
    # HEIC turns the picture itself, as an iPhone does
    held.info["exif"] = with_place(orientation=6).tobytes()
    source = written(held, form, exif=held.info["exif"])
    assert b"Canary" in source
    assert opened(source).getexif().get_ifd(0x8825)[1] == GPS[1]

    made = read_picture(upload(source))

    assert_clean(made)
    assert opened(made.large).size == (80, 120)
    assert reddest(opened(made.large)) == (1, 0)  # turned to the right


def test_large_picture_is_made_smaller_and_keeps_its_shape():
    made = decoder.redraw(jpeg(size=(5000, 2500)))

    assert opened(made.large).size == (2000, 1000)
    assert opened(made.small).size == (320, 160)


def test_small_picture_is_not_blown_up():
    assert opened(decoder.redraw(jpeg(size=(60, 40))).large).size == (60, 40)


def test_transparent_parts_are_white():
    image = drawn(mode="RGBA")
    image.putalpha(0)

    assert opened(decoder.redraw(written(image, "PNG")).large).getpixel((5, 5)) == (255, 255, 255)


def test_name_and_kind_are_not_believed():
    assert_clean(read_picture(upload(written(drawn(), "PNG"), "../../etc/passwd", "text/html")))


@pytest.mark.parametrize("size", [(60_000, 60_000), (9_000, 9_000), (5_000, 5_000)], ids=str)
def test_bomb_is_refused_by_its_header_before_anything_is_decoded(size, monkeypatch):
    def load(self):
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)

    with pytest.raises(decoder.TooManyPixels):
        decoder.redraw(bomb(*size))


def test_bomb_says_what_is_wrong_with_it():
    with pytest.raises(PictureTooLarge):
        read_picture(upload(bomb()))


@pytest.mark.parametrize(
    ("form", "mode", "size"),
    [
        ("JPEG", "RGB", (8_100, 6_100)),
        ("PNG", "RGBA", (5_000, 4_000)),
        ("PNG", "P", (5_000, 4_000)),
    ],
    ids=["jpeg", "png", "palette"],
)
def test_largest_pictures_are_read_within_the_memory_set_aside(form, mode, size, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(
        written(
            drawn(size=size, mode=mode), form, **({"progressive": True} if form == "JPEG" else {})
        )
    )

    # A small process in between: a child begins with the peak of the process it was forked from.
    asked = [sys.executable, "-I", "-c", PEAK, decoder.__file__, str(file)]
    code, peak = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)

    assert code == 0
    assert peak < RESIDENT


def test_file_over_ten_megabytes_is_not_even_read(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)

    with pytest.raises(FileTooLarge):
        read_picture(upload(jpeg() + b"\0" * (10 * MEGABYTE)))


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Another program in the decoder's place."""

    def put(text):
        (tmp_path / "program.py").write_text(text)
        monkeypatch.setattr(decoder, "__file__", str(tmp_path / "program.py"))

    return put


def test_decoder_that_crashes_harms_nobody(program):
    program("import os; os.abort()")

    with pytest.raises(NotAPicture):
        read_picture(upload(jpeg()))


def test_decoder_that_does_not_end_is_ended(program, monkeypatch):
    program("while True: pass")
    monkeypatch.setattr(intake, "PATIENCE", 0.2)

    with pytest.raises(NotAPicture):
        read_picture(upload(jpeg()))


def test_decoder_finds_no_secret(program, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    program("import os, sys; sys.exit(3 if 'SECRET_KEY' in os.environ else 2)")

    with pytest.raises(NotAPicture):
        read_picture(upload(jpeg()))
