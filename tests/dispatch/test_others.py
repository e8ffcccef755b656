"""Outputs that pass from one source to another with the configuration: nothing of another photo's is lost."""

import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend import gallery, reports
from gpend.ledger import Ledger, Request, State
from gpend.settings import FolderSettings, Keep, OnDelete
from tests.machine.power import Power, PowerCutError
from tests.world import BLURRED, RESTORED, SHARP, World, tree

TRASH = ".gpend-trash/2023-11-14/"
DAY = 86_400


class Sources(World):
    """A world of several sources, each called by a letter, and outputs that are called by a number."""

    def put_in(self, source: str, name: str, photo: bytes) -> Path:
        """A photo; all have the same times, as those that were copied in one go have."""
        path = self.root / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo)
        return path

    def run(self, **outputs: str) -> None:
        """One pass with these sources and their outputs."""
        for output in outputs.values():
            (self.root / output).mkdir(parents=True, exist_ok=True)
        pairs = [FolderSettings(source=self.root / name, output=self.root / out) for name, out in outputs.items()]
        self.knobs["folders"] = pairs
        self.engine.given = Counter()
        self.once()

    def standing(self, output: str) -> dict[str, bytes]:
        """What lies in an output, but for the trash, and for what was being written when the power was cut."""
        return {name: photo for name, photo in tree(self.root / output).items() if not name.startswith(".gpend-")}

    def reason(self, photo: Path) -> str:
        """What the ledger tells of a photo, after its state."""
        with Ledger.read_only(self.settings.ledger) as records:
            row = records.photo(photo)
        assert row is not None
        return f"{row.state}: {row.reason}"

    def record(self, photo: Path) -> tuple[object, ...]:
        """What the ledger tells of a photo and its faces."""
        with Ledger.read_only(self.settings.ledger) as records:
            row = records.photo(photo)
        assert row is not None
        return row.state, row.reason, row.outcome, row.fingerprint, row.output, row.output_sha256, row.earlier


def blurred(source: str) -> bytes:
    return BLURRED + source.encode()


def restored(source: str) -> bytes:
    return RESTORED + source.encode()


@pytest.fixture
def world(tmp_path: Path) -> Sources:
    world = Sources(tmp_path)
    for source in "abc":
        world.put_in(source, "1.jpg", blurred(source))
        world.put_in(source, "sharp.jpg", SHARP + source.encode())
    return world


@pytest.mark.parametrize("keep", list(Keep))
@pytest.mark.parametrize("turned", ["ab", "abc"])
def test_sources_that_exchange_their_outputs_have_what_they_had_without_the_engine(
    world: Sources, keep: Keep, turned: str
) -> None:
    world.knobs["keep"] = keep
    before = dict(zip(turned, "123", strict=False))
    world.run(**before)
    made = {source: world.standing(output) for source, output in before.items()}
    after = dict(zip(turned, [*"123"[1 : len(turned)], "1"], strict=True))
    world.run(**after)
    assert {source: world.standing(output) for source, output in after.items()} == made
    assert world.engine.given.total() == 0
    assert [tree(world.root / output)[f"{TRASH}1.jpg"] for output in before.values()] == [
        restored(source)
        for source in before  # what stood there stays for the days of the trash
    ]
    assert all(world.reason(world.root / source / "1.jpg").startswith("restored: one face") for source in turned)


