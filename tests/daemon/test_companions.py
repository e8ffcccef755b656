"""What comes with photos, or wrapped around them: sidecars, the films of Live Photos, WeChat's .dat files."""

from pathlib import Path

import pytest

from gpend.ledger import Ledger, State
from gpend.settings import FolderSettings, Keep
from tests.world import BLURRED, RESTORED, SHARP, World

EDIT = b"<xmp>a crop, not much, but it is mine</xmp>"
JPEG = b"\xff\xd8\xff a photo, blurred, as large as this \xff\xd9"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, knobs={"keep": Keep.COPY})


def counts(world: World) -> dict[State, int]:
    with Ledger.read_only(world.settings.ledger) as records:
        return {state: count for state, count in records.counts().items() if count}


def test_sidecars_go_where_their_photo_goes_and_are_not_counted_as_photos(world: World) -> None:
    world.put("b/IMG_1.jpg")
    for name in ("IMG_1.xmp", "IMG_1.AAE", "IMG_1.jpg.json", "IMG_1.MOV"):
        world.put(f"b/{name}", EDIT + name.encode())
    world.once()
    assert set(world.outputs()) == {f"b/IMG_1.{ending}" for ending in ("jpg", "xmp", "AAE", "jpg.json", "MOV")}
    assert counts(world) == {State.RESTORED: 1}


@pytest.mark.parametrize(
    "name",
    ["IMG_1.Mov", "IMG_1.b.Xmp", "IMG_1.b.jpg.Json", "IMG_1.b.jpg.supplemental-metad.json", "IMG_1.b.suppl.json"],
)
def test_a_sidecar_is_mirrored_at_once_however_its_ending_is_written(world: World, name: str) -> None:
    world.put("b/IMG_1.b.jpg")
    world.put(f"b/{name}", EDIT)
    world.once()
    assert set(world.outputs()) == {"b/IMG_1.b.jpg", f"b/{name}"}


OTHER_CASE = ["img_6.mov", "Img_6.xmp", "IMG_6.jpg.json", "img_6.Jpg.AAE", "img_6.jpg.Suppl.json"]


@pytest.mark.parametrize("keep", [Keep.COPY, Keep.HARDLINK])
@pytest.mark.parametrize("is_late", [True, False])
@pytest.mark.parametrize("name", OTHER_CASE)
def test_a_sidecar_goes_with_its_photo_whatever_the_case_of_their_names(
    world: World, name: str, keep: Keep, *, is_late: bool
) -> None:
    world.knobs["keep"] = keep
    world.put("IMG_6.xmp.txt", b"not beside them, and no sidecar either")
    world.put(f"b/{name}" if is_late else "b/IMG_6.JPG")
    world.once()
    world.put("b/IMG_6.JPG")
    world.put(f"b/{name}", EDIT)
    world.once()
    assert set(world.outputs()) == {"b/IMG_6.JPG", f"b/{name}"}
    world.put(f"b/{name}", EDIT + b"2")
    world.once()
    assert world.outputs()[f"b/{name}"] == EDIT + b"2"


def test_of_two_sidecars_that_differ_in_case_only_that_one_goes_with_a_photo_that_has_its_case(world: World) -> None:
    world.put("IMG_6.JPG")
    world.put("c/img_6.mov", EDIT)  # in another folder
    for name in ("IMG_6.MOV", "img_6.mov"):
        world.put(name, EDIT + name.encode())
    for _ in range(2):
        world.once()
        assert set(world.outputs()) == {"IMG_6.JPG", "IMG_6.MOV"}
    world.put("img_6.png", SHARP)
    world.once()
    assert set(world.outputs()) == {"IMG_6.JPG", "IMG_6.MOV", "img_6.mov", "img_6.png"}
    (world.source / "IMG_6.JPG").unlink()
    world.put("IMG_7.JPG", BLURRED + b"7")
    world.put("Img_6.mov", EDIT + b"3")  # img_6.png has its own
    world.once()
    assert "Img_6.mov" not in world.outputs()


def test_files_that_belong_to_no_photo_are_left_alone(world: World) -> None:
    world.put("film.mov", b"a film without a photo, rather long")
    world.put("notes.json", b"{} and not much more than this")
    world.put("a.jpg")
    world.once()
    assert set(world.outputs()) == {"a.jpg"}


def test_a_name_of_dots_and_an_ending_stops_nothing(world: World) -> None:
    world.put("a.jpg")
    for name in ("..xmp", "..suppl.xmp", "...json", "..jpg", "...jpg", "..heic"):
        world.put(name, BLURRED + name.encode())
    world.once()
    assert world.outputs()["a.jpg"] == RESTORED


def test_without_keep_there_are_no_sidecars(world: World) -> None:
    world.knobs["keep"] = Keep.NONE
    world.put("a.jpg")
    world.put("a.xmp", EDIT)
    world.once()
    assert set(world.outputs()) == {"a.jpg"}


def test_an_edited_sidecar_is_mirrored_again_and_a_new_one_too(world: World) -> None:
    world.put("a.jpg")
    world.put("a.xmp", EDIT)
    world.once()
    world.put("a.xmp", EDIT + b"2")
    world.put("a.aae", EDIT + b"3")
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED, "a.xmp": EDIT + b"2", "a.aae": EDIT + b"3"}
    assert world.engine.given == {BLURRED: 1}


def test_a_deleted_or_moved_sidecar_is_treated_as_a_photo_is(world: World) -> None:
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    edit = world.put("a.xmp", EDIT)
    world.once()
    (world.source / "a.jpg").rename(world.source / "c.jpg")
    edit.rename(world.source / "c.xmp")
    world.once()
    assert world.outputs() == {"b.jpg": SHARP, "c.jpg": RESTORED, "c.xmp": EDIT}
    (world.source / "c.xmp").unlink()
    world.once()
    assert set(world.outputs()) == {"b.jpg", "c.jpg", ".gpend-trash/2023-11-14/c.xmp"}


def test_switching_keep_off_leaves_what_was_mirrored(world: World) -> None:
    world.put("a.jpg", SHARP)
    world.put("a.xmp", EDIT)
    world.once()
    world.knobs["keep"] = Keep.NONE
    world.once()
    assert world.outputs() == {"a.jpg": SHARP, "a.xmp": EDIT}
    world.knobs["keep"] = Keep.COPY
    world.once()
    assert world.outputs() == {"a.jpg": SHARP, "a.xmp": EDIT}


def test_a_dat_file_of_wechat_comes_out_as_the_photo_in_it(world: World) -> None:
    world.knobs["keep"] = Keep.NONE
    wrapped = bytes(byte ^ 0x5A for byte in JPEG)
    world.put("image/0f3c.dat", wrapped)
    world.put("image/odd.dat", b"no photo at all, whatever the key")
    world.once()
    assert world.outputs() == {}
    folder = FolderSettings(source=world.source, output=world.output, wechat_dat=True)
    world.knobs["folders"] = (folder,)
    world.once()
    assert world.outputs() == {"image/0f3c.jpg": JPEG.replace(b"blurred", b"restored by gpend 0.1")}
    assert world.row("image/odd.dat").state is State.FAILED
    world.knobs["folders"] = (folder.model_copy(update={"wechat_dat": False}),)
    world.once()
    assert set(world.outputs()) == {"image/0f3c.jpg"}, "what is not looked at any more was not deleted"
