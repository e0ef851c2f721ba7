"""A price line in the reader's language (rule B11)."""

from requests_app.models import Booking, QuoteLine


def label_of(line: QuoteLine, booking: Booking) -> str:
    """In the reader's language where the line is the catalogue's; a technician's own words as they
    were written.
    """
    if line.package:
        name = line.package.name
    else:
        booked = getattr(booking.service, f"name_{booking.language}")
        name = booking.service.name if line.label == booked else line.label
    return f"{line.quantity} × {name}" if line.quantity > 1 else name
