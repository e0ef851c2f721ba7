"""Calendars as other programs write them."""


def calendar(*events: str) -> bytes:
    """Each event by the lines between its BEGIN and END."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elsewhere//EN"]
    for number, event in enumerate(events):
        uid = [] if "UID:" in event else [f"UID:{number}@elsewhere.example"]
        lines += ["BEGIN:VEVENT", *uid, *event.strip().splitlines(), "END:VEVENT"]
    return "".join(f"{line.strip()}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()
