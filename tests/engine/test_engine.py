"""Whatever happens to a photo has a name."""

import pytest

from gpend.core.report import Kept, Outcome
from gpend.engine import attempt
from gpend.errors import IncompleteError, PhotoError, TransientError


def _raising(error: Exception) -> Outcome:
    def process(_: bytes) -> Outcome:
        raise error

    return attempt(process, b"photo")


def test_an_outcome_is_passed_on() -> None:
    assert attempt(lambda photo: Kept(photo.decode(), ()), b"sharp") == Kept("sharp", ())


def test_an_error_with_a_name_keeps_it() -> None:
    with pytest.raises(IncompleteError, match="still growing"):
        _raising(IncompleteError("still growing"))


def test_short_memory_is_the_moments_fault() -> None:
    with pytest.raises(TransientError, match="too little memory"):
        _raising(MemoryError())


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero\nand more"), KeyError("x"), RuntimeError()])
def test_an_unforeseen_error_sets_the_photo_aside_and_keeps_its_cause(error: Exception) -> None:
    with pytest.raises(PhotoError, match=rf"{type(error).__name__}.*in test_engine.py, line \d+") as raised:
        _raising(error)
    assert raised.value.__cause__ is error
