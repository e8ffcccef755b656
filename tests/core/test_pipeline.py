"""The whole way through the core, with the shipped networks and with fakes."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpend.core import analysis, blurring, codec, orientation, pipeline, triage, visible
from gpend.core.blur import Blur
from gpend.core.camera_shake import Part
from gpend.core.fitted import CAUTIOUS
from gpend.core.formats import history
from gpend.core.networks import Kernels, Networks
from gpend.core.photo import Face, Plane
from gpend.core.report import Kept, Restored, Verdict
from gpend.errors import PhotoError
from gpend.fitting.figures import NOTHING, Refitted
from gpend.settings import CoreSettings, SlightShakes, TriageSettings
from tests.benchmarks.gpu.photos import blurred_portrait, sharp_portrait
from tests.core.blurs import streak
from tests.core.test_direction import hook
from tests.core.test_shake import Told, apart, disc, smeared
from tests.fakes import FakeDetector, FakeRestorer

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def pixels(photo: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"))


def jpeg(picture: Picture, turn: int = 1, mode: str = "RGB") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    data = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(data, "JPEG", quality=92, exif=exif)
    return data.getvalue()


def blurred(picture: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def detail(picture: Picture, box: tuple[float, float, float, float]) -> float:
    x0, y0, x1, y1 = (int(edge) for edge in box)
    luma = cv2.GaussianBlur(np.asarray(picture[y0:y1, x0:x1], np.float32).mean(2), (0, 0), 1.2)  # grain is no detail
    return float(cv2.Laplacian(luma, cv2.CV_32F).std())


def test_a_blurred_portrait_comes_out_restored_in_the_face_only(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    outcome = pipeline.process(photo, networks, CoreSettings())
    assert isinstance(outcome, Restored)
    (face,) = [face for face in outcome.faces if face.verdict is Verdict.RESTORED]
    before, after = pixels(photo), pixels(outcome.photo)
    assert detail(after, face.box) > 1.3 * detail(before, face.box)
    x0, y0, x1, y1 = (int(edge) for edge in face.box)
    outside = np.ones(before.shape[:2], np.bool_)
    margin = int(0.35 * (y1 - y0))
    outside[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin] = False
    assert np.array_equal(before[outside], after[outside])


def test_a_photo_tells_what_made_its_pixels_and_no_network_that_painted_nothing(
    networks: Networks, samples: Path
) -> None:
    assert networks.refine is not None
    assert networks.estimate is not None
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    idle = replace(networks, restore=Refitted(networks.restore, NOTHING))
    painting = replace(networks, restore=Refitted(networks.restore, CAUTIOUS))
    for known, name in (
        (painting, networks.restore.name),
        (idle, networks.refine.name),
        (replace(idle, refine=None), networks.estimate.name),
    ):
        outcome = pipeline.process(photo, known, CoreSettings())
        assert isinstance(outcome, Restored)
        (face,) = [face for face in outcome.faces if face.verdict is Verdict.RESTORED]
        assert face.network == name
        assert ("painted at" in face.reason) is (known is painting)
        assert f"gpend: faces restored with {name} from SHA-256".encode() in outcome.photo
        assert history.origins(outcome.photo)


class _Decoder:
    """A quicker way to the same pixels, which notes that it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, photo: bytes, header: codec.Header) -> codec.Decoded:
        self.asked += 1
        return codec.decode(photo, header)

    def try_out(self) -> None:
        """Nothing keeps it from decoding."""


def test_a_photo_is_decoded_whole_once_and_by_what_the_networks_bring(networks: Networks, samples: Path) -> None:
    photo, decoder = (samples / "portrait-blurred.jpg").read_bytes(), _Decoder()
    outcome = pipeline.process(photo, replace(networks, decode=decoder), CoreSettings())
    assert decoder.asked == 1
    plain = pipeline.process(photo, networks, CoreSettings())
    assert isinstance(outcome, Restored)
    assert isinstance(plain, Restored)
    assert outcome.photo == plain.photo


def test_a_sharp_portrait_is_kept(networks: Networks, samples: Path) -> None:
    outcome = pipeline.process((samples / "portrait-sharp.jpg").read_bytes(), networks, CoreSettings())
    assert isinstance(outcome, Kept)
    assert any(face.verdict is Verdict.SHARP for face in outcome.faces)


