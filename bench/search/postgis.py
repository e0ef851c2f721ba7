"""The same question asked of PostGIS, as it is asked there: who covers the place, is free, and the
best first.

Of the server at BENCH_POSTGIS_URL, in tables of its own. Only place, score and calendar are
compared: it knows none of the other rules, so it is asked for less than the search.
"""

import os

import psycopg
from django.db import connection

from places.distance import REACH_M
from places.place import VAGUE

ADDRESS = os.environ.get("BENCH_POSTGIS_URL", "")
MAKE = """
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
DROP TABLE IF EXISTS bench_skill, bench_busy;
CREATE TABLE bench_skill (
    technician_id bigint NOT NULL, skill_id bigint NOT NULL, base_score_ppm int NOT NULL,
      nearness_ppm int NOT NULL,
    radius_m int NOT NULL, home geography(point) NOT NULL);
CREATE TABLE bench_busy (technician_id bigint NOT NULL, during tstzrange NOT NULL);
"""
INDEX = """
CREATE INDEX ON bench_skill USING gist (skill_id, home);
CREATE INDEX ON bench_busy USING gist (technician_id, during);
"""
COPIES = {
    "bench_skill": "SELECT technician_id, skill_id, base_score_ppm, nearness_ppm, radius_m,"
    " format('SRID=4326;POINT(%s %s)', lon, lat) FROM accounts_skillsearch",
    "bench_busy": "SELECT technician_id, during FROM accounts_calendarentry",
}
SEARCH = """
SELECT s.technician_id,
  s.base_score_ppm + round(s.nearness_ppm * (1 - away.metres / %(reach)s))::int AS score
  FROM bench_skill s
 CROSS JOIN (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography AS point) place
 CROSS JOIN LATERAL (SELECT ST_Distance(s.home, place.point, false) AS metres) away
 WHERE s.skill_id = %(skill)s AND ST_DWithin(s.home, place.point, %(reach)s, false)
   AND away.metres <= s.radius_m
   AND NOT EXISTS (
       SELECT 1 FROM bench_busy b
        WHERE b.technician_id = s.technician_id AND b.during && tstzrange(%(start)s,
          %(start)s + interval '90 minutes'))
 ORDER BY score DESC, s.technician_id
 LIMIT 20
"""


class Peer:
    """One connection to it."""

    def __init__(self):
        self.connection = psycopg.connect(ADDRESS, autocommit=True)
        self.connection.execute("SET jit = off")  # compiling costs it more than it saves

    def copy(self):
        """The rows of now."""
        self.connection.execute(MAKE)
        with connection.cursor() as ours, self.connection.cursor() as theirs:
            for table, rows in COPIES.items():
                with (
                    ours.copy(f"COPY ({rows}) TO STDOUT") as source,
                    theirs.copy(f"COPY {table} FROM STDIN") as sink,
                ):
                    for block in source:
                        sink.write(block)
        self.connection.execute(INDEX)
        self.connection.execute("VACUUM ANALYZE")

    def search(self, booking, start):
        place = booking.contact
        assert place.precision not in VAGUE
        facts = {
            "lat": place.lat,
            "lon": place.lon,
            "skill": booking.service.skill_id,
            "reach": REACH_M,
        }
        return self.connection.execute(SEARCH, {**facts, "start": start}).fetchall()
