"""How far the technician is, drawn on a small sheet; no map of anybody else's is asked."""

from dataclasses import dataclass

from places.distance import METRES_PER_DEGREE, metres, rounded_km
from requests_app.models import Position


@dataclass(frozen=True)
class MiniMap:
    """The small map: two points on a sheet of WIDTH x HEIGHT, and circles round the house."""

    home_xy: tuple[int, int]
    technician_xy: tuple[int, int]
    rings: list[int]
    km: int
    position: Position

    WIDTH, HEIGHT = 720, 360

    @property
    def ahead(self) -> str:
        """The line from the one to the other, as SVG writes it."""
        return "M{} {}L{} {}".format(*self.technician_xy, *self.home_xy)


def draw(lat: float, lon: float, position: Position) -> MiniMap:
    """Both points on the sheet, as large as it allows, north above."""
    away = metres(lat, lon, position.lat, position.lon)
    north = (position.lat - lat) * METRES_PER_DEGREE
    east = (away**2 - min(north**2, away**2)) ** 0.5 * (1 if position.lon >= lon else -1)
    scale = min(440 / max(abs(east), 300), 200 / max(abs(north), 150))
    half_x, half_y = east * scale / 2, -north * scale / 2
    x, y = MiniMap.WIDTH // 2, MiniMap.HEIGHT // 2
    step = next(
        (size for size in (250, 500, 1_000, 2_000, 5_000, 10_000) if size * scale >= 60), 25_000
    )
    return MiniMap(
        home_xy=(round(x - half_x), round(y - half_y)),
        technician_xy=(round(x + half_x), round(y + half_y)),
        rings=[
            round(step * number * scale) for number in range(1, 12) if step * number * scale < 800
        ],
        km=rounded_km(away),
        position=position,
    )
