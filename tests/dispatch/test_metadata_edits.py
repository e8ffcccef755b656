"""A photo whose metadata alone were edited ends as it ended before, and the engine is not asked."""

from dataclasses import replace

import pytest

from gpend.dispatch import metadata_edits
from gpend.dispatch.dispatcher import load_job
from gpend.ledger import State
from tests.dispatch.conftest import Bench
from tests.world import BLURRED, RESTORED

EDITED = BLURRED + b", rated"


@pytest.fixture(autouse=True)
def words_are_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands before the comma is the picture, here, and what is behind it the metadata."""
    monkeypatch.setattr(
        "gpend.dispatch.types.digest", lambda photo: photo.split(b", rated")[0].hex()[:64].ljust(64, "0")
    )
    monkeypatch.setattr(metadata_edits, "carried_over", lambda _, restored: restored + b", rated")


def test_it_is_told_from_another_picture_and_from_the_very_same_file(bench: Bench) -> None:
    bench.done("a.jpg", BLURRED)
    same, edited, other = (
        load_job(bench.sight("a.jpg", photo), bench.pair, 1 << 20, bench.now)
        for photo in (BLURRED, EDITED, b"another, " + BLURRED)
    )
    assert edited.is_same_picture
    assert not same.is_same_picture
    assert not other.is_same_picture


def test_its_finished_picture_is_put_into_the_new_file_without_the_engine(bench: Bench) -> None:
    bench.done("a.jpg", BLURRED)
    row = bench.done("a.jpg", EDITED)
    assert row.state is State.RESTORED
    assert bench.world.outputs() == {"a.jpg": RESTORED + b", rated"}
    assert bench.world.engine.given == {BLURRED: 1}


def test_where_the_output_is_no_longer_gpend_s_it_is_left_alone(bench: Bench) -> None:
    bench.done("a.jpg", BLURRED)
    (bench.world.output / "a.jpg").write_bytes(b"painted")
    row = bench.done("a.jpg", EDITED)
    assert "left alone" in row.reason
    assert bench.world.outputs() == {"a.jpg": b"painted"}
    assert bench.world.engine.given == {BLURRED: 1}


def test_a_picture_that_is_not_known_is_never_the_same(bench: Bench) -> None:
    row = bench.done("a.jpg", BLURRED)
    job = load_job(bench.sight("a.jpg", EDITED), bench.pair, 1 << 20, bench.now)
    assert not replace(job, row=replace(row, picture=None)).is_same_picture
