"""Where outcomes are written, and what becomes of what was written before: decided in one place."""

from typing import Any

import pytest

from gpend.dispatch import orphans
from gpend.dispatch.outputs import OutputWriter
from gpend.ledger import Row, State
from gpend.mirror import trash
from gpend.settings import OnDelete
from tests.dispatch.conftest import Bench
from tests.world import BLURRED, RESTORED, SHARP

HEIC = BLURRED + b" heic"
HEIC_RESTORED = HEIC.replace(b"blurred", b"restored by gpend 0.1")


def discard(bench: Bench, row: Row, on_delete: OnDelete) -> bool:
    """Whether the ledger is to remember where the output is."""
    assert row.written is not None
    settings = bench.world.settings.model_copy(update={"on_delete": on_delete})
    outputs = OutputWriter(bench.ledger, settings)
    return outputs.discard(bench.pair, row.id, row.written, bench.now.utc) is not None


@pytest.mark.parametrize(
    ("on_delete", "is_remembered", "left"),
    [
        (OnDelete.TRASH, True, {".gpend-trash/2023-11-14/a.jpg": RESTORED}),
        (OnDelete.KEEP, True, {"a.jpg": RESTORED}),
        (OnDelete.DELETE, False, {}),
    ],
)
def test_what_is_no_photo_s_output_any_more_goes_as_the_settings_say(
    bench: Bench, on_delete: OnDelete, *, is_remembered: bool, left: dict[str, bytes]
) -> None:
    row = bench.done("a.jpg", BLURRED)
    assert discard(bench, row, on_delete) is is_remembered
    assert bench.world.outputs() == left


@pytest.mark.parametrize("on_delete", list(OnDelete))
def test_an_output_that_somebody_has_changed_is_never_removed(bench: Bench, on_delete: OnDelete) -> None:
    row = bench.done("a.jpg", BLURRED)
    (bench.world.output / "a.jpg").write_bytes(b"edited")
    discard(bench, row, on_delete)
    assert bench.world.outputs() == {"a.jpg": b"edited"}


def test_what_was_restored_and_needs_nothing_now_leaves_no_output_behind(bench: Bench) -> None:
    bench.done("a.jpg", BLURRED)
    row = bench.done("a.jpg", SHARP)
    assert (row.state, row.written) == (State.KEPT, None)
    assert [trash.is_in_trash(path.relative_to(bench.world.output)) for path in bench.world.output.rglob("*.jpg")] == [
        True
    ]


def test_an_output_with_another_ending_gives_way_to_the_photo_whose_name_it_has_taken(bench: Bench) -> None:
    heic = bench.done("IMG_1.HEIC", HEIC)
    assert bench.world.outputs() == {"IMG_1.jpg": HEIC_RESTORED}
    jpeg = bench.done("IMG_1.jpg", BLURRED)
    assert bench.world.outputs() == {"IMG_1.HEIC.jpg": HEIC_RESTORED, "IMG_1.jpg": RESTORED}
    names = [str(bench.row(row.id).output) for row in (heic, jpeg)]
    assert names == [str(bench.world.output / name) for name in ("IMG_1.HEIC.jpg", "IMG_1.jpg")]


def test_a_name_of_a_photo_is_kept_free_for_its_own_output(bench: Bench) -> None:
    bench.world.put("IMG_1.jpg", BLURRED)
    bench.done("IMG_1.HEIC", HEIC)
    assert list(bench.world.outputs()) == ["IMG_1.HEIC.jpg"]


def test_a_file_of_the_user_s_own_is_never_written_over_and_costs_the_engine_only_once(bench: Bench) -> None:
    (bench.world.output / "a.jpg").write_bytes(b"mine")
    row = bench.sight("a.jpg", BLURRED)
    bench.work()
    for _ in range(2):
        assert "gpend did not write" in bench.row(row.id).reason
        bench.sight("a.jpg", BLURRED)
        bench.work()
    assert bench.world.outputs() == {"a.jpg": b"mine"}
    assert bench.world.engine.given.total() == 1


def test_an_output_that_no_row_knows_of_is_adopted_before_its_row_forgets_the_file(bench: Bench) -> None:
    row = bench.done("a.jpg", BLURRED)
    bench.ledger.photos.forget(row.id)
    waiting = bench.sight("a.jpg")
    (bench.world.source / "a.jpg").unlink()
    adopted = orphans.adopt_orphan(bench.ledger, bench.dispatcher.outputs, waiting, bench.pair, bench.now)
    assert (adopted.finished, adopted.written) == (State.RESTORED, row.written)


def test_a_file_without_proof_is_no_orphan(bench: Bench) -> None:
    (bench.world.output / "a.jpg").write_bytes(b"mine")
    waiting = bench.sight("a.jpg", BLURRED)
    adopted = orphans.adopt_orphan(bench.ledger, bench.dispatcher.outputs, waiting, bench.pair, bench.now)
    assert adopted == waiting


@pytest.fixture
def knobs(request: pytest.FixtureRequest) -> dict[str, Any]:
    return getattr(request, "param", {})


@pytest.mark.parametrize("knobs", [{"keep": "copy"}, {"keep": "hardlink"}], indirect=True)
def test_what_needs_nothing_is_mirrored_as_the_settings_say(bench: Bench, knobs: dict[str, Any]) -> None:
    bench.done("a.jpg", SHARP)
    assert bench.world.outputs() == {"a.jpg": SHARP}
    is_linked = (bench.world.output / "a.jpg").samefile(bench.world.source / "a.jpg")
    assert is_linked is (knobs["keep"] == "hardlink")