@pytest.mark.parametrize("keep", list(Keep))
@pytest.mark.parametrize(
    ("moved", "renamed", "after"),
    [
        ({"a": "d"}, {}, {"d": "2", "b": "1"}),
        ({"a": "d", "b": "e"}, {}, {"d": "2", "e": "1"}),
        ({"a": "d"}, {}, {"b": "1", "d": "2"}),
        ({"a": "d"}, {}, {"d": "2", "b": "3", "c": "1"}),
        ({"a": "d"}, {}, {"d": "4", "b": "2"}),
        ({"a": "d"}, {"1": "x", "2": "y"}, {"d": "y", "b": "x"}),
        ({}, {"1": "x", "2": "y"}, {"a": "y", "b": "x"}),
        ({}, {"1": "x"}, {"a": "2", "b": "x"}),
    ],
)
def test_sources_that_are_moved_and_exchange_their_outputs_in_one_edit_have_what_they_had_without_the_engine(
    world: Sources, keep: Keep, moved: dict[str, str], renamed: dict[str, str], after: dict[str, str]
) -> None:
    world.knobs["keep"] = keep
    before = {
        source: output for source, output in {"a": "1", "b": "2", "c": "3"}.items() if len(after) > 2 or source < "c"
    }
    world.run(**before)
    made = {moved.get(source, source): world.standing(output) for source, output in before.items()}
    for old, new in (moved | renamed).items():
        (world.root / old).rename(world.root / new)
    world.run(**after)
    assert world.engine.given.total() == 0
    assert {source: world.standing(output) for source, output in after.items()} == made


def test_a_new_source_with_the_photos_of_a_retired_one_that_stay_there_is_another_one(world: Sources) -> None:
    world.run(a="1")
    shutil.copytree(world.root / "a", world.root / "d")
    world.run(d="2")
    world.run(a="1", d="2")
    assert world.standing("1") == world.standing("2") == {"1.jpg": restored("a")}
    with Ledger.read_only(world.settings.ledger) as records:
        assert [(row.source.name, row.previous_output) for row in records.folders()] == [("a", None), ("d", None)]


@pytest.mark.parametrize("keep", list(Keep))
@pytest.mark.parametrize(("output", "becomes"), [("1", "1"), ("1", "x")])
def test_a_source_that_is_moved_while_no_configuration_names_it_has_what_it_had(
    world: Sources, keep: Keep, output: str, becomes: str
) -> None:
    world.knobs["keep"] = keep
    world.put_in("a", "2.jpg", blurred("2"))
    world.run(a=output, b="2")
    world.run(b="2")
    for old, new in (("a", "d"), (output, becomes)):
        (world.root / old).rename(world.root / new)
    world.run(d=becomes, b="2")
    assert world.engine.given.total() == 0
    edited = blurred("edited")
    world.put_in("d", "1.jpg", edited)
    (world.root / "d/2.jpg").unlink()
    world.clock.pass_by(DAY + 1)
    for _ in range(2):
        world.run(d=becomes, b="2")
        world.clock.pass_by(DAY + 1)
    standing = world.standing(becomes)  # the edit was set aside for good, and the other output stayed
    assert (standing["1.jpg"], "2.jpg" in standing) == (restored("edited"), False)


def test_a_source_that_comes_again_in_the_place_of_one_that_stays_where_it_was_is_another_one(world: Sources) -> None:
    world.run(a="1")
    shutil.copytree(world.root / "a", world.root / "d")
    world.run(b="2")
    world.run(d="1", b="2")
    world.put_in("d", "1.jpg", blurred("edited"))
    gone(world)
    assert world.standing("1") == {"1.jpg": restored("a")}


@pytest.mark.parametrize("keep", list(Keep))
def test_a_photo_that_two_sources_reach_by_links_is_one(world: Sources, keep: Keep) -> None:
    world.knobs["keep"] = keep
    world.put_in("all/a", "1.jpg", blurred("before"))
    world.put_in("all/b", "2.jpg", blurred("other"))
    (world.root / "link").symlink_to("all")
    world.run(**{"link/a": "1/a"})
    world.run(all="1")
    world.put_in("all/a", "1.jpg", blurred("edited"))
    gone(world)
    assert world.standing("1") == {"a/1.jpg": restored("edited"), "b/2.jpg": restored("other")}  # it was set aside
    (world.root / "all/a/1.jpg").unlink()
    gone(world)
    assert world.standing("1") == {"b/2.jpg": restored("other")}


