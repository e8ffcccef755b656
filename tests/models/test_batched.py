"""Networks that compute for several photos at once give each photo what it would get alone."""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from gpend.core import align
from gpend.core.networks import Kernels, Networks
from gpend.core.photo import Face
from gpend.models.batched import Halving, batched
from gpend.models.device import CardMemoryError
from gpend.models.turn import Turn
from tests.fakes import FakeDetector, FakeRestorer

_SIDE = 32


class _Estimator:
    """The mean of a crop is its kernel."""

    name, size = "fake", _SIDE

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        means = crops.mean((1, 2))
        return Kernels(np.asarray(means[:, None, None] * np.ones((1, 3, 3)), np.float32), means, -means, means**2)


class _Refiner:
    """Adds what it is given."""

    name, strengths = "fake", (1.0, 2.0)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(
        self, crops: NDArray[np.float32], weak: NDArray[np.float32], strong: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        self.batches.append(len(crops))
        return np.asarray(crops + weak[..., None] + strong[..., None], np.float32)


@pytest.fixture
def restorer() -> FakeRestorer:
    return FakeRestorer(size=_SIDE)


@pytest.fixture
def refiner() -> _Refiner:
    return _Refiner()


@pytest.fixture
def together(restorer: FakeRestorer, refiner: _Refiner) -> Networks:
    return batched(Networks(FakeDetector(), restorer, _Estimator(), refiner), Turn(), 3)


def _crops(count: int, side: int = _SIDE) -> NDArray[np.float32]:
    return np.random.default_rng(count).random((count, side, side, 3), np.float32)


def test_faces_of_several_photos_are_restored_in_one_batch(restorer: FakeRestorer, together: Networks) -> None:
    photos = [_crops(count) for count in (1, 3, 2)]
    with ThreadPoolExecutor(3) as threads:
        restored = list(threads.map(together.restore, photos))
    assert sum(restorer.batches) == 6
    for photo, found in zip(photos, restored, strict=True):
        assert np.allclose(found, FakeRestorer(size=_SIDE)(photo))


def test_it_is_said_to_be_the_network_that_it_is(restorer: FakeRestorer, together: Networks) -> None:
    found = together.restore
    assert (found.name, found.size, found.seen) == (restorer.name, restorer.size, restorer.seen)
    assert (found.template, found.fit) == (restorer.template, restorer.fit)
    assert together.estimate is not None
    assert (together.estimate.name, together.estimate.size) == ("fake", _SIDE)
    assert together.refine is not None
    assert (together.refine.name, together.refine.strengths) == ("fake", (1.0, 2.0))


def test_no_faces_are_no_faces(together: Networks) -> None:
    assert together.refine is not None
    nothing = np.zeros((0, _SIDE, _SIDE), np.float32)
    assert len(together.refine(np.zeros((0, _SIDE, _SIDE, 3), np.float32), nothing, nothing)) == 0


def test_blur_is_found_for_each_photo_by_itself(together: Networks) -> None:
    assert together.estimate is not None
    photos = [_crops(count)[..., 0] for count in (2, 1, 3)]
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(together.estimate, photos))
    for photo, kernels in zip(photos, found, strict=True):
        alone = _Estimator()(photo)
        assert np.array_equal(kernels.kernels, alone.kernels)
        assert np.array_equal(kernels.confidence, alone.confidence)
        assert np.array_equal(kernels.enlarged, alone.enlarged)
        assert np.array_equal(kernels.doubled, alone.doubled)


def test_crops_of_different_sizes_are_refined_apart(refiner: _Refiner, together: Networks) -> None:
    refine = together.refine
    assert refine is not None
    photos = [_crops(1, side) for side in (32, 64, 32)]
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda crops: refine(crops, crops[..., 0], crops[..., 1]), photos))
    assert [one.shape for one in found] == [one.shape for one in photos]
    assert sum(refiner.batches) == 3
    for photo, refined in zip(photos, found, strict=True):
        assert np.array_equal(refined, _Refiner()(photo, photo[..., 0], photo[..., 1]))


