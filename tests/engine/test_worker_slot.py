"""How the next worker is started."""

from pathlib import Path

import pytest

from gpend.engine import protocol
from gpend.engine.protocol import Setup
from gpend.engine.worker_process import WorkerSlot, installation
from tests.engine.hands import Hand

_GPU, _CPU = Setup("gpu", 1, 0), Setup("cpu", 1, 0)


def test_a_worker_is_told_its_setup_first_and_ended_last() -> None:
    recruit = Hand()
    slot = WorkerSlot(lambda: recruit, _GPU, None)
    assert slot.start(1.0) is None
    assert recruit.told == [_GPU]
    assert slot.last_heard == 1.0
    assert slot.stop() == recruit.exit_report
    assert recruit.ended
    assert slot.stop() == ""


def test_a_process_that_cannot_be_had_is_a_reason() -> None:
    def spawn() -> Hand:
        raise OSError(12, "Cannot allocate memory")

    assert "Cannot allocate memory" in str(WorkerSlot(spawn, _GPU, None).start(0.0))


def test_starts_that_fail_are_spaced_and_the_third_is_hopeless() -> None:
    slot = WorkerSlot(Hand, _GPU, None)
    waits = []
    hopeless = []
    for _ in range(3):
        hopeless.append(slot.record_failure(100.0))
        waits.append(slot.seconds_until_start(100.0))
    assert hopeless == [False, False, True]
    assert waits == [1.0, 2.0, 4.0]
    assert slot.seconds_until_start(104.0) == 0


def test_a_ready_worker_forgives_the_starts_before_it() -> None:
    slot = WorkerSlot(Hand, _GPU, None)
    assert [slot.record_failure(0.0), slot.record_failure(0.0)] == [False, False]
    slot.mark_ready()
    assert [slot.record_failure(0.0), slot.record_failure(0.0), slot.record_failure(0.0)] == [False, False, True]


def test_the_fallback_serves_for_half_an_hour_and_then_the_gpu_is_tried_again() -> None:
    recruits: list[Hand] = []

    def spawn() -> Hand:
        recruits.append(Hand())
        return recruits[-1]

    slot = WorkerSlot(spawn, _GPU, _CPU)
    assert slot.fall_back(0.0)
    assert not slot.fall_back(1.0)
    slot.start(2.0)
    retiring = []
    for now in (1799.0, 1800.0, 1801.0):
        slot.end_fallback(now)
        retiring.append(slot.is_retiring)
    assert retiring == [False, True, True]
    slot.stop()
    slot.start(1802.0)
    assert [recruit.told for recruit in recruits] == [[_CPU], [_GPU]]
    slot.end_fallback(9999.0)
    assert not slot.is_retiring


def test_without_a_fallback_there_is_none() -> None:
    assert not WorkerSlot(Hand, _GPU, None).fall_back(0.0)


def test_files_that_are_written_anew_are_another_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "protocol.py"
    module.write_text("")
    monkeypatch.setattr(protocol, "__file__", str(module))
    before = installation()
    assert installation() == before
    (tmp_path / "new").write_text("")
    (tmp_path / "new").replace(module)
    assert installation() != before
    replaced = installation()
    module.unlink()  # while it is being installed
    assert installation() != replaced