def test_of_a_moved_source_whose_output_is_not_there_any_more_nothing_waits_for_a_person(world: Sources) -> None:
    world.knobs["brake"] = {"photos": 0, "percent": 0}
    world.run(a="1")
    (world.root / "a").rename(world.root / "d")
    shutil.rmtree(world.root / "1")
    world.run(d="2")
    assert world.standing("2") == {"1.jpg": restored("a")}


@pytest.mark.parametrize("steps", range(0, 100, 9))
def test_an_exchange_that_is_cut_off_after_any_step_is_completed_without_the_engine(world: Sources, steps: int) -> None:
    world.knobs["keep"] = Keep.COPY
    world.run(a="1", b="2")
    made = world.standing("1"), world.standing("2")
    pairs = (("a", "2"), ("b", "1"))
    world.knobs["folders"] = [FolderSettings(source=world.root / a, output=world.root / b) for a, b in pairs]
    world.engine.given = Counter()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        with suppress(PowerCutError), Power(steps).supplying():
            for _ in range(40):
                if not loop.turn():
                    loop.rest()
    world.once()
    assert (world.standing("2"), world.standing("1")) == made
    assert world.engine.given.total() == 0


@pytest.mark.parametrize("keep", list(Keep))
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_new_source_takes_nothing_of_the_one_before_from_its_output(
    world: Sources, keep: Keep, *, is_gone: bool
) -> None:
    world.knobs["keep"] = keep
    world.put_in("b", "2.jpg", blurred("b2"))
    world.run(a="1")
    before = world.standing("1")
    if is_gone:
        shutil.rmtree(world.root / "a")
    world.run(b="1")
    assert world.standing("1") == before | {"2.jpg": restored("b2")}
    told = world.reason(world.root / "b/1.jpg")
    assert told.startswith(f"failed: The output of '{world.root / 'a/1.jpg'}' stands in the output folder")
    (world.root / "b/1.jpg").unlink()
    world.once()
    world.clock.pass_by(DAY)
    world.once()
    assert world.standing("1") == before | {"2.jpg": restored("b2")}


def test_a_photo_that_finds_its_place_taken_gets_it_by_itself_when_the_other_output_is_moved_away(
    world: Sources,
) -> None:
    world.run(a="1")
    world.run(b="1")
    (world.root / "1/1.jpg").rename(world.root / "elsewhere.jpg")
    world.clock.pass_by(3601)
    world.once()
    assert world.standing("1") == {"1.jpg": restored("b")}


@pytest.mark.parametrize("given", [{"b": "2"}, {"a": "2", "b": "1"}])
def test_a_photo_that_finds_its_place_taken_has_its_output_at_once_when_one_of_the_two_sources_is_given_another(
    world: Sources, given: dict[str, str]
) -> None:
    world.run(a="1")
    world.run(b="1")
    assert world.reason(world.root / "b/1.jpg").startswith("failed: The output of ")
    world.run(**given)
    assert world.standing(given["b"]) == {"1.jpg": restored("b")}


def test_sources_whose_outputs_are_given_back_after_one_was_given_the_others_are_told_taken_no_more(
    world: Sources,
) -> None:
    world.knobs["keep"] = Keep.COPY
    world.run(a="1", b="2")
    before = world.standing("1"), world.standing("2")
    world.run(a="2")
    assert world.reason(world.root / "a/1.jpg").startswith("failed: The output of ")
    world.run(a="1", b="2")
    assert (world.standing("1"), world.standing("2")) == before
    assert [world.reason(world.root / "a" / name).split(":")[0] for name in ("1.jpg", "sharp.jpg")] == [
        "restored",
        "kept",
    ]


