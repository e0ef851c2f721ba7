"""Who covers a place and speaks with the customer, best score first, at a cost that does not grow
with the town.

See docs/decisions/0006.

Exact, by a bound: nobody in a cell scores more than their `base_score_ppm` and what nearness the
cell's nearest point gives. Round 1 takes the best of the nearest cells; the score of the last of
`count` of them is the cut. Round 2 takes of every cell in reach the range of the index that may
still come to the cut, and no other row.
"""

from datetime import datetime
from typing import NamedTuple

from dispatch import facts
from dispatch.eligibility import RULES
from places.distance import search_cells
from policy.figures import Policy

# The greatest weight nearness ever had: what is stored may have been scored under a row that is in
# force no longer. Sub-selects end in OFFSET 0, so that each cell is asked by itself and the order
# of the index is used.
ROUNDS = """
{bookings},
weight AS MATERIALIZED (
    SELECT greatest(%(nearness)s, max((r.value ->> 'nearness')::int)) AS ppm
      FROM policy_policyrow r WHERE r.key = 'score_weights_ppm'),
cut AS MATERIALIZED (
    SELECT coalesce((
           SELECT best.score
             FROM wanted b
            CROSS JOIN unnest((SELECT %(nearest)s::bigint[])) g (cell)
            CROSS JOIN LATERAL (
                  SELECT {score} AS score
                    FROM accounts_skillsearch s
                   CROSS JOIN LATERAL (SELECT {metres} AS metres) away
                   WHERE s.skill_id = b.skill_id AND s.h3_cell = g.cell AND {near}
                     AND {speaks}{only}
                   ORDER BY s.base_score_ppm DESC
                   LIMIT (SELECT %(count)s::int)) best
            ORDER BY best.score DESC
           OFFSET (SELECT %(count)s::int - 1) LIMIT 1), 0) AS score),
best AS MATERIALIZED (
    SELECT one.technician_id, one.score
      FROM wanted b
     CROSS JOIN weight
     CROSS JOIN cut
     CROSS JOIN unnest((SELECT %(cells)s::bigint[]), (SELECT %(closest)s::float[])) g (cell, metres)
     CROSS JOIN LATERAL (
           SELECT s.technician_id, {score} AS score
             FROM accounts_skillsearch s
            CROSS JOIN LATERAL (SELECT {metres} AS metres) away
            WHERE s.skill_id = b.skill_id AND s.h3_cell = g.cell
              AND s.base_score_ppm >= cut.score - ceil(weight.ppm * (1 - g.metres / %(reach)s))::int
              AND {near} AND {speaks}{only}
           OFFSET 0) one
     WHERE one.score >= cut.score
     ORDER BY one.score DESC, one.technician_id
     LIMIT (SELECT %(count)s::int))
SELECT (SELECT min(rank) FROM wish), EXISTS (SELECT 1 FROM past),
       ARRAY(SELECT technician_id FROM past UNION SELECT technician_id FROM reserve),
       ARRAY(SELECT technician_id FROM best ORDER BY score DESC, technician_id),
       ARRAY(SELECT score FROM best ORDER BY score DESC, technician_id)
"""
ONLY_NEWCOMERS = " AND s.newcomer"
EVERYBODY = 2**31 - 1


class Best(NamedTuple):
    """The `count` best by score (ppm), or all there are; and what of the booking decides about
    their order.

    `first_rank`: the first wish that is still open, None when none is. `asked`: somebody was asked
    in this search. `apart`: those the order places by more than wish and score, wherever they live.
    """

    first_rank: int | None
    asked: bool
    apart: list[int]
    people: list[int]
    scores: list[int]


def best(
    booking_id: int, lat: float, lon: float, at: datetime, count: int, *, newcomers: bool = False
) -> Best:
    """The best `count` who cover the place and speak a language of the customer, or their
    newcomers. One query.
    """
    nearest, cells = search_cells(lat, lon)
    text = ROUNDS.format(
        bookings=facts.BOOKINGS,
        score=facts.SCORE,
        metres=RULES["metres"],
        near=RULES["near"],
        speaks=RULES["speaks"],
        only=ONLY_NEWCOMERS if newcomers else "",
    )
    ((*row,),) = facts.run(
        text,
        at,
        [booking_id],
        nearness=Policy().score_weights_ppm.nearness,
        nearest=list(nearest),
        cells=[cell for cell, _closest in cells],
        closest=[closest for _cell, closest in cells],
        count=count,
    )
    return Best(*row)
