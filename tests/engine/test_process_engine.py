"""The engine with real processes: whatever one photo does to its worker, the others come through."""

import gc
import json
import os
import signal
import struct
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from gpend.core.report import Kept, Outcome, Restored
from gpend.engine import Engine
from gpend.engine.process_engine import ProcessEngine, worker_command
from gpend.engine.protocol import Crops, Setup
from gpend.engine.supervisor import Timeouts
from gpend.errors import FatalError, PhotoError, TransientError
from tests.held import Held
from tests.waiting import PATIENCE, wait_until

_ODD = [sys.executable, "-m", "tests.engine.odd_worker"]
_LARGEST = 64 << 20
_STALL = 6.0  # seconds without headway; a worker begins well within them, on a busy machine too
_SLOW = b"slow 24"  # and this photo takes longer


@contextmanager
def _engine(
    settings: str = "gpu", *, slots: int = 1, stall: float = 60.0, idle: float = 60.0, fallback: str | None = None
) -> Iterator[Engine]:
    engine = ProcessEngine(
        _ODD,
        Setup(settings, slots, _LARGEST),
        Timeouts(stall, idle),
        fallback=Setup(fallback, slots, _LARGEST) if fallback else None,
    )
    try:
        yield engine
    finally:
        engine.close()


def _reason(engine: Engine, photo: bytes) -> str:
    outcome = engine.submit(photo).result(PATIENCE)
    assert isinstance(outcome, Kept)
    return outcome.reason


