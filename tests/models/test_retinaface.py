"""The detector gives what facexlib's own detect_faces gives, sooner."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from facexlib.detection.retinaface import RetinaFace
from numpy.typing import NDArray

from gpend.core.networks import Networks
from gpend.core.photo import Face
from gpend.errors import FatalError
from gpend.models import retinaface
from gpend.models.batched import batched
from gpend.models.retinaface import Detector, load_retinaface, network_of
from gpend.models.tensors import read_tensors
from gpend.models.turn import Turn
from gpend.models.weights import DetectorCheckpoint, Proven, find, weights_folders
from tests.fakes import FakeRestorer
from tests.models.card import StandInCard

_CPU = torch.device("cpu")
_SAMPLES = Path(str(files("gpend"))) / "samples"


@pytest.fixture(scope="module")
def proven() -> Proven[DetectorCheckpoint]:
    return find("retinaface_mobile0.25", DetectorCheckpoint, weights_folders())


@pytest.fixture(scope="module")
def detect(proven: Proven[DetectorCheckpoint]) -> Detector:
    return load_retinaface(proven, _CPU, Turn())


def _photo(path: Path, long_side: int = 1280) -> NDArray[np.uint8]:
    read = cv2.imread(str(path))
    assert read is not None
    image = cv2.cvtColor(read, cv2.COLOR_BGR2RGB)
    scale = min(1.0, long_side / max(image.shape))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _rows(faces: Sequence[Face]) -> NDArray[np.float64]:
    rows = [[*face.box, face.score, *np.ravel(face.landmarks)] for face in faces]
    return np.array(rows).reshape(-1, 15)


@pytest.fixture(scope="module")
def theirs(proven: Proven[DetectorCheckpoint]) -> RetinaFace:
    network = RetinaFace(network_name="mobile0.25", device=_CPU)
    network.load_state_dict(read_tensors(proven), strict=False)
    return network


def _assert_same(detect: Detector, theirs: RetinaFace, image: NDArray[np.uint8]) -> None:
    with torch.inference_mode():
        expected = theirs.detect_faces(np.ascontiguousarray(image[:, :, ::-1]), conf_threshold=0.5)
    found = _rows(detect(image))
    assert found.shape == expected.shape
    assert np.abs(found - expected).max(initial=0) < 0.01


@pytest.mark.parametrize("name", ["portrait-sharp", "portrait-blurred", "no-faces"])
def test_the_faces_in_the_samples_are_those_that_facexlib_finds(
    theirs: RetinaFace, detect: Detector, name: str
) -> None:
    _assert_same(detect, theirs, _photo(Path(str(files("gpend"))) / "samples" / f"{name}.jpg"))


@pytest.mark.parametrize("name", ["p002", "p032", "p039", "p043", "p065", "p069", "p075"])
def test_the_faces_in_real_photos_are_those_that_facexlib_finds(
    beside: Path, theirs: RetinaFace, detect: Detector, name: str
) -> None:
    _assert_same(detect, theirs, _photo(beside / "photos" / f"{name}.jpg"))


@pytest.fixture
def pictures() -> NDArray[np.uint8]:
    """(4, 320, 320, 3): one face, none, four, and noise."""
    sharp = cv2.resize(_photo(_SAMPLES / "portrait-sharp.jpg"), (320, 320), interpolation=cv2.INTER_AREA)
    half = cv2.resize(sharp, (160, 160), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(3).integers(0, 256, (320, 320, 3), np.uint8)
    return np.stack([sharp, np.zeros_like(sharp), np.tile(half, (2, 2, 1)), noise])


def test_pictures_looked_at_together_have_the_faces_that_each_has_alone(
    detect: Detector, pictures: NDArray[np.uint8]
) -> None:
    together, alone = detect.together(pictures), [detect(one) for one in pictures]
    assert [len(faces) for faces in alone] == [1, 0, 4, 0]
    assert [len(faces) for faces in together] == [1, 0, 4, 0]
    size = np.array([320.0] * 4 + [1.0] + [320.0] * 10)  # of boxes, score and landmarks
    for one, other in zip(together, alone, strict=True):
        assert np.abs((_rows(one) - _rows(other)) / size).max(initial=0) <= 1e-4


def test_a_picture_that_must_not_be_written_to_is_looked_at_as_any_other(
    detect: Detector, pictures: NDArray[np.uint8]
) -> None:
    expected = detect(pictures[0])
    pictures.flags.writeable = False
    assert detect(pictures[0]) == expected
    assert detect(pictures[0][:, ::-1])


def test_no_pictures_have_no_faces(detect: Detector) -> None:
    assert detect.together(np.zeros((0, 32, 32, 3), np.uint8)) == []


def test_photos_of_several_threads_are_looked_at_together(detect: Detector, pictures: NDArray[np.uint8]) -> None:
    counting = _Counting(detect)
    together = batched(Networks(counting, FakeRestorer()), Turn(), 4).detect
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(together, pictures))
    assert sum(counting.batches) == 4
    assert [len(faces) for faces in found] == [1, 0, 4, 0]


class _Counting:
    """A detector that notes its batches."""

    def __init__(self, detect: Detector) -> None:
        self._detect = detect
        self.batches: list[int] = []

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        return self.together(image[None])[0]

    def together(self, images: NDArray[np.uint8]) -> Sequence[Sequence[Face]]:
        self.batches.append(len(images))
        return self._detect.together(images)


def test_on_a_card_the_same_faces_are_found_and_a_first_look_is_in_half_precision(
    proven: Proven[DetectorCheckpoint], detect: Detector, pictures: NDArray[np.uint8]
) -> None:
    network = network_of(proven.checkpoint)
    network.load_state_dict(read_tensors(proven), strict=False)
    card = StandInCard()
    on_card = Detector(network, _CPU, Turn(), backend=card)
    for one, other in zip(on_card.together(pictures), detect.together(pictures), strict=True):
        assert np.abs(_rows(one) - _rows(other)).max(initial=0) < 0.01
    assert card.asked == ["up 4"]
    assert on_card.quicker() is on_card
    assert on_card.screen().precision == "bfloat16"
    assert Detector(network, _CPU, Turn(), backend=StandInCard(())).screen().precision == "float32"


def test_a_screen_finds_the_same_faces_and_tells_of_doubtful_ones_too(detect: Detector) -> None:
    image = _photo(Path(str(files("gpend"))) / "samples" / "portrait-blurred.jpg", 640)
    screen = detect.screen()
    assert screen.floor < detect.floor
    assert len(screen(image)) >= len(detect(image)) >= 1
    assert np.abs(_rows(screen(image))[0] - _rows(detect(image))[0]).max() < 1.0


def test_without_the_processor_s_bfloat16_a_screen_computes_in_float32(
    detect: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retinaface, "computes_in_bfloat16", lambda: False)
    assert detect.screen().precision == "float32"


def test_without_fused_convolutions_plain_ones_find_faces(
    proven: Proven[DetectorCheckpoint], detect: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_network: torch.nn.Module, _dtype: torch.dtype) -> torch.nn.Module:
        raise RuntimeError("there is no such operator")

    monkeypatch.setattr(retinaface, "fused", refuse)
    plain = load_retinaface(proven, _CPU, Turn())
    image = _photo(Path(str(files("gpend"))) / "samples" / "portrait-sharp.jpg")
    assert np.abs(_rows(plain(image)) - _rows(detect(image))).max() < 0.01
    assert plain.screen().precision == "float32"


def test_all_29_faces_of_the_solvay_conference_are_found_with_certainty(beside: Path, detect: Detector) -> None:
    faces = detect(_photo(beside / "photos" / "p075.jpg"))
    assert len(faces) == 29
    assert min(face.score for face in faces) > 0.95


def test_a_landscape_has_no_faces_and_a_statue_is_doubtful(beside: Path, detect: Detector) -> None:
    assert not detect(_photo(beside / "photos" / "p065.jpg"))
    assert all(face.score < 0.8 for face in detect(_photo(beside / "photos" / "p017.jpg")))


def test_the_landmarks_stand_as_the_core_expects_them(detect: Detector) -> None:
    face = detect(_photo(Path(str(files("gpend"))) / "samples" / "portrait-sharp.jpg"))[0]
    left_eye, right_eye, nose, left_corner, right_corner = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_corner[0] < right_corner[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_corner[1], right_corner[1])


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (31, 33), (200, 7)])
def test_an_image_of_any_shape_is_looked_at(detect: Detector, shape: tuple[int, int]) -> None:
    assert not detect(np.zeros((*shape, 3), np.uint8))


def test_noise_has_no_faces(detect: Detector) -> None:
    assert not detect(np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8))


@pytest.fixture(scope="module")
def resnet() -> RetinaFace:
    """The larger detector with seeded weights, as nobody here has the published ones."""
    torch.manual_seed(5)
    network = network_of(_larger())
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = 1.0
    with torch.no_grad():
        network.train()(100 * torch.randn(2, 3, 64, 96))  # its norms learn what is usual, so that nothing saturates
    return network.eval()


def _larger(floor: float = 0.5) -> DetectorCheckpoint:
    told: dict[str, object] = {"name": "larger", "architecture": "retinaface-resnet50", "file": "r50.pth"}
    return DetectorCheckpoint.model_validate(told | {"floor": floor, "origin": "", "licence": ""})


def _published(network: RetinaFace) -> bytes:
    """As its file holds it: from several graphics cards."""
    buffer = io.BytesIO()
    torch.save({f"module.{key}": value for key, value in network.state_dict().items()}, buffer)
    return buffer.getvalue()


def test_the_larger_detector_finds_what_facexlib_finds_with_it_above_its_own_floor(resnet: RetinaFace) -> None:
    content = _published(resnet)
    image = np.random.default_rng(3).integers(0, 256, (64, 96, 3), np.uint8)
    with torch.inference_mode():
        everything = resnet.detect_faces(np.ascontiguousarray(image[:, :, ::-1]), conf_threshold=0.0)
    floor = float(np.median(everything[:, 4]))
    detect = load_retinaface(Proven(_larger(floor), content), _CPU, Turn())
    with torch.inference_mode():
        expected = resnet.detect_faces(np.ascontiguousarray(image[:, :, ::-1]), conf_threshold=floor)
    found = _rows(detect(image))
    assert 0 < len(found) < len(everything)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 0.05


def test_the_small_detector_s_weights_are_no_larger_detector(proven: Proven[DetectorCheckpoint]) -> None:
    with pytest.raises(FatalError, match=r"is no RetinaFace"):
        load_retinaface(Proven(_larger().model_copy(update={"file": "a.safetensors"}), proven.content), _CPU, Turn())


def test_weights_of_another_network_are_refused(proven: Proven[DetectorCheckpoint]) -> None:
    other = (weights_folders()[-1] / "gpen-256.safetensors").read_bytes()
    with pytest.raises(FatalError, match="is no RetinaFace"):
        load_retinaface(Proven(proven.checkpoint, other), _CPU, Turn())
