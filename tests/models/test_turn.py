"""One computation at a time, and word of it for all who stand in line."""

import threading
from collections.abc import Collection

import pytest

from gpend.models.turn import Turn


def test_a_turn_that_ends_is_told_of_its_thread() -> None:
    heard: list[Collection[int]] = []
    with Turn(heard.append):
        assert heard == []
    assert heard == [(threading.get_ident(),)]


def test_whoever_waits_gets_on_with_the_one_before() -> None:
    heard: list[Collection[int]] = []
    turn = Turn(heard.append)
    begun = threading.Barrier(2)

    def other() -> None:
        begun.wait()
        with turn:
            pass

    thread = threading.Thread(target=other)
    thread.start()
    with turn:
        begun.wait()
        while len(turn.line) < 2:
            pass
    thread.join()
    assert set(heard[0]) == {threading.get_ident(), thread.ident}
    assert set(heard[1]) == {thread.ident}


def test_a_turn_that_fails_is_given_up_all_the_same() -> None:
    turn = Turn()
    with pytest.raises(ValueError, match="failed"), turn:
        raise ValueError("failed")
    with turn:
        assert turn.line == {threading.get_ident()}
