"""A fit that was interrupted goes on where it stopped, and never on what belongs to another one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gpend.core.blend import luma
from gpend.core.sharpness import Terms
from gpend.errors import FatalError
from gpend.fitting.blending import BandSums
from gpend.fitting.distances import TEMPLATE
from gpend.fitting.faces import Parts, SharpFace
from gpend.fitting.figures import Result
from gpend.fitting.trials import Trial
from gpend.fitting.work import Work, alone

TERMS = Terms(-1.5, -0.6, -1.2, -0.8, -0.4, -0.9, -0.5, -0.2, 0.0, -2.6, 0.0, -0.3, 0.15, 0.0, 0.0)


def trial(side: int = 16) -> Trial:
    crop, truth, output = np.random.default_rng(1).random((3, side, side, 3), np.float32)
    return Trial(TERMS, after_filter=True, crop=crop, truth=truth, output=output, template=TEMPLATE)


def test_what_was_tried_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = Work(tmp_path / "work", "key", TEMPLATE)
    first.keep(0, 1, [trial()])
    first.keep(0, 2, [])
    again = Work(tmp_path / "work", "key", TEMPLATE)
    assert again.has(0, 1)
    assert again.has(0, 2)
    assert not again.has(1, 0)
    (told,) = again.trials(after_filter=True)
    assert list(again.trials(after_filter=False)) == []
    assert told.terms == TERMS
    assert told.after_filter
    assert np.abs(told.crop - trial().crop).max() < 1e-3
    assert np.abs(luma(told.output) - luma(trial().output)).max() < 1e-3


def test_a_shot_counts_as_done_only_when_all_of_it_is_kept(tmp_path: Path) -> None:
    work = Work(tmp_path / "work", "key", TEMPLATE)
    work.keep(0, 0, [trial(), replace(trial(), after_filter=False)])
    assert [len(list(work.trials(after_filter=half))) for half in (False, True)] == [1, 1]
    next((tmp_path / "work" / "trials").glob("*.done")).unlink()
    assert not work.has(0, 0)
    work.keep(0, 0, [trial(), replace(trial(), after_filter=False)])
    assert [len(work.sums(after_filter=half)) for half in (False, True)] == [1, 1]


def test_the_sums_of_a_trial_are_there_without_its_pictures(tmp_path: Path) -> None:
    work = Work(tmp_path / "work", "key", TEMPLATE)
    tried = trial(256)
    work.keep(0, 1, [tried])
    (told,) = work.sums(after_filter=True)
    expected = BandSums.of(tried)
    assert told.terms == TERMS
    assert all(np.array_equal(getattr(told, name), getattr(expected, name)) for name in ("own", "shared", "wanted"))
    assert work.sums(after_filter=False) == []


def test_what_was_judged_counts_for_one_fit(tmp_path: Path) -> None:
    work = Work(tmp_path / "work", "key", TEMPLATE)
    result = Result("noise", "anna", 0.5, {"structure": 0.3}, {"structure": 0.2}, {"structure": 0.1})
    work.keep_result("fit", 3, 1, result)
    assert Work(tmp_path / "work", "key", TEMPLATE).result("fit", 3, 1) == result
    assert work.result("another fit", 3, 1) is None
    for torn in ("", "[]", '{"kind": "noise"}'):
        next((tmp_path / "work" / "judged").iterdir()).write_text(torn)
        assert work.result("fit", 3, 1) is None


def test_the_work_of_another_network_or_other_faces_is_not_gone_on_with(tmp_path: Path) -> None:
    Work(tmp_path / "work", "key", TEMPLATE).keep(0, 0, [trial()])
    assert not Work(tmp_path / "work", "another key", TEMPLATE).has(0, 0)


def test_faces_are_looked_for_once_and_again_where_one_is_gone(tmp_path: Path) -> None:
    work = Work(tmp_path / "work", "key", TEMPLATE)
    assert work.parts() is None
    places = [tmp_path / name for name in ("a.png", "b.png")]
    for place in places:
        place.touch()
    parts = Parts((SharpFace(places[0], "anna"),), (SharpFace(places[1], "ben"),))
    work.keep_parts(parts)
    assert work.parts() == parts
    places[1].unlink()
    assert work.parts() is None


def test_a_trial_that_the_disk_lost_is_passed_over(tmp_path: Path) -> None:
    work = Work(tmp_path / "work", "key", TEMPLATE)
    work.keep(0, 0, [trial()])
    next((tmp_path / "work" / "trials").glob("*.npz")).write_bytes(b"")
    assert list(work.trials(after_filter=True)) == []
    assert work.sums(after_filter=True) == []
    work.remove()
    assert not (tmp_path / "work").exists()


def test_two_at_once_do_not_mix_what_they_measure(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    with alone(folder):
        Work(folder, "key", TEMPLATE).keep(0, 0, [trial()])
        with pytest.raises(FatalError, match="Another gpend measures this network"), alone(folder):
            pass
        assert Work(folder, "key", TEMPLATE).has(0, 0)
        Work(folder, "another key", TEMPLATE)  # empties the folder, which stays locked
        with pytest.raises(FatalError), alone(folder):
            pass
    with alone(folder):
        pass


def test_where_nothing_can_be_kept_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FatalError, match="Nothing can be kept in"), alone(tmp_path / "file" / "work"):
        pass
