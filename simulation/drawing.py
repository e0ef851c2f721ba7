"""A picture for the demo's bookings, as a customer might have taken it: the box on its shelf, one
light red.
"""

import io

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 900


def router(broken: int) -> bytes:
    """The box as JPEG; `broken` chooses the lamp that is red."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), "#d9c9b2")
    draw = ImageDraw.Draw(sheet)
    for row in range(HEIGHT):  # light falls from above
        shade = 226 - row * 60 // HEIGHT
        draw.line((0, row, WIDTH, row), fill=(shade, shade - 14, shade - 34))
    draw.rectangle((0, 690, WIDTH, HEIGHT), fill="#8a6242")
    draw.rectangle((0, 690, WIDTH, 712), fill="#a47851")
    draw.ellipse((230, 668, 990, 722), fill="#5f4330")
    for foot, tip in ((360, 300), (600, 600), (840, 900)):
        draw.line((foot, 480, tip, 180), fill="#2b313d", width=26)
        draw.ellipse((tip - 14, 166, tip + 14, 194), fill="#2b313d")
    draw.rounded_rectangle(
        (250, 460, 950, 700), radius=44, fill="#f4f2ee", outline="#c9c4bb", width=4
    )
    draw.rounded_rectangle((250, 600, 950, 700), radius=44, fill="#e2ded6")
    draw.line((950, 640, WIDTH, 780), fill="#2b313d", width=14)
    for lamp in range(5):
        middle = 400 + lamp * 100
        colour = "#d8392b" if lamp == broken % 5 else "#3fbf6b"
        draw.ellipse((middle - 16, 534, middle + 16, 566), fill=colour, outline="#b9b3a8", width=3)
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=80)
    return out.getvalue()