def test_a_photo_blurred_by_a_moving_hand_is_told_from_a_sharp_face_before_a_blurred_room(
    networks: Networks, samples: Path
) -> None:
    portrait = pixels((samples / "portrait-sharp.jpg").read_bytes())
    (face,) = [one for one in networks.detect(np.asarray(portrait, np.uint8)) if one.score > 0.9]
    moved = np.asarray(cv2.filter2D(portrait, -1, np.full((1, 11), 1 / 11, np.float32)), np.uint8)
    room = blurred(portrait, 7)
    x0, y0, x1, y1 = (round(edge) for edge in face.box)
    inside = np.s_[max(0, y0 - 20) : y1 + 20, max(0, x0 - 15) : x1 + 15]
    room[inside] = portrait[inside]
    shaken, kept = (pipeline.judge(jpeg(picture), networks, CoreSettings()).faces for picture in (moved, room))
    assert [report.verdict for report in shaken] == [Verdict.RESTORED]
    assert ": perhaps " in shaken[0].reason  # nobody has tried to take it out
    assert [report.verdict for report in kept] == [Verdict.SHARP]


def test_a_blurred_face_behind_a_mask_is_left_as_it_is(networks: Networks, samples: Path) -> None:
    portrait = pixels((samples / "portrait-sharp.jpg").read_bytes()).copy()
    (face,) = [one for one in networks.detect(np.asarray(portrait, np.uint8)) if one.score > 0.9]
    eyes, nose, mouth = np.mean(face.landmarks[:2], 0), np.array(face.landmarks[2]), np.mean(face.landmarks[3:], 0)
    down, across = mouth - eyes, np.subtract(face.landmarks[1], face.landmarks[0])
    outline = [nose - 0.95 * across, nose, nose + 0.95 * across, mouth + 0.6 * across + 0.5 * down]
    outline.append(mouth - 0.6 * across + 0.5 * down)
    cv2.fillPoly(portrait, [np.rint(np.array(outline)).astype(np.int32)], (150, 190, 220))
    seen = Networks(FakeDetector([face]), networks.restore)
    outcome = pipeline.process(jpeg(blurred(portrait, 2.5)), seen, CoreSettings())
    assert isinstance(outcome, Kept)
    assert [report.verdict for report in outcome.faces] == [Verdict.COVERED]


class _Misled:
    """The network that tells blurs, wrong about the crops that it is asked about first: the faces."""

    def __init__(self, networks: Networks, told: Plane) -> None:
        assert networks.estimate is not None
        self.name, self.size = networks.estimate.name, networks.estimate.size
        self._right, self._told, self.asked = networks.estimate, told, 0

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        found = self._right(crops)
        self.asked += len(crops)
        if self.asked > len(crops):
            return found
        told = np.broadcast_to(self._told, found.kernels.shape)
        return replace(found, kernels=told, confidence=np.full_like(found.confidence, 0.95))


