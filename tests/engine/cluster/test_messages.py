"""What head and worker say before the first photo, and how answers travel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gpend.core.report import Kept, Restored
from gpend.engine.cluster.messages import NUMBER, Versions, Welcome, difference, packed, unpacked
from gpend.engine.protocol import Done, Failed, FromWorker, ProtocolError, Refused
from gpend.errors import DeviceError, FatalError, PhotoError

_LARGEST = 1 << 20
_HERE = Versions(gpend="0.2.0", python="3.11.7", distributed="2026.8.0")
_ANSWERS: list[FromWorker] = [
    Done(NUMBER, Restored(b"photo", ".jpg", "restored", (), ("note",))),
    Done(NUMBER, Kept("sharp", ())),
]


@pytest.mark.parametrize("answer", _ANSWERS)
def test_answers_travel_as_they_are(answer: FromWorker) -> None:
    assert unpacked(packed(answer), _LARGEST) == answer


@pytest.mark.parametrize("error", [PhotoError("bad"), DeviceError("gone")])
def test_errors_travel_with_their_words(error: PhotoError) -> None:
    answer = unpacked(packed(Failed(NUMBER, error)), _LARGEST)
    assert isinstance(answer, Failed)
    assert (type(answer.error), str(answer.error)) == (type(error), str(error))


def test_a_worker_that_cannot_go_on_says_so() -> None:
    assert isinstance(unpacked(packed(Refused(FatalError("no torch"))), _LARGEST), Refused)


@given(st.binary(max_size=200))
def test_whatever_else_comes_is_a_violation(noise: bytes) -> None:
    with pytest.raises(ProtocolError):
        unpacked(noise, _LARGEST)


@given(st.integers(0, 60))
def test_an_answer_cut_short_is_a_violation(kept: int) -> None:
    frame = packed(_ANSWERS[0])
    with pytest.raises(ProtocolError):
        unpacked(frame[: min(kept, len(frame) - 1)], _LARGEST)


def test_an_answer_larger_than_photos_may_be_is_a_violation() -> None:
    with pytest.raises(ProtocolError):
        unpacked(packed(_ANSWERS[0]), 3)


@pytest.mark.parametrize(
    ("theirs", "refused", "noted"),
    [
        ({}, "", ""),
        ({"gpend": "0.3.0"}, "it runs gpend 0.3.0, and this machine 0.2.0", ""),
        ({"python": "3.11.9"}, "", ""),
        ({"python": "3.12.1"}, "", "it runs Python 3.12 (here 3.11)"),
        ({"distributed": "2025.1.0"}, "", "it runs distributed 2025.1.0 (here 2026.8.0)"),
    ],
)
def test_another_gpend_is_refused_and_another_python_or_dask_is_told(
    theirs: dict[str, str], refused: str, noted: str
) -> None:
    said = difference(_HERE, _HERE.model_copy(update=theirs))
    assert (said[0].startswith(refused) if refused else said[0] == "", noted in said[1]) == (True, True)
    assert bool(said[1]) == bool(noted)


@pytest.mark.parametrize("field", ["slots", "more", "name"])
def test_a_welcome_with_a_field_that_is_wrong_is_none(field: str) -> None:
    whole = Welcome(versions=_HERE, name="gpu1", device="cpu", slots=8).model_dump()
    with pytest.raises(ValidationError):
        Welcome.model_validate(whole | {field: 10**6})
