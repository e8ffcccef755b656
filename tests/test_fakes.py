"""Photos in threads of this process."""

import threading

import pytest

from gpend.core.report import Kept, Outcome
from gpend.engine import Engine
from gpend.errors import PhotoError
from tests.fakes import LocalEngine


def _echo(photo: bytes) -> Outcome:
    return Kept(photo.decode(), ())


def test_every_photo_gets_its_own_outcome() -> None:
    engine: Engine = LocalEngine(_echo, 2)
    futures = [engine.submit(str(number).encode()) for number in range(20)]
    assert [future.result() for future in futures] == [Kept(str(number), ()) for number in range(20)]
    engine.close()


def test_a_photo_that_fails_leaves_the_others_alone() -> None:
    engine = LocalEngine(_echo, 1)
    bad, good = engine.submit(b"\xff"), engine.submit(b"good")
    with pytest.raises(PhotoError, match="UnicodeDecodeError"):
        bad.result()
    assert good.result() == Kept("good", ())
    engine.close()


def test_close_cancels_what_has_not_begun_and_does_not_wait() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def process(photo: bytes) -> Outcome:
        begun.set()
        go_on.wait()
        return _echo(photo)

    engine = LocalEngine(process, 1)
    first, second = engine.submit(b"first"), engine.submit(b"second")
    begun.wait()
    engine.close()
    assert second.cancelled()
    go_on.set()
    assert first.result() == Kept("first", ())
    with pytest.raises(RuntimeError):
        engine.submit(b"third")