def _gone(process: int) -> bool:
    """Whether the process has ended; a zombie that nobody has waited for has ended, too."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second, where it goes while it is read
        return True


def _wait_until_gone(process: int) -> None:
    wait_until(lambda: _gone(process))


def test_photos_come_back_as_outcomes() -> None:
    with _engine(slots=2) as engine:
        futures = [engine.submit(bytes(size)) for size in (0, 1, 10_000_000)]
        assert [future.result(PATIENCE) for future in futures] == [Kept("gpu", ())] * 3


def test_an_engine_that_is_started_before_the_first_photo_answers_as_any_other() -> None:
    with closing(ProcessEngine(_ODD, Setup("gpu", 1, _LARGEST), Timeouts(60, 60))) as engine:
        engine.warm()
        assert _reason(engine, b"photo") == "gpu"


def test_a_worker_lays_its_photos_out_in_large_pages_unless_a_person_has_tuned_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    with _engine() as engine:
        assert _reason(engine, b"tunables") == "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1"
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=2")
    with _engine() as engine:
        assert _reason(engine, b"tunables") == "glibc.malloc.arena_max=2"


def test_an_error_of_the_photo_has_its_name_and_the_worker_lives_on() -> None:
    with _engine() as engine:
        before = _reason(engine, b"who")
        with pytest.raises(PhotoError, match="not a photo"):
            engine.submit(b"bad").result(PATIENCE)
        assert _reason(engine, b"who") == before


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (b"crash", "SIGABRT.*the very last words"),
        (b"exit", "exited with status 7"),
        (b"say " + b"\xff" * 64, "unreadable"),
    ],
)
def test_a_photo_that_ends_the_worker_is_set_aside_and_its_neighbours_come_through(photo: bytes, reason: str) -> None:
    with _engine(slots=3) as engine:
        futures = [engine.submit(b"slow"), engine.submit(photo), engine.submit(b"slow"), engine.submit(b"good")]
        with pytest.raises(PhotoError, match=reason):
            futures[1].result(PATIENCE)
        for index in (0, 2, 3):
            assert futures[index].result(PATIENCE) == Kept("gpu", ())


def _saying(header: object, *, claimed: int = 0) -> bytes:
    """A photo that has the worker send this, and claim that so many bytes follow."""
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return b"say " + struct.pack("<IQ", len(encoded), claimed) + encoded


_KEPT = {"kind": "kept", "number": 1, "reason": "", "faces": []}
_RESTORED = {"kind": "restored", "number": 1, "reason": "", "faces": [], "suffix": "", "notes": []}
_FACE = {"box": [0, 0, 1, float("nan")], "score": 1, "sharpness": 1, "verdict": "sharp", "reason": "", "terms": {}}


@pytest.mark.parametrize(
    "photo",
    [
        b"say " + np.random.default_rng(1).bytes(4096),
        b"say " + struct.pack("<Q", 40) + b"\x80\x04\x8c\x15gpend.engine.protocol\x8c\x0bio.FileIO\x93" + bytes(99),
        _saying(b"\x80\x04\x8c\x15gpend.engine.protocol\x8c\x18np.f2py.subprocess.Popen\x93"),
        _saying({"kind": "np.f2py.subprocess.Popen"}),
        _saying(b"{}", claimed=1 << 60),
        _saying(_RESTORED, claimed=_LARGEST + 1),
        _saying(_RESTORED | {"suffix": "/../x"}, claimed=4) + b"evil",
        _saying(_KEPT | {"number": 99}),
        _saying(_KEPT | {"number": -1}),
        _saying(_KEPT | {"faces": [_FACE]}),
        _saying({"kind": "ready", "name": "again"}),
        _saying({"kind": "refused", "error": "FatalError", "message": "gpend must stop"}),
        _saying({"kind": "failed", "number": 1, "error": "FatalError", "message": "gpend must stop"}),
    ],
)
def test_whatever_a_hostile_worker_says_costs_at_most_its_photo(photo: bytes) -> None:
    with _engine() as engine:
        futures = [engine.submit(photo), engine.submit(b"good")]
        with pytest.raises(PhotoError, match=r"unreadable|spoke out of turn"):
            futures[0].result(PATIENCE)
        assert futures[1].result(PATIENCE) == Kept("gpu", ())


def test_a_hostile_worker_that_talks_without_end_is_not_listened_to_without_end() -> None:
    beat = _saying({"kind": "beat", "numbers": []}).removeprefix(b"say ")
    with _engine(stall=_STALL) as engine:
        flood = engine.submit(b"say " + beat * 100_000)
        with pytest.raises(PhotoError, match="no headway"):
            flood.result(PATIENCE)
        assert _reason(engine, b"good") == "gpu"


def test_a_photo_that_hangs_is_set_aside_and_one_that_is_only_slow_is_not() -> None:
    with _engine(slots=2, stall=_STALL) as engine:
        hanging, slow = engine.submit(b"hang"), engine.submit(_SLOW)
        with pytest.raises(PhotoError, match="no headway"):
            hanging.result(PATIENCE)
        assert slow.result(PATIENCE) == Kept("gpu", ())


def test_a_worker_killed_from_outside_costs_nothing() -> None:
    with _engine() as engine:
        process = int(_reason(engine, b"who"))
        os.kill(process, signal.SIGKILL)
        assert int(_reason(engine, b"who")) != process


def test_a_gpu_that_keeps_failing_is_left_for_the_cpu() -> None:
    with _engine("gpu", fallback="cpu") as engine:
        assert _reason(engine, b"cuda") == "cpu"
        assert _reason(engine, b"any") == "cpu"


def test_a_worker_that_cannot_start_is_fatal_and_says_why() -> None:
    with _engine("broken") as engine, pytest.raises(FatalError, match="no module named torch"):
        engine.submit(b"any").result(PATIENCE)


def test_a_refusal_is_fatal_in_its_own_words() -> None:
    with _engine("refused") as engine, pytest.raises(FatalError, match="no such network"):
        engine.submit(b"any").result(PATIENCE)


def test_an_idle_worker_is_ended_and_returns_with_the_next_photo() -> None:
    with _engine(idle=0.05) as engine:
        process = int(_reason(engine, b"who"))
        _wait_until_gone(process)
        assert int(_reason(engine, b"who")) != process


def test_close_ends_a_hanging_worker_and_its_photo_is_for_another_time() -> None:
    with _engine(slots=2) as engine:
        process = int(_reason(engine, b"who"))
        hanging = engine.submit(b"hang")
        engine.close()
        assert isinstance(hanging.exception(PATIENCE), TransientError)
        _wait_until_gone(process)
        with pytest.raises(RuntimeError, match="closed"):
            engine.submit(b"any")


def test_signals_to_the_daemons_group_do_not_reach_the_worker() -> None:
    with _engine() as engine:
        assert os.getpgid(int(_reason(engine, b"who"))) != os.getpgid(0)


def test_nothing_is_left_behind_however_often_the_worker_dies() -> None:
    with _engine() as engine:
        _reason(engine, b"any")
        gc.collect()
        held = Held()
        for _ in range(5):
            with pytest.raises(PhotoError):
                engine.submit(b"exit").result(PATIENCE)
        _reason(engine, b"any")
        gc.collect()
        of_the_one_that_runs = (3, 3)
        wait_until(lambda: (len(held.threads()), len(held.descriptors())) == of_the_one_that_runs)


def _elsewhere(crops: Crops) -> "Future[Outcome]":
    done: Future[Outcome] = Future()
    done.set_result(Restored(b"faces" + bytes(len(crops.pixels) - 5), "", "", (), (), by="gpu1"))
    return done


def _nowhere(crops: Crops) -> "Future[Outcome]":
    done: Future[Outcome] = Future()
    done.set_exception(TransientError(f"no worker is there for {crops.side} px"))
    return done


def test_faces_are_restored_elsewhere_where_the_worker_asks_for_that_and_by_whom_is_told() -> None:
    engine = ProcessEngine(_ODD, Setup("gpu", 1, _LARGEST, elsewhere=True), Timeouts(60.0, 60.0), elsewhere=_elsewhere)
    with closing(engine):
        assert engine.submit(b"faces").result(PATIENCE) == Kept("restored elsewhere: faces", (), by="gpu1")
        assert engine.submit(b"any").result(PATIENCE) == Kept("gpu", ())


def test_a_photo_whose_faces_nobody_restores_is_for_another_time() -> None:
    engine = ProcessEngine(_ODD, Setup("gpu", 1, _LARGEST, elsewhere=True), Timeouts(60.0, 60.0), elsewhere=_nowhere)
    with closing(engine), pytest.raises(TransientError, match="no worker is there for 16 px"):
        engine.submit(b"faces").result(PATIENCE)


def test_a_worker_that_was_not_told_so_has_nothing_restored_elsewhere() -> None:
    with _engine() as engine, pytest.raises(PhotoError, match="spoke out of turn"):
        engine.submit(b"faces").result(PATIENCE)


def test_the_worker_never_takes_modules_from_the_folder_it_is_started_in() -> None:
    assert "-P" in worker_command()
