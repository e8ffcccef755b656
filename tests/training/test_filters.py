"""The Wiener filter of training: it takes a known blur out, and does no harm where there is none."""

import numpy as np
import pytest
import torch

from gpend.core import deconvolution
from gpend.core.blur import Blur
from gpend.core.noise import Noise
from gpend.training import degradations, filters, jpeg, kernels, losses
from gpend.training.draws import SIDE
from gpend.training.filters import Wiener, estimated, known, noise_of, without
from tests.pictures import portrait
from tests.training.material import photos

FACES = np.ascontiguousarray(portrait(288, 288).transpose(2, 0, 1)[None])
CPU = torch.device("cpu")
WIENER = Wiener(filters.face_spectrum(FACES), CPU)


def luma() -> torch.Tensor:
    return jpeg.split(photos(1))[0]


def noisy(pictures: torch.Tensor, deviation: float) -> torch.Tensor:
    return pictures + torch.randn(pictures.shape, generator=torch.Generator().manual_seed(1)) * deviation


def test_a_known_blur_is_taken_out() -> None:
    kernel = torch.from_numpy(kernels.straight(13, 0.4))[None]
    blurred = noisy(degradations.convolved(luma(), kernel), 1 / 255)
    weak, strong = WIENER(blurred, known(kernel), torch.tensor([1 / 255]))
    before, held, freed = (float(losses.structure(picture, luma())) for picture in (blurred, strong, weak))
    assert before < min(held, freed)
    assert held > before + 0.03
    again = degradations.convolved(weak, kernel)
    assert float((again - blurred)[..., 24:-24, 24:-24].square().mean().sqrt()) < 4 / 255  # it explains the photo


def test_for_one_face_it_is_the_filter_of_the_core() -> None:
    kernel, noise, side = kernels.straight(13, 0.4), 4 / 255, SIDE
    blurred = noisy(degradations.convolved(luma(), torch.from_numpy(kernel)[None]), 2 / 255)
    cost = deconvolution._cost(side, side, Noise(1.0), 1.0)  # noqa: SLF001 - its prior is nowhere told by itself
    prior = filters._SPREAD**2 * deconvolution._CAUTION / cost  # noqa: SLF001 - both are of one unit then
    batched = Wiener(np.asarray(prior, np.float32), CPU)(
        blurred, known(torch.from_numpy(kernel)[None]), torch.tensor([noise])
    )
    border = round(side * deconvolution.MARGIN)
    padded = np.pad(blurred[0, 0].numpy(), border, mode="reflect")
    for plane, factor in zip(batched, filters.FACTORS, strict=True):
        alone = deconvolution.middle(deconvolution.lumas_without(padded, Blur(kernel, 1.0), noise, (factor,))[0])
        assert float(np.abs(plane[0, 0].numpy() - alone).max()) < 0.01


def test_without_blur_and_noise_hardly_anything_changes() -> None:
    weak, _ = WIENER(luma(), known(torch.from_numpy(kernels.none())[None]), torch.tensor([1e-4]))
    assert float((weak - luma()).abs().max()) < 0.02


def test_noise_is_found_as_strong_as_it_is() -> None:
    flat = torch.full((1, 1, 256, 256), 0.5)
    assert abs(float(noise_of(noisy(flat, 10 / 255))) * 255 - 10) < 0.5
    assert float(noise_of(flat)) == pytest.approx(filters.LEAST_NOISE)


def test_a_kernel_that_crop_and_mirrored_crop_agree_on_is_told_whole_and_nearly_certain() -> None:
    kernel = torch.from_numpy(kernels.straight(11, 0.7))[None]

    def network(crops: torch.Tensor) -> torch.Tensor:
        logits = torch.log(kernel + 1e-9)
        return torch.cat([logits, logits.flip(2)]).repeat(len(crops) // 2, 1, 1)

    found = estimated(network, luma())
    assert torch.allclose(found.kernels, kernel, atol=5e-3)
    assert float(found.error) < 0.005


def test_where_they_disagree_the_filter_is_told_so() -> None:
    kernel = torch.from_numpy(kernels.straight(21, 0.7))[None]
    found = estimated(lambda crops: torch.log(kernel + 1e-9).repeat(len(crops), 1, 1), luma())
    assert float(found.error) > 0.1


def hook() -> torch.Tensor:
    """A kernel that is not its own mirror image."""
    return torch.from_numpy(kernels.curved(16, np.random.default_rng(4)))[None]


def test_of_a_kernel_and_its_mirror_image_the_photo_tells_the_right_one() -> None:
    kernel = hook()
    blurred = noisy(degradations.convolved(luma(), kernel), 1 / 255)
    for told in (kernel, kernel.flip(1, 2)):
        found = WIENER.directed(blurred, known(told), torch.tensor([2 / 255]))
        assert torch.equal(found.kernels, kernel)


def test_the_mirror_image_of_a_kernel_is_as_good_an_answer_as_the_kernel() -> None:
    kernel = hook()
    logits = torch.log(kernel + 1e-6)
    right, mirrored = (float(losses.kernel_loss(one, kernel)) for one in (logits, logits.flip(1, 2)))
    both = torch.log((kernel + kernel.flip(1, 2)) / 2 + 1e-6)
    assert right == pytest.approx(mirrored, rel=1e-5)
    assert float(losses.kernel_loss(both, kernel)) > right + 0.05


def test_estimates_that_are_mirror_images_of_each_other_agree() -> None:
    kernel = hook()

    def network(crops: torch.Tensor) -> torch.Tensor:
        logits = torch.log(kernel + 1e-9)
        return torch.cat([logits, logits.flip(2).flip(1, 2)]).repeat(len(crops) // 2, 1, 1)

    found = estimated(network, luma())
    assert torch.allclose(found.kernels, kernel, atol=5e-3)
    assert float(found.error) < 0.005


def test_from_a_picture_that_is_told_to_have_no_blur_nothing_is_taken_out() -> None:
    kernel = torch.from_numpy(kernels.straight(11, 0.7))[None].repeat(2, 1, 1)
    found = without(known(kernel), torch.tensor([True, False]))
    both = WIENER(luma().repeat(2, 1, 1, 1), found, torch.tensor([1 / 255, 1 / 255]))[0]
    assert torch.equal(found.kernels[1], kernel[1])
    assert float((both[0] - luma()[0]).abs().mean()) < 0.01
    assert float((both[1] - luma()[0]).abs().mean()) > 0.02