@pytest.mark.parametrize("keep", list(Keep))
def test_a_photo_that_was_set_aside_for_its_place_is_on_record_as_before_once_it_has_that_again(
    world: Sources, keep: Keep
) -> None:
    world.knobs["keep"] = keep
    world.run(a="1", b="2")
    before = [world.record(world.root / "a" / name) for name in ("1.jpg", "sharp.jpg")]
    world.run(a="2")
    world.clock.pass_by(DAY)  # it is tried, and set aside, once more
    world.once()
    assert world.reason(world.root / "a/1.jpg").startswith("failed: The output of ")
    world.run(a="1", b="2")
    assert [world.record(world.root / "a" / name) for name in ("1.jpg", "sharp.jpg")] == before
    assert world.engine.given.total() == 0


def test_what_stands_where_somebody_deleted_an_output_is_not_taken_for_their_edit_where_it_is_another_sources(
    world: Sources,
) -> None:
    world.run(a="1", b="2")
    (world.root / "1/1.jpg").unlink()
    world.run(a="2", b="1")
    assert (world.standing("2"), world.standing("1")) == ({"1.jpg": restored("a")}, {"1.jpg": restored("b")})
    assert world.reason(world.root / "a/1.jpg").endswith("restored")
    assert tree(world.root / "2")[f"{TRASH}1.jpg"] == restored("b")


def test_a_photo_whose_edited_output_keeps_another_sources_from_its_place_is_not_told_to_have_that_one(
    world: Sources,
) -> None:
    world.run(a="1", b="2")
    (world.root / "1/1.jpg").write_bytes(b"rated")
    world.run(a="2", b="1")
    assert (world.standing("2"), world.standing("1")) == ({"1.jpg": restored("b")}, {"1.jpg": b"rated"})
    assert world.reason(world.root / "a/1.jpg").startswith(f"failed: The output of '{world.root / 'b/1.jpg'}' stands")


def test_a_photo_whose_output_has_two_names_to_choose_from_takes_the_one_that_is_nobodys(world: Sources) -> None:
    world.put_in("b", "1.jpg", SHARP)
    world.put_in("b", "1.heic", BLURRED + b"heic")
    world.run(a="1")
    (world.root / "b/1.jpg").unlink()
    world.run(b="1")
    assert world.standing("1") == {"1.jpg": restored("a"), "1.heic.jpg": RESTORED + b"heic"}


def test_a_source_that_comes_back_finds_its_outputs_and_what_took_its_place_gives_way_no_more(world: Sources) -> None:
    world.run(a="1")
    world.run(b="1")
    world.run(a="1")
    assert world.standing("1") == {"1.jpg": restored("a")}
    world.run(a="2", b="1")
    world.clock.pass_by(DAY)
    world.once()
    assert (world.standing("1"), world.standing("2")) == ({"1.jpg": restored("b")}, {"1.jpg": restored("a")})


def test_outputs_of_deleted_photos_that_stay_are_no_other_sources_either(world: Sources) -> None:
    world.knobs["on_delete"] = OnDelete.KEEP
    world.put_in("a", "2.jpg", blurred("a2"))
    world.run(a="1", b="2")
    (world.root / "a/1.jpg").unlink()
    world.once()
    world.run(a="2", b="1")
    assert world.standing("1") == {"1.jpg": restored("a"), "2.jpg": restored("a2")}
    assert world.reason(world.root / "b/1.jpg").startswith("failed: The output of ")


@pytest.mark.parametrize("is_away", [True, False])
def test_what_another_source_has_yet_to_fetch_stays_while_that_is_away(world: Sources, *, is_away: bool) -> None:
    world.run(a="1", b="2")
    if is_away:
        (world.root / "a").rename(world.root / "away")
    (world.root / "a").mkdir(exist_ok=True)
    world.run(a="2", b="1")
    assert (world.standing("1")["1.jpg"] == restored("a")) is is_away
    if is_away:
        (world.root / "a").rmdir()
        (world.root / "away").rename(world.root / "a")
        for _ in range(3):
            world.once()
            world.clock.pass_by(DAY)
    assert (world.standing("1"), world.standing("2")) == ({"1.jpg": restored("b")}, {"1.jpg": restored("a")})


