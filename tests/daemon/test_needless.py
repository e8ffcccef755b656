"""Work that need not be, and outputs that are no longer gpend's: what was only touched, rated, deleted, or switched."""

import io
import os
import shutil
from pathlib import Path

import numpy as np
import piexif
import pytest
from PIL import Image

from gpend import reports
from gpend.core.formats.jpeg import container
from gpend.core.formats.jpeg.segments import APP1, COM, packed
from gpend.core.report import Outcome, Restored
from gpend.core.same_picture import digest
from gpend.ledger import Fingerprint, Ledger, Request, State
from gpend.settings import FolderSettings
from tests.photos import jpeg
from tests.world import BLURRED, RESTORED, SHARP, World, sha256

MANY = 80
RATED = RESTORED + b", five stars"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def put_many(world: World, text: bytes = b"") -> None:
    for number in range(MANY):
        world.put(f"{number}.jpg", BLURRED + str(number).encode() + text)


def touch(world: World) -> None:
    for path in world.source.rglob("*.jpg"):
        os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**10))


def runs(world: World) -> int:
    return world.engine.given.total()


def brake_of(world: World) -> str | None:
    (folder,) = reports.status(world.settings.ledger).folders
    return folder.waits_for_confirmation


def test_a_touch_of_everything_is_no_mass_change(world: World) -> None:
    put_many(world)
    world.once()
    touch(world)
    world.once()
    assert runs(world) == MANY
    assert brake_of(world) is None
    assert world.row("7.jpg").state is State.RESTORED
    assert (world.output / "7.jpg").stat().st_mtime_ns == (world.source / "7.jpg").stat().st_mtime_ns


def test_a_mass_change_is_held_before_the_first_of_it_is_done(world: World) -> None:
    put_many(world)
    world.once()
    before = world.outputs()
    put_many(world, b", edited")
    world.once()
    assert runs(world) == MANY
    assert world.outputs() == before
    assert "Nothing was done yet." in (brake_of(world) or "")


@pytest.mark.usefixtures("in_nepal")
def test_why_says_of_a_held_photo_that_it_is_held_since_when_and_what_frees_it(world: World) -> None:
    put_many(world)
    world.once()
    put_many(world, b", edited")
    world.once()
    history = reports.history(world.settings.ledger, world.source / "7.jpg")
    assert history is not None
    assert history.held is not None
    assert "held since 2023-11-15 0" in history.held
    assert "`gpend confirm` frees it" in history.held
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    world.once()
    history = reports.history(world.settings.ledger, world.source / "7.jpg")
    assert history is not None
    assert (history.state, history.held) == ("restored", None)
    assert runs(world) == 2 * MANY


def test_what_was_done_before_a_mass_change_was_noticed_is_said(world: World) -> None:
    put_many(world)
    world.once()
    for number in range(2):
        world.put(f"{number}.jpg", BLURRED + b", edited" + str(number).encode())
    world.once()
    for number in range(2, MANY):
        world.put(f"{number}.jpg", BLURRED + b", edited" + str(number).encode())
    world.once()
    assert "2 of them were seen to before that was noticed" in (brake_of(world) or "")


def test_an_output_that_a_gallery_rated_stays_and_so_does_its_photo(world: World) -> None:
    photo = world.put("a.jpg")
    world.once()
    (world.output / "a.jpg").write_bytes(RATED)
    for _ in range(2):
        touch(world)
        world.once()
        row = world.row("a.jpg")
        assert row.state is State.RESTORED
        assert row.reason == "one face was restored; the output was changed by somebody; left alone"
    Ledger.request(world.settings.ledger, Request.RETRY, [photo])
    world.once()
    assert world.row("a.jpg").state is State.RESTORED
    assert world.outputs() == {"a.jpg": RATED}
    assert runs(world) == 1


