"""Colours of a palette."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats import palette
from tests import photos


@given(st.integers(0, 999), st.integers(1, 256), st.integers(0, 300))
def test_the_nearest_usable_entry_is_found(seed: int, entries: int, count: int) -> None:
    random = np.random.default_rng(seed)
    table = random.integers(0, 256, (256, 3)).astype(np.uint8)
    usable = np.zeros(256, np.bool_)
    usable[random.permutation(256)[:entries]] = True
    colours = random.integers(0, 256, (count, 3)).astype(np.uint8)
    match = palette.nearest(colours, table, usable)
    distances = ((colours[:, None].astype(int) - table[None].astype(int)) ** 2).sum(axis=2)
    distances[:, ~usable] = 1 << 30
    chosen = distances[np.arange(count), match.entries]
    assert usable[match.entries].all()
    assert (chosen == distances.min(axis=1)).all() if count else match.error == 0
    if count:
        assert np.isclose(match.error, np.sqrt(chosen.mean() / 3))


def test_a_palette_made_for_the_photo_has_near_colours_and_a_small_one_has_not() -> None:
    picture = photos.portrait()
    colours = np.minimum(picture.reshape(-1, 3).astype(int) + 5, 255).astype(np.uint8)
    for count, visible in ((256, False), (8, True)):
        _, data = photos.paletted(picture, count)
        table = np.frombuffer(data.ljust(768, b"\0"), np.uint8).reshape(256, 3)
        assert palette.nearest(colours, table, np.arange(256) < count).visible == visible


@given(st.integers(0, 999), st.floats(0, 1))
def test_of_a_change_that_is_written_in_part_so_much_is_told(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    before, change = random.uniform(0, 255, (40, 3)), random.normal(0, 9, (40, 3))
    assert np.isclose(palette.told(before, before + change, before + share * change), share)


def test_where_nothing_was_to_change_nothing_is_lost() -> None:
    same = np.zeros((5, 3))
    assert palette.told(same, same, same) == 1
