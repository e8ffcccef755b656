"""Faces are found in every turn of a photo, and unsure ones are looked at twice."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpend.core import align, codec, orientation, pipeline, search
from gpend.core.networks import Networks
from gpend.core.photo import Face, Pixels, Plane
from gpend.core.report import Restored, Verdict
from gpend.settings import CoreSettings, PhotoSettings, TriageSettings
from tests.fakes import FakeDetector

SETTINGS = TriageSettings()
SIDE = 200


def face(score: float = 0.99) -> Face:
    return Face((52, 52, 148, 170), align.scaled(align.FFHQ_TEMPLATE, SIDE), score)


def header(width: int, height: int) -> codec.Header:
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, "PNG")
    return codec.identify(stream.getvalue(), PhotoSettings())


def cut(transform: align.Transform, side: int) -> Plane:
    del transform
    return np.zeros((side, side, 3), np.float32)


class Expecting:
    """Finds a face where the second look expects one, as surely as it was told; counts its looks."""

    def __init__(self, score: float, shift: float = 0.0) -> None:
        self.score, self.shift, self.looks = score, shift, 0

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """A face in the middle, in both widths at once."""
        self.looks += 1
        return [self._face(image.shape[0], width / 0.52) for width in (104, 64)]

    def _face(self, side: int, own: float) -> Face:
        margin = (side - own) / 2 + self.shift * own
        one, two, three, four, five = ((x * own + margin, y * own + margin) for x, y in align.FFHQ_TEMPLATE)
        x0, y0, x1, y1 = (edge / SIDE * own + margin for edge in face().box)
        return Face((x0, y0, x1, y1), (one, two, three, four, five), self.score)


class Sideways:
    """Knows a face only where the picture's bright side is on top; counts its looks."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """The face, if the upper edge is bright; in the look at it alone, which is square, where it is expected."""
        self.looks += 1
        if image.shape[0] == image.shape[1]:
            return Expecting(0.99)(image)
        return [face()] if image[:4].mean() > 128 else []


def picture(turn: int) -> Pixels:
    upright = np.zeros((SIDE, SIDE + 40, 3), np.uint8)
    upright[:8] = 255
    undone = {6: 8, 8: 6}.get(turn, turn)
    return np.array(orientation.upright(upright, undone), np.uint8)


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_face_that_lies_on_its_side_without_a_tag_is_found_where_it_lies(turn: int) -> None:
    photo = picture(turn)
    height, width = photo.shape[:2]
    (found,) = search.faces(photo, header(width, height), cut, Sideways(), SETTINGS)
    back = orientation.stored(face(), turn, (width, height))
    assert np.allclose(found.landmarks, back.landmarks, atol=0.51)


def test_an_upright_face_costs_one_look_and_a_small_one() -> None:
    detector = Sideways()
    search.faces(picture(1), header(SIDE + 40, SIDE), cut, detector, SETTINGS)
    assert detector.looks == 2


def test_a_face_that_stands_upright_in_no_turn_stays_as_it_was_first_found() -> None:
    detector = FakeDetector([face(0.6)])
    (found,) = search.faces(picture(1), header(SIDE + 40, SIDE), cut, detector, SETTINGS)
    assert found.score == 0.6


def test_an_unsure_face_that_is_found_again_alone_is_a_face() -> None:
    assert search.confirmed(face(0.7), cut, Expecting(0.97), SETTINGS).score == 0.97


def test_an_unsure_face_that_is_not_found_again_stays_unsure() -> None:
    assert search.confirmed(face(0.7), cut, FakeDetector(), SETTINGS).score == 0.7


def test_another_face_beside_the_unsure_one_does_not_confirm_it() -> None:
    assert search.confirmed(face(0.7), cut, Expecting(0.97, shift=0.3), SETTINGS).score == 0.7


def test_what_only_passes_for_a_face_in_the_photo_is_none() -> None:
    doubt = search.doubt_alone(face(0.95), cut, Expecting(0.5))
    assert doubt is not None
    assert doubt.verdict is Verdict.UNSURE
    assert search.doubt_alone(face(0.95), cut, Expecting(0.9)) is None


def test_a_face_that_is_certain_needs_no_second_look() -> None:
    detector = FakeDetector()
    assert search.doubt_alone(face(0.9999), cut, detector) is None
    assert detector.calls == 0