def test_an_output_that_was_deleted_by_somebody_comes_back_only_when_they_ask(world: World) -> None:
    photo = world.put("a.jpg")
    world.once()
    (world.output / "a.jpg").unlink()
    touch(world)
    world.once()
    assert world.outputs() == {}
    assert world.row("a.jpg").reason == "one face was restored; you removed the output; it is not made again"
    Ledger.request(world.settings.ledger, Request.RETRY, [photo])
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    assert world.row("a.jpg").reason == "one face was restored"


@pytest.mark.parametrize("keep", ["none", "library"])
@pytest.mark.parametrize("name", ["a.jpg", "film.mp4"])
def test_an_output_that_was_deleted_by_somebody_stays_so_where_its_photo_is_moved(
    tmp_path: Path, name: str, keep: str
) -> None:
    world = World(tmp_path, knobs={"keep": keep})
    photo = world.put(name)
    world.put("b.jpg", SHARP)
    world.once()
    (world.output / name).unlink(missing_ok=True)
    mirrored = world.outputs()
    moved = world.source / "holiday" / name
    moved.parent.mkdir()
    photo.rename(moved)
    for _ in range(3):
        world.once()
        world.clock.pass_by(60)
    assert world.outputs() == mirrored
    if name == "a.jpg" or keep == "library":
        assert world.row(f"holiday/{name}").reason.endswith("; you removed the output; it is not made again")
        Ledger.request(world.settings.ledger, Request.RETRY, [moved])
        world.once()
        assert set(world.outputs()) == {*mirrored, f"holiday/{name}"}


def test_a_photo_whose_output_was_deleted_is_set_aside_where_other_photos_have_all_names_for_one(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, knobs={"keep": "copy"})
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.put("b.png.jpg", SHARP + b", another")
    world.once()
    (world.output / "a.jpg").unlink()
    mirrored = world.outputs()
    photo.rename(world.source / "b.png")
    for _ in range(3):
        world.once()
        world.clock.pass_by(60)
    assert world.outputs() == mirrored
    assert world.row("b.png").state is State.FAILED
    assert "Rename one of the two photos." in world.row("b.png").reason


def test_a_deleted_output_that_somebody_asked_for_is_made_also_where_its_photo_was_moved_meanwhile(
    world: World,
) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    (world.output / "a.jpg").unlink()
    Ledger.request(world.settings.ledger, Request.RETRY, [photo])
    photo.rename(world.source / "c.jpg")
    for _ in range(3):
        world.once()
        world.clock.pass_by(60)
    assert world.outputs() == {"c.jpg": RESTORED}


def test_a_ledger_that_names_the_way_to_its_folders_with_detours_knows_them_still(world: World) -> None:
    (world.root / "etc").mkdir()
    source, output = (world.root / "etc" / ".." / each.name for each in (world.source, world.output))
    world.knobs["folders"] = (FolderSettings(source=source, output=output),)  # as gpend read them before
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    (world.output / "a.jpg").unlink()
    world.knobs.clear()
    for _ in range(3):
        world.once()
        world.clock.pass_by(60)
        os.utime(photo)
    assert world.outputs() == {}
    assert runs(world) == 2


def test_an_output_that_was_moved_as_its_photo_was_is_the_photos(world: World) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    for path in (photo, world.output / "a.jpg"):
        (path.parent / "holiday").mkdir()
        path.rename(path.parent / "holiday" / "a.jpg")
    for _ in range(3):
        world.once()
        world.clock.pass_by(60)
    assert world.outputs() == {"holiday/a.jpg": RESTORED}
    assert "removed" not in world.row("holiday/a.jpg").reason
    assert runs(world) == 2


def test_an_output_that_still_tells_of_gpend_after_an_edit_is_left_alone_as_well(world: World) -> None:
    world.engine.process = as_engine_would
    photo = world.put("a.jpg", jpeg(np.zeros((32, 32, 3), np.uint8)))
    world.once()
    output = world.output / "a.jpg"
    rated = with_rating(output.read_bytes())
    output.unlink()  # as those do who write a new file, in which gpend's attribute is not
    output.write_bytes(rated)
    os.utime(output, ns=(1, photo.stat().st_mtime_ns))
    touch(world)
    world.once()
    assert "the output was changed by somebody; left alone" in world.row("a.jpg").reason
    world.put("a.jpg", jpeg(np.full((32, 32, 3), 99, np.uint8)))
    world.once()
    assert world.outputs() == {"a.jpg": rated}


