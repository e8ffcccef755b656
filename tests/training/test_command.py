"""What `gpend train` begins with and how it is stopped."""

import os
import signal
import threading
from pathlib import Path

from gpend.training.command import _stopping, with_aligned
from tests.training import material


def test_faces_that_are_aligned_already_are_taken_as_they_are(tmp_path: Path) -> None:
    settings, told = material.settings(tmp_path), list[str]()
    assert with_aligned(settings, told.append) is settings
    assert told == []


def test_who_asks_the_process_to_stop_is_heard_after_the_present_step_and_told_how_to_go_on() -> None:
    told: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    with _stopping(lambda taken, _: taken >= 10, told.append) as is_over:
        assert (is_over(1, 0.0), is_over(10, 0.0)) == (False, True)
        os.kill(os.getpid(), signal.SIGTERM)
        assert is_over(1, 0.0)
    assert told == ["Stopped as asked; --resume goes on from here."]
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_of_the_main_thread_signals_are_left_alone() -> None:
    found: list[bool] = []

    def run() -> None:
        with _stopping(lambda taken, _: taken >= 10, print) as is_over:
            found.extend([is_over(1, 0.0), is_over(10, 0.0)])

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [False, True]