def test_a_shake_that_a_face_tells_wrong_is_told_by_what_is_around_it(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-shaken.jpg").read_bytes()
    misled = _Misled(networks, np.ascontiguousarray(streak(9).T))
    ((face,), (right,)) = (
        analysis.analyse(photo, replace(networks, estimate=one), CoreSettings()).faces
        for one in (misled, networks.estimate)
    )
    assert misled.asked == 4  # the face, and three parts: above it the photo ends
    assert face.told.endswith("right")  # not the top
    assert face.told.split(",")[1] == right.told.split(",")[1]


@pytest.mark.parametrize("is_followed", [True, False])
def test_where_a_blur_is_refused_the_one_before_it_is_taken_out_and_told(
    networks: Networks, samples: Path, monkeypatch: pytest.MonkeyPatch, *, is_followed: bool
) -> None:
    misled = np.ascontiguousarray(streak(13).T)

    def own(faces: Sequence[Part], _others: Sequence[Part]) -> list[Blur]:
        return [one.blur for one in faces]

    def wrong(faces: Sequence[Part], _others: Sequence[Part]) -> list[Blur]:
        return [
            replace(one.blur, kernel=misled, told=one.blur if is_followed else None, first=one.blur) for one in faces
        ]

    photo = (samples / "portrait-shaken.jpg").read_bytes()
    monkeypatch.setattr(blurring, "agreed", own)
    (right,) = pipeline.examine(photo, networks, CoreSettings())
    monkeypatch.setattr(blurring, "agreed", wrong)
    (found,) = pipeline.examine(photo, networks, CoreSettings())
    assert "the blur was taken out" in found.report.reason
    assert found.report.reason.split(";")[0] == right.report.reason.split(";")[0]
    assert found.blur is not None
    assert not np.array_equal(found.blur.kernel, misled)


def test_a_blur_of_the_lens_has_nothing_around_it_looked_at(networks: Networks, samples: Path) -> None:
    misled = _Misled(networks, disc(6))
    analysis.analyse(
        (samples / "portrait-blurred.jpg").read_bytes(), replace(networks, estimate=misled), CoreSettings()
    )
    assert misled.asked == 1


LENIENT = TriageSettings(sharpness_threshold=0.25)  # by which the next face counts as sharp


def shaken_a_little(samples: Path, ends: float = 1.0) -> bytes:
    """The portrait as a hand leaves it that shook by a few pixels, by less where it was so short a time at the ends."""
    path = np.array([ends, 1, 1, 1, ends], np.float32)[:, None]
    return shaken(samples, path / path.sum())


def shaken(samples: Path, kernel: Plane) -> bytes:
    portrait = pixels((samples / "portrait-sharp.jpg").read_bytes())
    return jpeg(np.asarray(cv2.filter2D(portrait, -1, kernel[::-1, ::-1]), np.uint8))


def test_a_face_that_counts_as_sharp_and_was_shaken_a_little_is_seen_through(networks: Networks, samples: Path) -> None:
    outcome = pipeline.process(shaken_a_little(samples), networks, CoreSettings(triage=LENIENT))
    (face,) = outcome.faces
    assert face.verdict is Verdict.RESTORED
    assert face.sharpness is not None
    assert face.sharpness >= LENIENT.sharpness_threshold
    assert " reaches 0.25, but the face is shaken by about " in face.reason
    assert face.reason.endswith("; the blur was taken out")


def test_such_a_face_is_seen_through_also_where_a_first_look_takes_all_for_surely_sharp(
    networks: Networks, samples: Path
) -> None:
    triaged = TriageSettings(sharpness_threshold=0.37)  # the face has 0.49 in a first look
    (face,) = analysis.analyse(shaken_a_little(samples, 0.5), networks, CoreSettings(triage=triaged)).faces
    assert face.report.verdict is Verdict.RESTORED
    assert " reaches 0.37, but the face is shaken by about " in face.report.reason


def test_where_it_shook_along_a_curve_its_path_is_followed_in_the_photo(networks: Networks, samples: Path) -> None:
    kernel = hook(8, 0.3)
    told = smeared(kernel)
    unsure = Told(Kernels(told[None], np.array([0.972], np.float32), *np.full((2, 1), -5, np.float32)))
    settings = CoreSettings(triage=TriageSettings(sharpness_threshold=0.06))  # the face has 0.09
    found = analysis.analyse(shaken(samples, kernel), replace(networks, estimate=unsure), settings)
    (face,) = found.faces
    assert " reaches 0.06, but the face is shaken by about " in face.report.reason
    assert face.blur is not None
    assert apart(face.blur.kernel, kernel) < 0.95 * apart(told, kernel)


class _Counting:
    """The network that tells blurs, which counts the crops that it is asked about."""

    def __init__(self, networks: Networks) -> None:
        assert networks.estimate is not None
        self.name, self.size = networks.estimate.name, networks.estimate.size
        self._tells, self.asked = networks.estimate, 0

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        self.asked += len(crops)
        return self._tells(crops)


def test_the_network_is_asked_about_such_a_face_once_in_a_look(networks: Networks, samples: Path) -> None:
    counting = _Counting(networks)
    known = replace(networks, estimate=counting)
    pipeline.process(shaken_a_little(samples), known, CoreSettings(triage=LENIENT))
    assert counting.asked == 1


@pytest.mark.parametrize(("name", "value"), [("COVERED", -99.0), ("_TURN", -1.0)])
def test_it_is_not_asked_about_where_something_may_lie_before_it_or_it_is_turned_away(
    networks: Networks, samples: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: float
) -> None:
    monkeypatch.setattr(triage, name, value)  # every face passes for one of these
    counting = _Counting(networks)
    settings = CoreSettings(triage=TriageSettings(sharpness_threshold=0.3))
    outcome = pipeline.process(shaken_a_little(samples), replace(networks, estimate=counting), settings)
    assert [face.verdict for face in outcome.faces] == [Verdict.SHARP]
    assert counting.asked == 0


def test_whoever_wants_such_faces_left_alone_has_them_left_alone(networks: Networks, samples: Path) -> None:
    left = LENIENT.model_copy(update={"slight_shakes": SlightShakes.LEAVE})
    outcome = pipeline.process(shaken_a_little(samples), networks, CoreSettings(triage=left))
    assert [face.verdict for face in outcome.faces] == [Verdict.SHARP]


def test_where_its_shake_is_not_taken_out_it_is_a_sharp_one_and_no_failure(
    networks: Networks, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visible, "LEAST", 1e9)  # nobody would see it
    outcome = pipeline.process(shaken_a_little(samples), networks, CoreSettings(triage=LENIENT))
    (face,) = outcome.faces
    assert face.verdict is Verdict.SHARP
    assert face.reason.endswith(" reaches 0.25")


def test_a_picture_without_faces_is_kept(networks: Networks, samples: Path) -> None:
    outcome = pipeline.process((samples / "no-faces.jpg").read_bytes(), networks, CoreSettings())
    assert outcome == Kept("no faces found", ())


def test_a_first_look_settles_that_all_faces_are_sharp(networks: Networks, samples: Path) -> None:
    photo, nobody = (samples / "portrait-sharp.jpg").read_bytes(), FakeDetector()
    assert networks.screen is not None
    outcome = pipeline.process(photo, replace(networks, detect=nobody), CoreSettings())
    assert nobody.calls == 0
    in_full = pipeline.process(photo, replace(networks, screen=None), CoreSettings())
    assert isinstance(outcome, Kept)
    assert isinstance(in_full, Kept)
    assert outcome.reason == in_full.reason


class Refusing:
    """Decodes no photo."""

    def __call__(self, photo: bytes, header: codec.Header) -> codec.Decoded:
        """Nothing."""
        raise PhotoError(f"{len(photo)} bytes of {header.width} pixels were to be decoded in full")

    def try_out(self) -> None:
        """There is nothing to try."""


def test_a_face_that_is_surely_sharp_in_half_the_pixels_has_no_photo_decoded_in_full(networks: Networks) -> None:
    in_full = replace(networks, screen=None, decode=Refusing())
    (report,) = pipeline.judge(sharp_portrait(), in_full, CoreSettings()).faces
    assert report.verdict is Verdict.SHARP
    with pytest.raises(PhotoError, match="decoded in full"):
        pipeline.judge(blurred_portrait(), in_full, CoreSettings())


def test_a_first_look_settles_that_there_is_no_face(networks: Networks) -> None:
    nobody = FakeDetector()
    outcome = pipeline.process(
        jpeg(np.full((300, 400, 3), 90, np.uint8)), replace(networks, detect=nobody), CoreSettings()
    )
    assert outcome == Kept("no faces found", ())
    assert nobody.calls == 0


def test_a_blurred_face_is_judged_as_without_a_first_look(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    with_it, without = (
        pipeline.judge(photo, one, CoreSettings()) for one in (networks, replace(networks, screen=None))
    )
    (quickly,), (in_full,) = with_it.faces, without.faces
    assert (quickly.verdict, quickly.reason) == (in_full.verdict, in_full.reason)
    assert np.allclose(quickly.box, in_full.box, atol=0.05 * (in_full.box[2] - in_full.box[0]))
    assert abs((quickly.sharpness or 0) - (in_full.sharpness or 0)) < 0.02


def test_who_wants_every_face_restored_has_no_sharp_one_passed_over(networks: Networks, samples: Path) -> None:
    every = CoreSettings(triage=TriageSettings(sharpness_threshold=1))
    report = pipeline.judge((samples / "portrait-sharp.jpg").read_bytes(), networks, every).faces[0]
    assert report.verdict is not Verdict.SHARP


def test_the_same_bytes_give_the_same_photo(networks: Networks, samples: Path) -> None:
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    first, second = (pipeline.process(photo, networks, CoreSettings()) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("turn", range(2, 9))
def test_a_photo_stored_sideways_is_restored_where_it_lies(networks: Networks, samples: Path, turn: int) -> None:
    upright = pixels((samples / "portrait-blurred.jpg").read_bytes())
    undone = {6: 8, 8: 6}.get(turn, turn)
    photo = jpeg(np.ascontiguousarray(orientation.upright(upright, undone)), turn)
    outcome = pipeline.process(photo, networks, CoreSettings())
    assert isinstance(outcome, Restored)
    assert Image.open(io.BytesIO(outcome.photo)).getexif()[0x0112] == turn
    changed = (pixels(outcome.photo) != pixels(photo)).any(axis=2)
    shown = orientation.upright(np.repeat(changed[:, :, None], 3, 2).astype(np.uint8), turn)[..., 0]
    ys, xs = np.nonzero(shown)
    reference = pipeline.judge(jpeg(upright), networks, CoreSettings()).faces[0].box
    assert reference[0] < xs.mean() < reference[2]
    assert reference[1] < ys.mean() < reference[3]


def test_a_photo_whose_orientation_tag_lies_is_looked_at_as_stored(networks: Networks, samples: Path) -> None:
    upright = pixels((samples / "portrait-sharp.jpg").read_bytes())
    assert pipeline.judge(jpeg(upright, 6), networks, CoreSettings()).faces


def test_grey_photos_stay_grey(networks: Networks, samples: Path) -> None:
    photo = jpeg(pixels((samples / "portrait-blurred.jpg").read_bytes()), mode="L")
    outcome = pipeline.process(photo, networks, CoreSettings())
    assert isinstance(outcome, Restored)
    assert Image.open(io.BytesIO(outcome.photo)).mode == "L"


def test_judging_changes_nothing_and_says_what_would_be_tried(networks: Networks, samples: Path) -> None:
    outcome = pipeline.judge((samples / "portrait-blurred.jpg").read_bytes(), networks, CoreSettings())
    assert Verdict.RESTORED in {face.verdict for face in outcome.faces}
    assert {"edge", "noise", "strength"} <= set(outcome.faces[0].terms)


def test_a_threshold_of_zero_restores_nothing(networks: Networks, samples: Path) -> None:
    settings = CoreSettings(triage=TriageSettings(sharpness_threshold=0.0))
    assert isinstance(pipeline.process((samples / "portrait-blurred.jpg").read_bytes(), networks, settings), Kept)


def faked(samples: Path, networks: Networks, amount: float) -> tuple[bytes, Networks]:
    photo = (samples / "portrait-blurred.jpg").read_bytes()
    found = pipeline.judge(photo, networks, CoreSettings()).faces[0]
    real = networks.detect(np.asarray(pixels(photo), np.uint8))
    face = max(real, key=lambda one: one.score)
    assert found.verdict is Verdict.RESTORED
    return photo, Networks(FakeDetector([Face(face.box, face.landmarks, face.score)]), FakeRestorer(amount=amount))


def test_a_result_that_is_not_sharper_is_refused_and_the_photo_kept(networks: Networks, samples: Path) -> None:
    photo, fakes = faked(samples, networks, amount=0.0)
    outcome = pipeline.process(photo, fakes, CoreSettings())
    assert isinstance(outcome, Kept)
    assert outcome.faces[0].verdict is Verdict.REFUSED
    assert "not clearly sharper" in outcome.faces[0].reason


class Painter(FakeRestorer):
    """Gives back every face upside down."""

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Crops, upside down."""
        return crops[:, ::-1]


class HalfParser:
    """Sees face in the left half of every crop."""

    size = 128

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """1 on the left."""
        seen = np.zeros(crops.shape[:3], np.float32)
        seen[:, :, : round(0.55 * self.size)] = 1
        return seen


def test_what_the_parsing_network_takes_for_no_face_is_not_painted(networks: Networks, samples: Path) -> None:
    photo, fakes = faked(samples, networks, amount=4.0)
    whole, half = (
        pipeline.process(photo, replace(fakes, parse=parse), CoreSettings()) for parse in (None, HalfParser())
    )
    assert isinstance(whole, Restored)
    assert isinstance(half, Restored)
    before = pixels(photo).astype(int)
    x0, y0, x1, y1 = (round(edge) for edge in whole.faces[0].box)
    right = np.s_[y0:y1, x0 + round(0.75 * (x1 - x0)) : x1]
    left = np.s_[y0:y1, x0 : x0 + round(0.4 * (x1 - x0))]
    painted = [np.abs(pixels(one.photo).astype(int) - before) for one in (whole, half)]
    assert painted[1][left].mean() > 0.5 * painted[0][left].mean()
    assert painted[1][right].mean() < 0.3 * painted[0][right].mean()


def test_a_network_that_paints_something_else_is_refused(networks: Networks, samples: Path) -> None:
    photo, fakes = faked(samples, networks, amount=0.0)

    outcome = pipeline.process(photo, Networks(fakes.detect, Painter()), CoreSettings())
    assert isinstance(outcome, Kept)
    assert outcome.faces[0].verdict is Verdict.REFUSED


def test_a_crowd_is_restored_in_small_batches(networks: Networks, samples: Path) -> None:
    portrait = pixels((samples / "portrait-blurred.jpg").read_bytes())
    face = max(networks.detect(np.asarray(portrait, np.uint8)), key=lambda one: one.score)
    height, width = portrait.shape[:2]
    crowd = np.tile(portrait, (3, 4, 1))
    faces = []
    for row in range(3):
        for column in range(4):
            x, y = column * width, row * height
            one, two, three, four, five = ((px + x, py + y) for px, py in face.landmarks)
            box = (face.box[0] + x, face.box[1] + y, face.box[2] + x, face.box[3] + y)
            faces.append(Face(box, (one, two, three, four, five), face.score))
    scale = min(1.0, analysis.LONG_SIDE / max(crowd.shape[:2]))
    seen = [
        Face(
            (f.box[0] * scale, f.box[1] * scale, f.box[2] * scale, f.box[3] * scale),
            tuple((x * scale, y * scale) for x, y in f.landmarks),  # type: ignore[arg-type]  # five of them
            f.score,
        )
        for f in faces
    ]
    fakes = Networks(FakeDetector(seen), FakeRestorer())
    pipeline.process(jpeg(crowd), fakes, CoreSettings())
    assert fakes.restore.batches == [8, 4]  # type: ignore[attr-defined]  # the fake's


def test_a_face_is_restored_by_the_smallest_network_that_holds_its_detail_and_told_with_its_name(
    networks: Networks, samples: Path
) -> None:
    photo, fakes = faked(samples, networks, amount=4.0)
    enough, larger = FakeRestorer("enough", size=512), FakeRestorer("larger than needed", size=1024)
    several = Networks(fakes.detect, FakeRestorer("too small", size=64), larger=(enough, larger))
    outcome = pipeline.process(photo, several, CoreSettings())
    assert isinstance(outcome, Restored)
    assert [face.network for face in outcome.faces] == ["enough"]
    assert f"restored with enough from SHA-256 {hashlib.sha256(photo).hexdigest()}" in history.last(outcome.photo)


def test_a_change_that_nobody_can_see_is_not_written_and_the_network_is_named_that_would_help(
    networks: Networks, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, fakes = faked(samples, networks, amount=4.0)
    monkeypatch.setattr(visible, "LEAST", 1000.0)
    small = FakeRestorer("small", amount=2.0, size=128)
    outcome = pipeline.process(photo, replace(fakes, restore=small), CoreSettings())
    assert isinstance(outcome, Kept)
    assert outcome.faces[0].verdict is Verdict.REFUSED
    assert "nothing that could be seen" in outcome.faces[0].reason
    assert "small has nothing to add at this size, a network of 512 px would" in outcome.faces[0].reason
    every = CoreSettings(triage=TriageSettings(sharpness_threshold=1))
    assert isinstance(pipeline.process(photo, fakes, every), Restored)


@pytest.mark.parametrize("photo", [b"", b"no photo at all", b"\xff\xd8\xff\xe0"])
def test_what_is_no_photo_has_a_reason(photo: bytes) -> None:
    with pytest.raises(PhotoError, match=r"\w{3,}"):
        pipeline.process(photo, Networks(FakeDetector(), FakeRestorer()), CoreSettings())