@pytest.mark.parametrize("keep", list(Keep))
def test_an_output_that_is_called_otherwise_by_now_is_known_all_the_same(world: Sources, keep: Keep) -> None:
    world.knobs["keep"] = keep
    world.run(a="1")
    before = world.standing("1")
    (world.root / "1").rename(world.root / "new")
    world.run(b="new")
    assert world.standing("new") == before
    for name in before:  # a link says nothing of itself: it was told as somebody's own file
        assert world.reason(world.root / "b" / name).startswith(f"failed: The output of '{world.root / 'a' / name}'")


def test_of_a_photo_that_was_set_aside_its_own_output_is_told_and_not_what_has_its_name(world: Sources) -> None:
    world.run(a="1", b="2", c="3")
    world.run(a="2", c="3")
    ledger, photo = world.settings.ledger, world.root / "a/1.jpg"
    told = reports.history(ledger, photo)
    assert told is not None
    assert (told.state, told.output) == ("failed", str(world.root / "1/1.jpg"))
    assert world.reason(photo).startswith("failed: ")
    with Ledger.read_only(ledger) as records:
        row = records.photo(photo)
    assert row is not None
    assert gallery.files(ledger, row.id) == gallery.Files(photo, row.content, world.root / "1/1.jpg", row.output_sha256)
    shutil.rmtree(world.root / "1")
    told = reports.history(ledger, photo)
    assert told is not None
    assert (told.output, told.output_sha256) == (None, None)
    (world.root / "2/1.jpg").write_bytes(b"rated")  # by somebody, whosever it was
    told = reports.history(ledger, photo)
    assert told is not None
    assert told.output == str(world.root / "2/1.jpg")


def test_nobody_hears_of_an_output_of_a_photo_that_was_set_aside(world: Sources) -> None:
    world.run(a="1", b="2")
    with capture_logs() as logs:
        world.run(a="2")
    assert [each["output"] for each in logs if each["event"] == "photo_failed"] == [None]


def test_sources_that_become_one_source_are_found_in_their_outputs_and_edits_replace_what_was_theirs(
    tmp_path: Path,
) -> None:
    world = Sources(tmp_path)
    for source in ("in/a", "in/b"):
        world.put_in(source, "1.jpg", blurred(source))
    world.run(**{"in/a": "out/a", "in/b": "out/b"})
    world.put_in("in/a", "1.jpg", blurred("edited"))
    world.run(**{"in": "out"})
    assert world.engine.given == {blurred("edited"): 1}
    assert world.standing("out") == {"a/1.jpg": restored("edited"), "b/1.jpg": restored("in/b")}


def test_a_photo_that_is_deleted_before_it_was_processed_takes_no_output_of_another_source_along(
    world: Sources,
) -> None:
    world.run(a="1")
    moment = (world.root / "a/1.jpg").stat().st_mtime_ns
    assert abs((world.root / "b/1.jpg").stat().st_mtime_ns - moment) < 2_000_000_000
    world.put_in("b", "2.jpg", blurred("b2"))
    world.knobs["folders"] = [FolderSettings(source=world.root / "b", output=world.root / "1")]
    world.engine.slow = True
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for _ in range(60):
            if not loop.turn():
                loop.rest()
        loop.end()
    world.engine.slow = False
    assert world.reason(world.root / "b/1.jpg").startswith(State.WAITING)
    (world.root / "b/1.jpg").unlink()
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
    assert world.standing("1") == {"1.jpg": restored("a"), "2.jpg": restored("b2")}


def test_what_gpend_wrote_for_a_photo_that_no_ledger_knows_goes_to_the_trash_and_not_away(world: Sources) -> None:
    world.run(a="1")
    world.settings.ledger.unlink()
    world.run(b="1")
    assert tree(world.root / "1") == {"1.jpg": restored("b"), f"{TRASH}1.jpg": restored("a")}