class _Looking:
    """Finds a face as wide as the brightest pixel says; has memory for two pictures."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, ...]] = []

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        return self.together(image[None])[0]

    def together(self, images: NDArray[np.uint8]) -> Sequence[Sequence[Face]]:
        self.batches.append(images.shape)
        if len(images) > 2:
            raise CardMemoryError("too little")
        marks = align.scaled(align.FFHQ_TEMPLATE, 64)
        return [[Face((0.0, 0.0, float(image.max()), 1.0), marks, 1.0)] for image in images]


def test_faces_are_looked_for_in_pictures_of_one_size_together_and_in_as_many_as_memory_holds() -> None:
    looking = _Looking()
    detect = batched(Networks(looking, FakeRestorer()), Turn(), 6).detect
    pictures = [np.full((32, 48 if place % 2 else 64, 3), place, np.uint8) for place in range(6)]
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(detect, pictures))
    assert [faces[0].width for faces in found] == list(range(6))
    assert len({shape[1:] for shape in looking.batches}) == 2


def test_a_detector_that_looks_at_one_picture_at_a_time_stays_as_it_is(together: Networks) -> None:
    assert isinstance(together.detect, FakeDetector)


def test_a_picture_that_cannot_be_looked_at_costs_its_own_photo_alone() -> None:
    class _Choosy(_Looking):
        def together(self, images: NDArray[np.uint8]) -> Sequence[Sequence[Face]]:
            if images.max() == 255:
                raise ValueError("too bright")
            return super().together(images)

    detect = batched(Networks(_Choosy(), FakeRestorer()), Turn(), 3).detect
    with ThreadPoolExecutor(3) as threads:
        first, bright, last = [threads.submit(detect, np.full((8, 8, 3), value, np.uint8)) for value in (3, 255, 5)]
    assert [one.result()[0].width for one in (first, last)] == [3, 5]
    assert isinstance(bright.exception(), ValueError)


def test_a_first_look_is_taken_at_several_photos_together_too() -> None:
    looking = _Looking()
    screen = batched(Networks(FakeDetector(), FakeRestorer(), screen=looking), Turn(), 2).screen
    assert screen is not None
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(screen, [np.full((8, 8, 3), value, np.uint8) for value in (3, 5)]))
    assert [faces[0].width for faces in found] == [3, 5]
    assert sum(count for count, *_ in looking.batches) == 2


def test_what_memory_has_taught_is_not_tried_again() -> None:
    tried: list[int] = []

    def doubled(numbers: Sequence[int]) -> Sequence[int]:
        tried.append(len(numbers))
        if len(numbers) > 2:
            raise CardMemoryError("too little")
        return [2 * number for number in numbers]

    halving = Halving(doubled, 8)
    assert halving(range(7)) == [0, 2, 4, 6, 8, 10, 12]
    assert tried == [7, 3, 1, 2, 4, 2, 2]
    assert halving.most == 1


def test_memory_too_small_for_a_single_one_is_said_so() -> None:
    def never(numbers: Sequence[int]) -> Sequence[int]:
        raise CardMemoryError(str(len(numbers)))

    with pytest.raises(CardMemoryError, match="1"):
        Halving(never, 3)([1, 2, 3])


def test_a_photo_whose_faces_another_thread_computes_makes_headway_too() -> None:
    told: list[Collection[int]] = []
    turn = Turn(told.append)

    class _Computing(FakeRestorer):
        def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
            with turn:
                return super().__call__(crops)

    both = batched(Networks(FakeDetector(), _Computing(size=_SIDE)), turn, 2)
    idents: list[int] = []

    def restore(crops: NDArray[np.float32]) -> None:
        idents.append(threading.get_ident())
        both.restore(crops)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(restore, [_crops(1), _crops(2)]))
    assert set(idents) <= {ident for line in told for ident in line}
    assert turn.line == set()
