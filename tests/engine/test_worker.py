"""The real worker with the shipped networks."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from gpend.core.networks import Networks
from gpend.core.pipeline import process
from gpend.core.report import Kept, Restored
from gpend.core.stages import Stage
from gpend.engine.process_engine import ProcessEngine, worker_command
from gpend.engine.protocol import Setup
from gpend.engine.supervisor import Timeouts
from gpend.errors import FatalError, PhotoError
from gpend.settings import CoreSettings, RestoreSettings
from tests.waiting import PATIENCE, wait_until

_SAMPLES = Path(str(files("gpend"))) / "samples"


def _setup(settings: CoreSettings) -> Setup:
    return Setup(settings.model_dump_json(), 2, 64 << 20)


@pytest.fixture(scope="module")
def engine() -> Iterator[ProcessEngine]:
    running = ProcessEngine(worker_command(), _setup(CoreSettings()), Timeouts(PATIENCE, PATIENCE))
    yield running
    running.close()


def test_samples_and_junk_come_out_as_what_they_are(engine: ProcessEngine) -> None:
    names = ["portrait-blurred.jpg", "portrait-sharp.jpg", "no-faces.jpg"]
    futures = [engine.submit((_SAMPLES / name).read_bytes()) for name in names]
    junk = engine.submit(b"junk")
    blurred, sharp, faceless = (future.result(PATIENCE) for future in futures)
    assert isinstance(blurred, Restored)
    assert isinstance(sharp, Kept)
    assert isinstance(faceless, Kept)
    with pytest.raises(PhotoError):
        junk.result(PATIENCE)


def test_what_the_locked_worker_restores_is_what_would_be_restored_without_a_lock(
    engine: ProcessEngine, networks: Networks
) -> None:
    photo = (_SAMPLES / "portrait-blurred.jpg").read_bytes()
    outcome = engine.submit(photo).result(PATIENCE)
    expected = process(photo, networks, CoreSettings())
    assert isinstance(outcome, Restored)
    assert isinstance(expected, Restored)
    assert outcome.photo == expected.photo
    assert outcome.faces == expected.faces
    assert outcome.seconds.keys() == {stage.value for stage in Stage}


def test_settings_that_name_no_network_are_refused() -> None:
    settings = CoreSettings(restore=RestoreSettings(model="gpen-257"))
    running = ProcessEngine(worker_command(), _setup(settings), Timeouts(PATIENCE, PATIENCE))
    with pytest.raises(FatalError, match="there are: gpen-256"):
        running.submit(b"any").result(PATIENCE)
    running.close()


def test_it_ends_with_its_input_whatever_it_is_told_by_signals() -> None:
    worker = subprocess.Popen(worker_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert worker.stdin is not None
    assert worker.stdout is not None
    _wait_for_deafness(worker.pid)
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGINT)
    assert worker.poll() is None
    worker.stdin.close()
    assert worker.wait(PATIENCE) == 0
    worker.stdout.close()


def test_it_does_not_outlive_a_parent_that_was_killed() -> None:
    program = (
        "import subprocess, sys; from gpend.engine.process_engine import worker_command;"
        "child = subprocess.Popen(worker_command(), stdin=subprocess.PIPE, start_new_session=True);"
        "print(child.pid, flush=True); child.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    _wait_for_deafness(worker)
    parent.kill()
    parent.wait(PATIENCE)
    parent.stdout.close()
    wait_until(lambda: not _running(worker), lambda: "it should have ended with its parent")


def _wait_for_deafness(process: int) -> None:
    """Until the process ignores SIGTERM, which is among the first things that the worker sees to."""
    wait_until(lambda: bool(int(_status(process).get("SigIgn", "0"), 16) & (1 << (signal.SIGTERM - 1))))


def _running(process: int) -> bool:
    return _status(process).get("State", "Z")[0] not in "ZX"


def _status(process: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