@pytest.fixture
def shared(world: Sources) -> Sources:
    """A source whose output another one before it had, which holds some of the same photos; that one is retired."""
    for name in ("1.jpg", "2.jpg"):
        world.put_in("a", name, blurred(name))
        world.put_in("b", name, blurred(name))
        world.put_in("a", f"more/{name}", SHARP)  # without these it was taken for moved
    world.run(a="1")
    world.run(b="1")
    assert world.reason(world.root / "b/1.jpg").startswith("restored")
    return world


@pytest.mark.parametrize("on_delete", [OnDelete.TRASH, OnDelete.DELETE])
@pytest.mark.parametrize("is_away", [True, False])
def test_an_output_stays_while_a_retired_source_may_hold_its_photo_though_another_one_was_deleted(
    shared: Sources, on_delete: OnDelete, *, is_away: bool
) -> None:
    shared.knobs["on_delete"] = on_delete
    if is_away:
        (shared.root / "a").rename(shared.root / "away")
        (shared.root / "a").mkdir()  # where its disk is mounted
    (shared.root / "b/1.jpg").unlink()
    gone(shared)
    assert shared.standing("1") == {"1.jpg": restored("1.jpg"), "2.jpg": restored("2.jpg")}
    if is_away:
        (shared.root / "a").rmdir()
        (shared.root / "away").rename(shared.root / "a")
    shared.run(a="1")
    assert shared.engine.given.total() == 0
    assert shared.standing("1") == {"1.jpg": restored("1.jpg"), "2.jpg": restored("2.jpg")}


@pytest.mark.parametrize("on_delete", [OnDelete.TRASH, OnDelete.DELETE])
def test_an_output_goes_with_its_photo_where_a_retired_source_surely_holds_that_no_more(
    shared: Sources, on_delete: OnDelete
) -> None:
    shared.knobs["on_delete"] = on_delete
    (shared.root / "a/1.jpg").unlink()
    (shared.root / "b/1.jpg").unlink()
    gone(shared)
    assert shared.standing("1") == {"2.jpg": restored("2.jpg")}


@pytest.mark.parametrize("photo", [blurred("edited"), SHARP + b"edited"])
def test_an_output_is_not_replaced_by_an_edit_while_a_retired_source_holds_its_photo(
    shared: Sources, photo: bytes
) -> None:
    shared.put_in("b", "1.jpg", photo)
    gone(shared)
    assert shared.standing("1") == {"1.jpg": restored("1.jpg"), "2.jpg": restored("2.jpg")}
    told = shared.reason(shared.root / "b/1.jpg")
    assert told.startswith("kept" if photo.startswith(SHARP) else f"failed: The output of '{shared.root / 'a/1.jpg'}'")


def test_a_photo_that_is_moved_gets_a_copy_of_an_output_that_a_retired_source_has_too(shared: Sources) -> None:
    (shared.root / "b/1.jpg").rename(shared.root / "b/3.jpg")
    gone(shared)
    both = {"1.jpg": restored("1.jpg"), "3.jpg": restored("1.jpg"), "2.jpg": restored("2.jpg")}
    assert shared.standing("1") == both
    assert shared.engine.given[blurred("1.jpg")] == 0


