"""How far the technician is, drawn on a small sheet with the towns around; no map of anybody else's
is asked.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from places import gazetteer
from places.distance import METRES_PER_DEGREE, rounded_km
from requests_app.models import Position

WIDTH, HEIGHT = 720, 360
RING_M = (250, 500, 1_000, 2_000, 5_000, 10_000)
FARTHEST_RING_M = 25_000
MOST_TOWNS = 6
APART = (170, 56)  # of the sheet, between one name and the next, or one of the two points
EDGE = (90, 30)  # of the sheet, where a name would be cut
XY = tuple[int, int]


@dataclass(frozen=True)
class Town:
    name: str
    xy: XY


@dataclass(frozen=True)
class MiniMap:
    """The small map: two points on a sheet of WIDTH x HEIGHT, circles round the house, towns."""

    home_xy: XY
    technician_xy: XY
    rings: list[int]
    towns: list[Town]
    city: str  # of the house: a name stands there however empty the land is
    km: int
    position: Position

    @property
    def ahead(self) -> str:
        """The line from the one to the other, as SVG writes it."""
        return "M{} {}L{} {}".format(*self.technician_xy, *self.home_xy)


@dataclass(frozen=True)
class Sheet:
    """The plane that touches the house, north above; `scale` in units of the sheet a metre."""

    lat: float
    lon: float
    home_xy: XY
    scale: float

    def xy(self, lat: float, lon: float) -> XY:
        east, north = _offset(self.lat, self.lon, lat, lon)
        return round(self.home_xy[0] + east * self.scale), round(
            self.home_xy[1] - north * self.scale
        )

    def entries(self) -> Iterator[gazetteer.Entry]:
        """What the gazetteer knows on it."""
        degrees = METRES_PER_DEGREE * self.scale
        across = degrees * math.cos(math.radians(self.lat))
        return gazetteer.table().within(
            south=self.lat - (HEIGHT - self.home_xy[1]) / degrees,
            north=self.lat + self.home_xy[1] / degrees,
            west=self.lon - self.home_xy[0] / across,
            east=self.lon + (WIDTH - self.home_xy[0]) / across,
        )


def draw(lat: float, lon: float, position: Position, city: str) -> MiniMap:
    """Both points on the sheet, as large as it allows, and the names of the towns between and
    around them.
    """
    east, north = _offset(lat, lon, position.lat, position.lon)
    scale = min(440 / max(abs(east), 300), 200 / max(abs(north), 150))
    home_xy = round((WIDTH - east * scale) / 2), round((HEIGHT + north * scale) / 2)
    sheet = Sheet(lat, lon, home_xy, scale)
    technician_xy = sheet.xy(position.lat, position.lon)
    step = next((size for size in RING_M if size * scale >= 60), FARTHEST_RING_M)
    return MiniMap(
        home_xy=home_xy,
        technician_xy=technician_xy,
        rings=[
            round(step * number * scale) for number in range(1, 12) if step * number * scale < 800
        ],
        towns=_towns(sheet, [home_xy, technician_xy], city),
        city=city,
        km=rounded_km(math.hypot(east, north)),
        position=position,
    )


def _offset(lat: float, lon: float, other_lat: float, other_lon: float) -> tuple[float, float]:
    """Metres to the east and to the north."""
    east = METRES_PER_DEGREE * (other_lon - lon) * math.cos(math.radians(lat))
    return east, METRES_PER_DEGREE * (other_lat - lat)


def _towns(sheet: Sheet, taken: list[XY], city: str) -> list[Town]:
    """Those nearest to the middle of the sheet first, as many as leave each other room."""
    there = [Town(_short(entry.name), sheet.xy(entry.lat, entry.lon)) for entry in sheet.entries()]
    there.sort(key=lambda town: (math.dist(town.xy, (WIDTH / 2, HEIGHT / 2)), town.name))
    found: list[Town] = []
    for town in there:
        if len(found) == MOST_TOWNS:
            break
        names = {city, *(one.name for one in found)}
        others = [*taken, *(one.xy for one in found)]
        if town.name not in names and _is_inside(town.xy) and _has_room(town.xy, others):
            found.append(town)
    return found


def _short(name: str) -> str:
    return name.removesuffix(" Arrondissement")


def _is_inside(xy: XY) -> bool:
    return EDGE[0] <= xy[0] <= WIDTH - EDGE[0] and EDGE[1] <= xy[1] <= HEIGHT - EDGE[1]


def _has_room(xy: XY, others: list[XY]) -> bool:
    return all(abs(xy[0] - x) >= APART[0] or abs(xy[1] - y) >= APART[1] for x, y in others)