def test_a_sure_face_is_not_looked_at_again() -> None:
    detector = Expecting(0.97)
    assert search.confirmed(face(0.95), cut, detector, SETTINGS) == face(0.95)
    assert detector.looks == 0


def test_what_has_no_face_s_landmarks_is_not_looked_at_again() -> None:
    one, two, nose, four, five = face().landmarks
    detector = Expecting(0.97)
    wrong = Face(face().box, (four, five, nose, one, two), 0.7)
    assert search.confirmed(wrong, cut, detector, SETTINGS) == wrong
    assert detector.looks == 0


@pytest.mark.parametrize("turn", [3, 6, 8])
def test_a_scanned_portrait_on_its_side_is_restored_and_stays_on_its_side(
    networks: Networks, samples: Path, turn: int
) -> None:
    upright = np.asarray(Image.open(samples / "portrait-blurred.jpg").convert("RGB"))
    lying = np.ascontiguousarray(orientation.upright(upright, turn))
    stream = io.BytesIO()
    Image.fromarray(lying).save(stream, "PNG")
    outcome = pipeline.process(stream.getvalue(), networks, CoreSettings())
    assert isinstance(outcome, Restored)
    assert Image.open(io.BytesIO(outcome.photo)).size == (lying.shape[1], lying.shape[0])


class Mixed:
    """Finds one plain face and a doubtful one in a picture that lies on its side, and two faces where it is upright."""

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """In the look at a face alone, which is square, a face where it is expected."""
        if image.shape[0] == image.shape[1]:
            return Expecting(0.99)(image)
        if image[:4].mean() > 128:
            return [face(), moved(face(), 400)]
        return [face(0.95), moved(face(0.5), 400)]


def moved(one: Face, shift: float) -> Face:
    x0, y0, x1, y1 = one.box
    left, right, nose, first, second = ((x + shift, y) for x, y in one.landmarks)
    return Face((x0 + shift, y0, x1 + shift, y1), (left, right, nose, first, second), one.score)


def test_where_some_of_what_was_found_is_doubtful_another_turn_with_surer_faces_wins() -> None:
    photo = picture(6)
    height, width = photo.shape[:2]
    found = search.faces(photo, header(width, height), cut, Mixed(), SETTINGS)
    assert [one.score for one in found] == [0.99, 0.99]
    assert len(search.otherwise(photo, header(width, height), cut, Mixed(), SETTINGS)) == 2
    assert search.otherwise(photo, header(width, height), cut, Mixed(), SETTINGS, least=2.0) == []


class OnlyLarge:
    """Knows small faces in a large picture only: upright where it stands so; elsewhere, and in a small one, others."""

    def __init__(self, elsewhere: Sequence[Face], in_small: Sequence[Face] = ()) -> None:
        self.elsewhere, self.in_small = elsewhere, in_small

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """In the look at one alone, which is square, the face where it is expected."""
        if image.shape[0] == image.shape[1]:
            return Expecting(0.99)(image)
        stands = image[:4].mean() > 128
        if max(image.shape) < 900:
            return self.in_small if stands else []
        return [face()] if stands else self.elsewhere


def lying(one: Face) -> Face:
    """As if it lay on its side."""
    left, right, nose, first, second = ((y, x) for x, y in one.landmarks)
    return Face(one.box, (left, right, nose, first, second), one.score)


SEEN: dict[str, OnlyLarge] = {
    "a face on its side": OnlyLarge([lying(face())]),
    "perhaps a face": OnlyLarge([face(0.6)]),
    "nothing but one turned away in the right turn, in small": OnlyLarge([], [lying(face())]),
}


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_small_faces_of_a_photo_that_lies_on_its_side_are_found_as_they_stand(turn: int, seen: str) -> None:
    upright = np.zeros((800, 1000, 3), np.uint8)
    upright[:8] = 255
    undone = {6: 8, 8: 6}.get(turn, turn)
    photo = np.array(orientation.upright(upright, undone), np.uint8)
    height, width = photo.shape[:2]
    (found,) = search.faces(photo, header(width, height), cut, SEEN[seen], SETTINGS)
    back = orientation.stored(face(), turn, (width, height))
    assert np.allclose(found.landmarks, back.landmarks, atol=0.51)