@pytest.mark.parametrize("is_asked", [True, False], ids=["asked for again", "photo edited"])
def test_what_was_edited_before_the_ledger_was_lost_is_never_written_over(world: World, is_asked: bool) -> None:  # noqa: FBT001  # drawn
    world.engine.process = as_engine_would
    photo = world.put("a.jpg", jpeg(np.zeros((32, 32, 3), np.uint8)))
    world.once()
    output = world.output / "a.jpg"
    rated = with_rating(output.read_bytes())
    output.unlink()
    output.write_bytes(rated)
    os.utime(output, ns=(1, photo.stat().st_mtime_ns))  # by somebody who keeps times
    world.settings.ledger.unlink()
    world.once()
    assert world.row("a.jpg").state is State.RESTORED
    assert world.outputs() == {"a.jpg": rated}
    if is_asked:
        Ledger.request(world.settings.ledger, Request.RETRY, [photo])
    else:
        world.put("a.jpg", jpeg(np.full((32, 32, 3), 99, np.uint8)))
    world.clock.pass_by(60)
    world.once()
    (kept,) = [each for name, each in world.outputs().items() if name.startswith(".gpend-trash/")]
    assert kept == rated
    assert world.outputs()["a.jpg"] != rated
    assert not world.row("a.jpg").is_output_unproved


def test_a_copy_that_somebody_changed_or_deleted_is_left_so_too(tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"keep": "copy"})
    world.put("a.jpg", SHARP)
    world.put("b.jpg", SHARP + b" b")
    world.once()
    (world.output / "a.jpg").write_bytes(SHARP + b", rated")
    (world.output / "b.jpg").unlink()
    touch(world)
    world.once()
    assert world.outputs() == {"a.jpg": SHARP + b", rated"}
    assert {world.row("a.jpg").state, world.row("b.jpg").state} == {State.KEPT}


def test_a_photo_that_came_back_gets_its_output_though_that_was_deleted_meanwhile(tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"on_delete": "keep"})
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()
    for _ in range(3):
        world.once()
        world.clock.pass_by(60)
    assert world.row("a.jpg").state is State.GONE
    (world.output / "a.jpg").unlink()
    world.put("a.jpg")
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}


class Switched(World):
    """The output is another folder."""

    @property
    def output(self) -> Path:
        """As in World."""
        return self.root / "elsewhere"


def test_an_output_that_was_switched_to_an_empty_folder_is_filled_from_the_old_one(world: World) -> None:
    put_many(world)
    world.put("sharp.jpg", SHARP)
    world.once()
    old = world.outputs()
    switched = Switched(world.root, world.engine, world.clock)
    switched.once()
    assert switched.outputs() == old == world.outputs()
    assert runs(world) == MANY + 1
    assert brake_of(switched) is None


def test_if_the_old_output_is_not_there_any_more_the_brake_asks(world: World) -> None:
    put_many(world)
    world.once()
    shutil.rmtree(world.output)
    switched = Switched(world.root, world.engine, world.clock)
    switched.once()
    assert runs(world) == MANY
    assert f"{MANY} changed" in (brake_of(switched) or "")
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    switched.once()
    assert len(switched.outputs()) == MANY
    assert runs(world) == 2 * MANY


def test_an_old_output_that_was_moved_to_the_new_place_is_found_there(world: World) -> None:
    put_many(world)
    world.once()
    world.output.rename(world.root / "elsewhere")
    Switched(world.root, world.engine, world.clock).once()
    assert runs(world) == MANY