@pytest.mark.parametrize("keep", list(Keep))
def test_an_output_stays_where_the_original_of_one_photo_is_wanted_and_another_source_has_it_too(
    shared: Sources, keep: Keep
) -> None:
    shared.knobs["keep"] = keep
    decide_original(shared, shared.root / "b/1.jpg")
    told = "kept: the original is used, as you decided"
    if keep is not Keep.NONE:
        told = f"failed: The output of '{shared.root}/a/1.jpg' stands in the output folder"
    else:
        also = "; what was restored stays, as it is another photo's output too"
        assert shared.reason(shared.root / "b/1.jpg") == told + also
    for _ in range(3):
        shared.once()
        assert shared.standing("1")["1.jpg"] == restored("1.jpg")
        assert TRASH + "1.jpg" not in tree(shared.root / "1")
        assert shared.reason(shared.root / "b/1.jpg").startswith(told)
        (shared.root / "b/1.jpg").touch()
        shared.clock.pass_by(DAY)
    shared.run(a="1")
    assert shared.reason(shared.root / "a/1.jpg") == "restored: one face was restored"
    assert shared.engine.given.total() == 0
    (shared.root / "a/1.jpg").unlink()
    shared.run(b="1")
    (shared.root / "b/1.jpg").touch()
    gone(shared)
    if keep is not Keep.NONE:  # else it is nobody's any more, until its source is at work again
        assert shared.standing("1")["1.jpg"] == blurred("1.jpg")
        assert shared.reason(shared.root / "b/1.jpg") == "kept: the original is used, as you decided"
    Ledger.request(shared.settings.ledger, Request.DECIDE, [shared.root / "b/1.jpg"], {"decision": "automatic"})
    shared.once()
    assert shared.standing("1")["1.jpg"] == restored("1.jpg")


@pytest.mark.parametrize("keep", list(Keep))
def test_the_original_is_used_where_another_source_surely_holds_the_photo_no_more(shared: Sources, keep: Keep) -> None:
    shared.knobs["keep"] = keep
    (shared.root / "a/1.jpg").unlink()
    decide_original(shared, shared.root / "b/1.jpg")
    assert shared.standing("1").get("1.jpg") == (None if keep is Keep.NONE else blurred("1.jpg"))
    assert tree(shared.root / "1")[f"{TRASH}1.jpg"] == restored("1.jpg")


@pytest.mark.parametrize("keep", [Keep.NONE, Keep.COPY])
@pytest.mark.parametrize("what", ["decided", "deleted", "edited"])
def test_an_output_goes_where_another_source_has_brought_its_own_to_another_folder(
    world: Sources, keep: Keep, what: str
) -> None:
    world.knobs["keep"] = keep
    for source in "ab":
        world.put_in(source, "1.jpg", blurred("both"))
        world.put_in(source, "2.jpg", blurred(source))
    for pairs in ({"a": "1"}, {"a": "2"}, {"a": "2", "b": "1"}):
        world.run(**pairs)
    photo, left = world.root / "b/1.jpg", None
    if what == "decided":
        decide_original(world, photo)
        left = blurred("both") if keep is Keep.COPY else None
    elif what == "deleted":
        photo.unlink()
    else:
        world.put_in("b", "1.jpg", blurred("edited"))
        left = restored("edited")
    gone(world)
    assert world.standing("1").get("1.jpg") == left
    assert what == "edited" or tree(world.root / "1")[f"{TRASH}1.jpg"] == restored("both")
    assert world.standing("2")["1.jpg"] == restored("both")


def decide_original(world: Sources, photo: Path) -> None:
    Ledger.request(world.settings.ledger, Request.DECIDE, [photo], {"decision": "original"})
    world.once()


def test_an_output_stays_for_a_source_that_has_yet_to_fetch_it_and_is_away(world: Sources) -> None:
    world.knobs["on_delete"] = OnDelete.DELETE
    for source in "ab":
        world.put_in(source, "1.jpg", blurred("both"))
        world.put_in(source, "2.jpg", blurred(source))
    world.run(a="1", b="2")
    (world.root / "a").rename(world.root / "away")
    (world.root / "a").mkdir()
    world.run(a="2", b="1")
    (world.root / "b/1.jpg").unlink()
    gone(world)
    (world.root / "a").rmdir()
    (world.root / "away").rename(world.root / "a")
    world.engine.given.clear()
    gone(world)
    assert world.standing("2")["1.jpg"] == restored("both")
    assert world.engine.given[blurred("both")] == 0


def gone(world: Sources) -> None:
    """Time for what was deleted to be taken for deleted."""
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