class Screening:
    """Finds the faces that it was told of in the upright picture, and others in the one of every turn."""

    def __init__(self, upright: Sequence[Face], turned: Sequence[Face] = ()) -> None:
        self.upright, self.turned, self.seen = upright, turned, list[tuple[int, ...]]()

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """The upright picture comes first."""
        self.seen.append(image.shape[:2])
        return self.upright if len(self.seen) == 1 else self.turned


def test_a_photo_without_even_a_doubtful_face_in_any_turn_is_settled_at_a_quick_look() -> None:
    screen = Screening(())
    photo = np.zeros((3000, 4000, 3), np.uint8)
    assert search.screened(photo, header(4000, 3000), screen, SETTINGS) == []
    assert screen.seen == [(480, 640), (640, 560)]


def test_the_picture_of_every_turn_holds_the_photo_four_times() -> None:
    sheets = list[Pixels]()

    def screen(image: NDArray[np.uint8]) -> Sequence[Face]:
        sheets.append(image)
        return ()

    photo = np.full((300, 320, 3), 200, np.uint8)
    assert search.screened(photo, header(320, 300), screen, SETTINGS) == []
    assert (sheets[1] == 200).sum() == 4 * photo.size


def test_what_may_be_a_face_in_another_turn_is_looked_at_in_full() -> None:
    screen = Screening((), [face(0.2)])
    assert search.screened(np.zeros((300, 400, 3), np.uint8), header(400, 300), screen, SETTINGS) is None


@pytest.mark.parametrize("score", [0.12, 0.97])
def test_one_doubtful_face_among_certain_ones_has_the_photo_looked_at_in_full(score: float) -> None:
    screen = Screening([face(0.999), beside(score)])
    assert search.screened(np.zeros((300, 400, 3), np.uint8), header(400, 300), screen, SETTINGS) is None


def beside(score: float) -> Face:
    return Face((300, 52, 396, 170), tuple((x + 248, y) for x, y in face().landmarks), score)  # type: ignore[arg-type]


@pytest.mark.parametrize(("score", "alone", "is_settled"), [(0.3, 0.1, True), (0.3, 0.9, False), (0.6, 0.1, False)])
def test_what_is_faint_beside_a_certain_face_is_none_where_it_is_not_found_alone(
    score: float, alone: float, *, is_settled: bool
) -> None:
    screen, photo = Screening([face(0.999), beside(score)]), np.zeros((300, 400, 3), np.uint8)
    found = search.screened(photo, header(400, 300), screen, SETTINGS, lambda _: alone)
    assert found == ([face(0.999)] if is_settled else None)


def test_what_is_faint_where_no_face_is_certain_is_looked_at_in_full() -> None:
    screen, photo = Screening([face(0.3)]), np.zeros((300, 400, 3), np.uint8)
    assert search.screened(photo, header(400, 300), screen, SETTINGS, lambda _: 0.0) is None


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_face_seen_alone_stands_where_it_stood_in_the_photo(turn: int) -> None:
    first = orientation.stored(face(0.99), turn, (300, 400))
    (found,) = search.closer([first], cut, Expecting(0.97)) or []
    assert found.score == 0.99
    assert np.allclose(found.landmarks, first.landmarks, atol=1.0)
    assert np.allclose(found.box, first.box, atol=1.0)


def test_a_face_that_was_certain_stays_so_where_it_is_found_again() -> None:
    (found,) = search.closer([face(0.99)], cut, Expecting(0.8)) or []
    assert found.score == 0.99


def test_faces_that_are_not_all_found_again_or_are_many_are_looked_at_in_full() -> None:
    assert search.closer([face()], cut, FakeDetector()) is None
    assert search.closer([face()], cut, Expecting(0.6)) is None
    assert search.closer([face()] * 5, cut, Expecting(0.99)) is None


def test_certain_faces_are_told_in_the_photo_s_own_pixels() -> None:
    screen = Screening([face(0.999)])
    found = search.screened(np.zeros((1280, 1280, 3), np.uint8), header(2560, 2560), screen, SETTINGS)
    assert found is not None
    assert [one.box for one in found] == [tuple(4 * edge for edge in face().box)]