def test_what_was_judged_with_other_settings_is_judged_again_when_somebody_asks(world: World) -> None:
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    world.fingerprint = Fingerprint("fake", "d2", "0.1.0")
    world.once()
    assert runs(world) == 2
    Ledger.request(world.settings.ledger, Request.REJUDGE)
    world.once()
    assert runs(world) == 4
    assert {world.row("a.jpg").fingerprint, world.row("b.jpg").fingerprint} == {world.fingerprint}


def as_engine_would(photo: bytes) -> Outcome:
    """A restoration that only changes the picture of a JPEG."""
    read = container.header(photo)
    pixels = container.decode(photo, read).pixels.copy()
    changed = np.zeros(pixels.shape[:2], np.bool_)
    pixels[:16, :16], changed[:16, :16] = 255 - pixels[:16, :16], True
    told = f"gpend: faces restored with fake 1 from SHA-256 {sha256(photo)}"
    return Restored(container.encode(photo, read, pixels, changed, told).photo, "", "one face was restored", (), ())


def with_rating(photo: bytes) -> bytes:
    """Rewritten as exiftool does it, with one more comment."""
    return photo[:2] + packed(COM, b"five stars") + photo[2:]


def test_photos_of_which_only_the_metadata_were_edited_cost_no_engine_and_no_question(world: World) -> None:
    world.engine.process = as_engine_would
    rng = np.random.default_rng(0)
    photos = {f"{number}.jpg": jpeg(rng.integers(0, 255, (32, 32, 3), np.uint8)) for number in range(MANY)}
    for name, photo in photos.items():
        world.put(name, photo)
    world.once()
    before = world.outputs()
    assert len(before) == MANY
    for name, photo in photos.items():
        world.put(name, with_rating(photo))
    world.once()
    assert runs(world) == MANY
    assert brake_of(world) is None
    for name, output in world.outputs().items():
        assert digest(output) == digest(before[name])
        assert b"five stars" in output
    row = world.row("7.jpg")
    assert (row.state, row.content) == (State.RESTORED, sha256(with_rating(photos["7.jpg"])))
    touch(world)
    world.once()
    assert runs(world) == MANY


def test_a_rated_output_of_a_photo_whose_metadata_were_edited_too_is_left_alone(world: World) -> None:
    world.engine.process = as_engine_would
    photo = jpeg(np.zeros((32, 32, 3), np.uint8))
    world.put("a.jpg", photo)
    world.once()
    (world.output / "a.jpg").write_bytes(RATED)
    world.put("a.jpg", with_rating(photo))
    world.once()
    assert (world.row("a.jpg").state, world.outputs(), runs(world)) == (State.RESTORED, {"a.jpg": RATED}, 1)


def test_a_photo_that_needed_nothing_needs_nothing_after_an_edit_of_its_metadata_either(tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"keep": "copy"})
    photo = jpeg(np.zeros((32, 32, 3), np.uint8))
    world.put("a.jpg", photo)
    world.once()
    world.put("a.jpg", with_rating(photo))
    world.once()
    assert (world.row("a.jpg").state, world.outputs()) == (State.KEPT, {"a.jpg": with_rating(photo)})
    assert runs(world) == 1


def test_a_photo_without_a_face_that_is_turned_afterwards_is_looked_at_again(world: World) -> None:
    photo = jpeg(np.zeros((32, 32, 3), np.uint8))
    world.put("a.jpg", photo)
    world.once()
    world.put("a.jpg", photo[:2] + packed(APP1, piexif.dump({"0th": {piexif.ImageIFD.Orientation: 6}})) + photo[2:])
    world.once()
    assert (world.row("a.jpg").state, runs(world)) == (State.KEPT, 2)


def test_a_photo_in_inks_is_recorded_like_any_other_and_disturbs_none(world: World) -> None:
    out = io.BytesIO()
    Image.new("CMYK", (32, 32)).save(out, "JPEG")
    world.put("a.jpg", out.getvalue())
    world.put("b.jpg")
    world.once()
    assert [world.row(name).state for name in ("a.jpg", "b.jpg")] == [State.KEPT, State.RESTORED]
