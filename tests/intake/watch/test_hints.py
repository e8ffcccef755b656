"""Hints are gathered without end or delay, and handed over once."""

import threading
from pathlib import Path

from gpend.intake.watch.watches import Hint, Hints

ROOT, OTHER = Path("/photos"), Path("/more")


def test_a_hint_wakes_and_is_handed_over_once() -> None:
    wake = threading.Event()
    hints = Hints(wake)
    assert hints.drain() == []
    hints.put(Hint(ROOT, ROOT / "a.jpg"))
    assert wake.is_set()
    assert hints.drain() == [Hint(ROOT, ROOT / "a.jpg")]
    assert hints.drain() == []


def test_of_several_hints_about_one_place_the_last_counts() -> None:
    hints = Hints(threading.Event())
    hints.put(Hint(ROOT, ROOT / "a.jpg", is_whole=True))
    hints.put(Hint(ROOT, ROOT / "a.jpg"))
    assert hints.drain() == [Hint(ROOT, ROOT / "a.jpg")]


def test_too_many_hints_become_one_to_scan_everything() -> None:
    hints = Hints(threading.Event(), capacity=10)
    hints.put(Hint(OTHER, OTHER / "a.jpg"))
    for number in range(1000):
        hints.put(Hint(ROOT, ROOT / f"{number}.jpg"))
        assert len(hints) <= 12
    drained = hints.drain()
    assert drained[0] == Hint(ROOT)
    assert Hint(OTHER, OTHER / "a.jpg") in drained


def test_a_scan_of_everything_comes_first() -> None:
    hints = Hints(threading.Event())
    hints.put(Hint(ROOT, ROOT / "a.jpg"))
    hints.put(Hint(ROOT))
    assert hints.drain() == [Hint(ROOT), Hint(ROOT, ROOT / "a.jpg")]
