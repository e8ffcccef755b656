"""A fit that was interrupted goes on where it stopped, and never on what belongs to another one."""

from pathlib import Path

import numpy as np

from gpend.core.blend import luma
from gpend.core.sharpness import Terms
from gpend.fitting.distances import TEMPLATE
from gpend.fitting.faces import Parts, SharpFace
from gpend.fitting.trials import Trial
from gpend.fitting.work import Work

TERMS = Terms(-1.5, -0.6, -1.2, -0.8, -0.4, -0.9, -0.5, -0.2, 0.0, -2.6, 0.0, -0.3, 0.15, 0.0, 0.0)


def trial() -> Trial:
    crop, truth, output = np.random.default_rng(1).random((3, 16, 16, 3), np.float32)
    return Trial(TERMS, after_filter=True, crop=crop, truth=truth, output=output, template=TEMPLATE)


def test_what_was_tried_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = Work(tmp_path / "work", "key", TEMPLATE)
    first.keep(0, 1, trial())
    first.keep(0, 2, None)
    again = Work(tmp_path / "work", "key", TEMPLATE)
    assert again.has(0, 1)
    assert again.has(0, 2)
    assert not again.has(1, 0)
    (told,) = again.trials()
    assert told.terms == TERMS
    assert told.after_filter
    assert np.abs(told.crop - trial().crop).max() < 1e-3
    assert np.abs(luma(told.output) - luma(trial().output)).max() < 1e-3


def test_the_work_of_another_network_or_other_faces_is_not_gone_on_with(tmp_path: Path) -> None:
    Work(tmp_path / "work", "key", TEMPLATE).keep(0, 0, trial())
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
    work.keep(0, 0, trial())
    next((tmp_path / "work" / "trials").glob("*.npz")).write_bytes(b"")
    assert list(work.trials()) == []
    work.remove()
    assert not (tmp_path / "work").exists()
