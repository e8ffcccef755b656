"""Which blocks are made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.jpeg import blocks, frame
from gpend.core.formats.jpeg.segments import survey
from gpend.errors import PhotoError
from tests.core.formats.jpeg.material import Coding, coded, codings, masks, picture, sizes, touched


@given(coding=codings, size=sizes, data=st.data())
def test_only_blocks_that_a_changed_pixel_lies_in_are_made(
    coding: Coding, size: tuple[int, int], data: st.DataObject
) -> None:
    pixels = picture(*size, grey=coding.sampling == "grey")
    photo, changed = coded(pixels, coding), data.draw(masks(*size))
    pictured = frame.read(photo, survey(photo).segments)
    for component, made in zip(pictured.components, blocks.quantised(pictured, pixels, changed), strict=True):
        across, down = pictured.factors(component)
        cells = touched(changed, 8 * pictured.down // down, 8 * pictured.across // across)
        assert set(zip(made.rows.tolist(), made.columns.tolist(), strict=True)) == set(map(tuple, np.argwhere(cells)))
        assert np.array_equal(made.rows, np.sort(made.rows))
        for row, span in made.spans.items():
            assert (made.rows[span] == row).all()


def test_nothing_is_made_where_nothing_changed() -> None:
    photo = coded(picture(20, 20), Coding())
    pictured = frame.read(photo, survey(photo).segments)
    assert [len(made.rows) for made in blocks.quantised(pictured, picture(20, 20), np.zeros((20, 20), np.bool_))] == [
        0
    ] * 3


@pytest.mark.parametrize("table", [None, np.zeros(64, np.int32)])
def test_a_missing_table_is_corrupt(table: frame.Table | None) -> None:
    with pytest.raises(PhotoError, match="table"):
        blocks.table_of(frame.Component(1, 1, 1, 0, table))
