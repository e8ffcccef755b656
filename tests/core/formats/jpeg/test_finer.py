"""Hard compressed luma gets finer steps, of which its own are multiples: nothing is lost, and what is new is kept."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import jpeg
from gpend.core.formats.jpeg import finer, frame, turbo
from gpend.core.formats.jpeg.segments import survey
from tests.core.formats.jpeg.material import (
    DECODERS,
    Coding,
    by_pillow,
    coded,
    coefficients,
    picture,
    quality_of,
    tables,
    wanted,
)

pytestmark = pytest.mark.skipif(turbo.load() is None, reason="libturbojpeg is not installed here")
steps = st.lists(st.integers(1, 400), min_size=64, max_size=64)


def _frame(luma: list[int], slots: tuple[int, int, int] = (0, 1, 1)) -> frame.Frame:
    photo = coded(picture(16, 16), Coding())
    plain = frame.read(photo, survey(photo).segments)
    table = np.array(luma, np.int32)
    components = tuple(
        frame.Component(number + 1, 1, 1, slot, table if slot == 0 else np.full(64, 40, np.int32))
        for number, slot in enumerate(slots)
    )
    return frame.Frame(plain.process, 8, 16, 16, components, frame.Colour.YCC, 0, 1)


@given(steps)
def test_each_new_step_divides_the_old_one_and_is_no_larger(luma: list[int]) -> None:
    old, new = _frame(luma), finer.with_finer_steps(_frame(luma))
    for before, after in zip(old.components, new.components, strict=True):
        assert before.table is not None
        assert after.table is not None
        assert (before.table % after.table == 0).all()
        growth = finer.growth(before.table, after.table)
        assert growth is None or np.array_equal(growth * after.table, before.table)


def test_a_block_s_mean_is_never_told_in_single_levels() -> None:
    """A black block's mean would then be more than a coefficient can be."""
    table = finer.with_finer_steps(_frame([17] * 64)).components[0].table
    assert table is not None
    assert table.tolist() == [17] + [1] * 63


def test_colour_keeps_its_steps_and_shared_tables_stay_shared() -> None:
    apart, together = (finer.with_finer_steps(_frame([40] * 64, slots)) for slots in ((0, 1, 1), (0, 0, 0)))
    assert [component.table[0] for component in apart.components if component.table is not None] == [4, 40, 40]
    assert [component.table[0] for component in together.components if component.table is not None] == [4, 4, 4]


@pytest.mark.parametrize("quality", [88, 92, 95, 100])
def test_a_photo_of_good_quality_keeps_its_tables(quality: int) -> None:
    photo = coded(picture(64, 64), Coding(quality=quality))
    everything = np.ones((64, 64), np.bool_)
    assert tables(jpeg.patch(photo, wanted(by_pillow(photo), everything), everything, "").photo) == tables(photo)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("sampling", ["4:2:0", "4:4:4", "4:1:1", "grey"])
@pytest.mark.parametrize("quality", [30, 50, 75])
def test_soft_detail_that_the_photo_s_own_steps_would_round_away_is_kept(
    quality: int, sampling: str, *, progressive: bool
) -> None:
    coding = Coding(sampling, quality, progressive)
    photo = coded(picture(96, 96, grey=sampling == "grey"), coding)
    before, changed = by_pillow(photo), np.zeros((96, 96), np.bool_)
    changed[32:64, 32:64] = True
    rows, columns = np.mgrid[:96, :96]
    texture = np.rint(4 * np.sin(rows * 1.1) * np.sin(columns * 0.9))[..., None]  # as faint as skin and hair
    sought = np.where(changed[..., None], np.clip(before + texture, 0, 255), before).astype(np.uint8)
    patched = jpeg.patch(photo, sought, changed, "").photo
    own = coded(sought, coding)
    assert quality_of(by_pillow(patched), sought, changed) > quality_of(by_pillow(own), sought, changed) + 3
    far = np.ones((96, 96), np.bool_)
    far[16:80, 0 if sampling == "4:1:1" else 16 : 96 if sampling == "4:1:1" else 80] = False
    for decoder in DECODERS:
        assert np.array_equal(decoder(photo)[far], decoder(patched)[far])


def test_a_coefficient_that_would_become_too_large_leaves_all_steps_as_they_are() -> None:
    """Such a file is broken, or made to break decoders: its coefficient stands for more than light can be."""
    output = io.BytesIO()
    stripes = np.where(np.arange(64) % 8 < 4, 0, 255).astype(np.uint8)[None, :, None].repeat(64, 0).repeat(3, 2)
    Image.fromarray(stripes).save(output, "JPEG", qtables=[[2] * 64, [2] * 64], subsampling=0)
    photo = output.getvalue()
    table = bytes([0xFF, 0xDB, 0, 67, 0, *[2] * 64])
    assert table in photo
    photo = photo.replace(table, bytes([0xFF, 0xDB, 0, 67, 0, *[251] * 64]))
    before, changed = by_pillow(photo), np.zeros((64, 64), np.bool_)
    changed[8:16, 8:16] = True
    patched = jpeg.patch(photo, wanted(before, changed), changed, "").photo
    assert tables(patched) == tables(photo)
    old, new = coefficients(photo)[0], coefficients(patched)[0]
    assert np.array_equal(old[3:], new[3:])
