"""Light, blur, scale, noise: each does what it says, by measure."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from gpend.training import degradations, draws, kernels
from gpend.training.draws import GROUP, Drawing, Spoil
from gpend.training.jpeg import UNTOUCHED
from tests.pictures import portrait

FACES = torch.from_numpy(portrait(288, 288).transpose(2, 0, 1)[None].copy())
DRAWING = Drawing(seed=3, batch=GROUP, faces=1, blur_only=False)


def picture() -> torch.Tensor:
    return torch.from_numpy(portrait(256, 256).transpose(2, 0, 1)[None].copy()).float() / 255


@pytest.mark.parametrize("seed", range(4))
def test_blurring_is_the_convolution_that_opencv_computes(seed: int) -> None:
    kernel = kernels.curved(17, np.random.default_rng(seed))
    planes = np.ascontiguousarray(picture()[0].permute(1, 2, 0).numpy())
    wanted = cv2.filter2D(planes, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    found = degradations.convolved(picture(), torch.from_numpy(kernel)[None])[0].permute(1, 2, 0).numpy()
    assert np.abs(found - wanted).max() < 1e-4


def test_blurring_keeps_the_mean_light() -> None:
    kernel = torch.from_numpy(kernels.disc(6))[None]
    assert float(degradations.convolved(picture(), kernel).mean()) == pytest.approx(float(picture().mean()), abs=5e-3)


def test_half_of_the_faces_whose_kernel_is_to_be_told_are_blurred_as_light_and_the_others_in_their_tones() -> None:
    told = replace(DRAWING, blur_only=True)
    exponents = np.concatenate([draws.draw(told, step).exponent for step in range(40)])
    lit = exponents[exponents != 1]
    assert len(lit) / len(exponents) == pytest.approx(0.5, abs=0.06)
    assert 1.6 <= lit.min() < 1.7
    assert 2.3 < lit.max() <= 2.4


def test_what_the_later_networks_learn_from_is_blurred_in_its_tones_as_they_are_given_it() -> None:
    later = replace(DRAWING, blur_only=False)
    assert all((draws.draw(later, step).exponent == 1).all() for step in range(20))


def test_what_is_bright_spreads_farther_into_what_is_dark_where_light_is_blurred() -> None:
    drawn = draws.draw(DRAWING, _first(Spoil.SHARP))
    kernel = kernels.disc(6)
    quiet = replace(
        drawn,
        kernels=np.tile(kernel, (GROUP, 1, 1)),
        exponent=np.array([1, 2] * (GROUP // 2), np.float32),
        noise=np.zeros_like(drawn.noise),
        quality=np.full_like(drawn.quality, UNTOUCHED),
    )
    lamp = torch.full((GROUP, 3, 256, 256), 0.2)
    lamp[..., 120:136, 120:136] = 1
    photos = degradations.spoiled(lamp, quiet)
    light = lamp[0].permute(1, 2, 0).numpy() ** 2
    wanted = cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT_101) ** 0.5
    assert np.abs(photos[1].permute(1, 2, 0).numpy() - wanted).max() < 1e-3
    assert float((photos[1] - photos[0]).min()) > -1e-3
    assert float((photos[1] - photos[0]).max()) > 0.05


@pytest.mark.parametrize("soft", [0.0, 1.0])
@pytest.mark.parametrize("deviation", [3 / 255, 14 / 255])
def test_noise_has_the_strength_that_was_drawn(deviation: float, soft: float) -> None:
    flat = torch.full((2, 3, 128, 128), 0.4)
    grain = torch.tensor([[0.0, soft, 0.0], [1.0, soft, 1.0]])
    generator = torch.Generator().manual_seed(1)
    noise = degradations.grained(flat, torch.tensor([deviation, deviation]), grain, generator) - flat
    assert noise.std((1, 2, 3)).tolist() == pytest.approx([deviation] * 2, rel=0.03)
    assert float(noise[1].std(0).max()) < 1e-6  # grey noise is the same in every colour
    neighbours = float((noise[0, :, 1:] * noise[0, :, :-1]).mean()) / deviation**2
    assert neighbours == pytest.approx(0.0 if soft == 0 else np.exp(-0.25), abs=0.05)


def test_shrinking_loses_what_is_finer_than_the_native_pixels() -> None:
    rows = torch.arange(256).view(1, 1, 256, 1).expand(1, 1, 256, 256)
    stripes = 0.5 + 0.4 * torch.cos(rows * torch.pi * 0.9)
    small = degradations.rescaled(degradations.rescaled(stripes, 64), 256)
    assert float(small[..., 30:-30, :].std()) < 0.05
    assert degradations.rescaled(stripes, 256) is stripes


def test_a_step_is_the_same_however_often_it_is_drawn() -> None:
    one, other = (draws.draw(DRAWING, 5) for _ in range(2))
    truth = [degradations.sharp(FACES, drawn) for drawn in (one, other)]
    assert torch.equal(*truth)
    assert torch.equal(*(degradations.spoiled(truth[0], drawn) for drawn in (one, other)))
    assert not np.array_equal(one.kernels, draws.draw(DRAWING, 6).kernels)


def test_sharp_faces_are_hardly_changed_and_all_pictures_stay_within_0_and_1() -> None:
    for step in (_first(Spoil.SHARP), _first(Spoil.SHRUNK)):
        drawn = draws.draw(DRAWING, step)
        truth = degradations.sharp(FACES, drawn)
        photos = degradations.spoiled(truth, drawn)
        assert photos.shape == truth.shape == (GROUP, 3, 256, 256)
        assert 0 <= float(photos.min()) <= float(photos.max()) <= 1
        error = (photos - truth).square().mean((1, 2, 3)).sqrt()
        sharp = torch.tensor([spoil is Spoil.SHARP for spoil in drawn.spoils])
        assert not bool(sharp.any()) or float(error[sharp].max()) < 6 / 255


def _first(spoil: Spoil) -> int:
    return next(step for step in range(100) if draws.draw(DRAWING, step).spoils[0] is spoil)


def test_every_kind_is_drawn_as_often_as_told() -> None:
    found = [spoil for step in range(80) for spoil in draws.draw(DRAWING, step).spoils[::GROUP]]
    for spoil, share in draws.SHARES.items():
        assert found.count(spoil) / len(found) == pytest.approx(share, abs=0.12)


def test_for_the_kernel_network_every_face_is_blurred_and_none_shrunk_to_half_unless_it_was_compressed_hard() -> None:
    drawing = Drawing(seed=1, batch=GROUP, faces=1, blur_only=True)
    for step in range(12):
        drawn = draws.draw(drawing, step)
        assert set(drawn.spoils) == {Spoil.BLURRED}
        hard = drawn.quality[::GROUP].max(1) < 63
        assert drawn.native[~hard].min(initial=draws.SIDE) >= 0.7 * draws.SIDE
        assert drawn.native.min() >= 0.4 * draws.SIDE


def test_beside_a_quarter_of_the_faces_for_the_kernel_network_stand_straight_edges_and_beside_no_others() -> None:
    for blur_only, share in ((True, 0.25), (False, 0.0)):
        drawing = Drawing(seed=1, batch=GROUP, faces=1, blur_only=blur_only)
        drawn = np.concatenate([draws.draw(drawing, step).edges for step in range(40)])
        assert float((drawn[:, 0, 2] < draws.NOWHERE).mean()) == pytest.approx(share, abs=0.06)


def test_an_edge_covers_what_is_beyond_it_and_nothing_of_the_face() -> None:
    drawn = draws.draw(DRAWING, _first(Spoil.SHARP))
    edges = drawn.edges.copy()
    edges[:, 0] = 1, 0, 0.5, draws.NOWHERE, 1
    plain, framed = (
        degradations.sharp(FACES, replace(drawn, edges=one, light=np.ones_like(drawn.light)))
        for one in (drawn.edges, edges)
    )
    assert torch.equal(plain[..., :190], framed[..., :190])
    assert float(framed[..., 194:].min()) == 1.0
