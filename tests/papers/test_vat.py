"""However a paper is given back, in whatever pieces: their VAT is that of the whole (rule M8)."""

from hypothesis import given
from hypothesis import strategies as st

from papers import vat

pieces = st.lists(st.integers(min_value=1, max_value=30000), min_size=1, max_size=12)


@given(pieces, st.sampled_from([0, 810, 2000]))
def test_parts_have_the_vat_of_the_whole(cents, bp):
    whole = {**vat.at_rate(sum(cents), bp), "why": "a reason"}

    back, parts = 0, []
    for piece in cents:
        parts.append(vat.vat_of_part(piece, whole, before_cents=back))
        back += piece

    for name in ("net_cents", "vat_cents"):
        assert sum(part[name] for part in parts) == whole[name]
        assert all(part[name] >= 0 for part in parts)
    for piece, part in zip(cents, parts, strict=True):
        assert part["net_cents"] + part["vat_cents"] == piece
        assert (part["bp"], part["why"]) == (bp, "a reason")
