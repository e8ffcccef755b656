"""Single photos on request, with the shipped networks."""

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpend.cli import single
from gpend.cli.group import with_strength
from gpend.cli.single import Replace
from gpend.core.formats.unwritten import NEVER_WRITTEN
from gpend.core.networks import Networks
from gpend.core.photo import Face
from gpend.errors import FatalError
from gpend.intake import reading
from gpend.settings import CoreSettings, Settings, TriageSettings
from tests.fakes import FakeDetector, FakeRestorer

SETTINGS = Settings()


@pytest.fixture
def blurred(samples: Path, tmp_path: Path) -> Path:
    """The blurred sample in a folder of its own, with a time of its own."""
    (tmp_path / "in").mkdir()
    photo = tmp_path / "in" / "blurred.jpg"
    shutil.copyfile(samples / "portrait-blurred.jpg", photo)
    os.utime(photo, (1_000_000_000, 1_000_000_000))
    return photo


def test_a_blurred_photo_is_restored_into_a_new_file_with_its_time_and_nothing_else_is_touched(
    blurred: Path, networks: Networks, tmp_path: Path
) -> None:
    before = blurred.read_bytes()
    answer = single.restore(blurred, tmp_path / "new" / "out.jpg", networks, SETTINGS)
    assert (answer.outcome, answer.output) == ("restored", tmp_path / "new" / "out.jpg")
    assert blurred.read_bytes() == before
    assert answer.output is not None
    assert answer.output.stat().st_mtime == 1_000_000_000
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["out.jpg"]


def test_restoring_again_replaces_what_gpend_wrote_if_asked(blurred: Path, networks: Networks, tmp_path: Path) -> None:
    first = single.restore(blurred, tmp_path / "out.jpg", networks, SETTINGS)
    again = single.restore(blurred, tmp_path / "out.jpg", networks, SETTINGS, Replace.ALL)
    assert again == first


def test_nothing_earlier_is_replaced_unasked(blurred: Path, networks: Networks, tmp_path: Path) -> None:
    first = single.restore(blurred, tmp_path / "out.jpg", networks, SETTINGS)
    assert first.output is not None
    before = first.output.stat().st_ino
    again = single.restore(blurred, tmp_path / "out.jpg", networks, SETTINGS)
    assert (again.outcome, again.output) == ("kept", None)
    assert "--force" in again.reason
    edited = tmp_path / "edited.jpg"
    edited.write_bytes(blurred.read_bytes() + b"\0")
    other = single.restore(edited, tmp_path / "out.jpg", networks, SETTINGS)
    assert other.outcome == "failed"
    assert "gpend made it of another photo" in other.reason
    assert first.output.stat().st_ino == before
    assert single.restore(edited, tmp_path / "out.jpg", networks, SETTINGS, Replace.ALL).outcome == "restored"


def test_another_strength_is_another_result_and_takes_the_place_of_one_that_nobody_has_changed(
    blurred: Path, networks: Networks, tmp_path: Path
) -> None:
    place, weaker = tmp_path / "out.jpg", with_strength(SETTINGS, 0.5)
    single.restore(blurred, place, networks, SETTINGS)
    first = place.read_bytes()
    other = single.restore(blurred, place, networks, weaker, Replace.OTHER_SETTINGS)
    second = place.read_bytes()
    assert (other.outcome, other.output, second != first) == ("restored", place, True)
    again = single.restore(blurred, place, networks, weaker, Replace.OTHER_SETTINGS)
    assert (again.outcome, "--force" in again.reason) == ("kept", True)  # a folder that was interrupted goes on
    edited = second[:2] + b"\xff\xfe\x00\x06mine" + second[2:]
    place.write_bytes(edited)
    kept = single.restore(blurred, place, networks, SETTINGS, Replace.OTHER_SETTINGS)
    assert (kept.outcome == "restored", place.read_bytes()) == (False, edited)


def test_a_photo_goes_through_as_it_is_where_it_needs_nothing(
    blurred: Path, samples: Path, networks: Networks, tmp_path: Path
) -> None:
    answer, photo = single.piped(blurred, networks, SETTINGS)
    assert answer.outcome == "restored"
    assert photo not in (b"", blurred.read_bytes())
    sharp = samples / "portrait-sharp.jpg"
    assert single.piped(sharp, networks, SETTINGS)[1] == sharp.read_bytes()
    answer, photo = single.piped(tmp_path / "none.jpg", networks, SETTINGS)
    assert (answer.outcome, photo) == ("failed", b"")


def test_what_gpend_restored_is_not_restored_again(blurred: Path, networks: Networks, tmp_path: Path) -> None:
    made = single.restore(blurred, tmp_path / "out.jpg", networks, SETTINGS).output
    assert made is not None
    again = single.restore(made, tmp_path / "again.jpg", networks, SETTINGS)
    assert (again.outcome, again.output) == ("kept", None)
    assert "already" in again.reason
    assert not (tmp_path / "again.jpg").exists()


def test_a_file_that_gpend_did_not_write_is_left_alone(blurred: Path, networks: Networks, tmp_path: Path) -> None:
    (tmp_path / "out.jpg").write_bytes(b"mine")
    answer = single.restore(blurred, tmp_path / "out.jpg", networks, SETTINGS)
    assert (answer.outcome, answer.output) == ("failed", None)
    assert "was not written by gpend" in answer.reason
    assert (tmp_path / "out.jpg").read_bytes() == b"mine"


def test_a_sharp_photo_is_not_written(samples: Path, networks: Networks, tmp_path: Path) -> None:
    answer = single.restore(samples / "portrait-sharp.jpg", tmp_path / "out.jpg", networks, SETTINGS)
    assert (answer.outcome, answer.output) == ("kept", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["none.jpg", "folder.jpg", "pipe.jpg", "text.jpg", "empty.jpg"])
def test_what_is_no_photo_fails_with_a_reason_and_holds_nothing_up(
    name: str, networks: Networks, tmp_path: Path
) -> None:
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "text.jpg").write_text("Dear Ada, this is a letter.")
    (tmp_path / "empty.jpg").touch()
    for answer in (
        single.restore(tmp_path / name, tmp_path / "out.jpg", networks, SETTINGS),
        single.score(tmp_path / name, networks, SETTINGS),
    ):
        assert answer.outcome == "failed"
        assert answer.reason
    assert not (tmp_path / "out.jpg").exists()


def test_a_photo_of_which_a_part_was_never_written_is_not_restored(
    blurred: Path, networks: Networks, tmp_path: Path
) -> None:
    reserved, content = tmp_path / "reserved.jpg", blurred.read_bytes()
    with reserved.open("wb") as file:
        file.write(content[:8192])
        file.seek(16_384)
        file.write(content[16_384:])
    if reading.read(reserved).hole is None:
        pytest.skip("this file system does not tell unwritten space from data")
    for answer in (
        single.restore(reserved, tmp_path / "out.jpg", networks, SETTINGS),
        single.score(reserved, networks, SETTINGS),
    ):
        assert (answer.outcome, answer.reason) == ("failed", NEVER_WRITTEN)


def test_a_score_tells_faces_verdicts_and_reasons_as_json(samples: Path, networks: Networks) -> None:
    scored = [
        single.score(samples / name, networks, SETTINGS).as_data()
        for name in ("portrait-blurred.jpg", "portrait-sharp.jpg", "no-faces.jpg")
    ]
    told = json.loads(json.dumps(scored))
    assert [(photo["outcome"], len(photo["faces"]) > 0) for photo in told] == [
        ("restored", True),
        ("kept", True),
        ("kept", False),
    ]
    assert set(told[0]) == {"photo", "outcome", "reason", "faces"}
    assert set(told[0]["faces"][0]) == {"box", "score", "sharpness", "verdict", "reason", "terms"}
    assert "strength" in told[0]["faces"][0]["terms"]
    assert told[0]["faces"][0]["sharpness"] < told[1]["faces"][0]["sharpness"]


def test_of_its_own_work_a_score_says_that_it_is_left_as_it_is_beside_its_faces(
    blurred: Path, networks: Networks, tmp_path: Path
) -> None:
    restored = single.restore(blurred, tmp_path / "out.jpg", networks, SETTINGS).output
    assert restored is not None
    again = single.restore(restored, tmp_path / "again.jpg", networks, SETTINGS)
    scored = single.score(restored, networks, CoreSettings(triage=TriageSettings(sharpness_threshold=1)))
    assert (scored.outcome, scored.reason) == (again.outcome, again.reason)
    assert scored.outcome == "kept"
    assert scored.faces


@pytest.mark.parametrize("unforeseen", [MemoryError(), ZeroDivisionError("by zero")])
def test_a_person_who_asked_for_one_photo_is_promised_nothing_for_later(
    unforeseen: Exception, blurred: Path, networks: Networks, tmp_path: Path
) -> None:
    def fails(image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG001 - as the protocol has it
        raise unforeseen

    broken = replace(networks, detect=fails)
    for answer in (
        single.restore(blurred, tmp_path / "out.jpg", broken, SETTINGS),
        single.score(blurred, broken, SETTINGS),
    ):
        assert answer.outcome == "failed"
        assert not re.search("again|aside|later", answer.reason)


def test_outputs_are_named_after_their_photos_unless_one_is_given(tmp_path: Path) -> None:
    photos = [Path("a/x.jpg"), Path("b/y.png")]
    assert single.targets(photos, None, tmp_path) == [tmp_path / "output_x.jpg", tmp_path / "output_y.png"]
    assert single.targets(photos, tmp_path / "new", tmp_path) == [tmp_path / "new/x.jpg", tmp_path / "new/y.png"]
    assert single.targets(photos[:1], tmp_path / "z.jpg", tmp_path) == [tmp_path / "z.jpg"]
    assert single.targets(photos[:1], tmp_path, tmp_path) == [tmp_path / "x.jpg"]


def test_an_output_without_an_ending_is_a_folder_though_there_is_but_one_photo(tmp_path: Path) -> None:
    assert single.targets([Path("a/x.jpg")], tmp_path / "restored", tmp_path) == [tmp_path / "restored" / "x.jpg"]
    assert single.targets([Path("a/x.jpg")], tmp_path / "y.jpg", tmp_path) == [tmp_path / "y.jpg"]


def test_several_photos_are_not_put_into_one_file(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").touch()
    with pytest.raises(FatalError, match="names a folder"):
        single.targets([Path("a/x.jpg"), Path("a/y.jpg")], tmp_path / "one.jpg", tmp_path)


def test_two_photos_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="Several of the photos"):
        single.targets([Path("a/x.jpg"), Path("b/x.jpg")], None, tmp_path)


def test_a_photo_is_not_written_over_itself_by_whatever_name(blurred: Path, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(blurred)
    os.link(blurred, tmp_path / "second.jpg")
    for place in (blurred, tmp_path / "link.jpg", tmp_path / "second.jpg", blurred.parent):
        with pytest.raises(FatalError, match="never writes over its input"):
            single.targets([blurred], place, tmp_path)


@pytest.mark.parametrize(("name", "instead"), [("x.png", "x.jpg"), ("x.heic", "x.jpg"), ("x.old", "x.old.jpg")])
def test_a_name_that_asks_for_another_format_is_refused_with_the_right_one(
    name: str, instead: str, blurred: Path, tmp_path: Path
) -> None:
    answer = single.restore(blurred, tmp_path / name, Networks(FakeDetector(), FakeRestorer()), SETTINGS)
    assert (answer.outcome, answer.output) == ("failed", None)
    assert f"-o {instead} " in answer.reason
    assert not list(tmp_path.glob("x*"))


def test_a_photo_under_another_formats_name_is_written_under_its_own(
    blurred: Path, networks: Networks, tmp_path: Path
) -> None:
    misnamed = tmp_path / "photo.jpg"
    with Image.open(blurred) as image:
        image.save(misnamed, "PNG")
    (target,) = single.targets([misnamed], None, tmp_path)
    assert target.name == "output_photo.png"
    for place in (target, tmp_path / "output_photo.jpg"):
        answer = single.restore(misnamed, place, networks, SETTINGS, Replace.ALL)
        assert answer.output == tmp_path / "output_photo.png"
        assert target.read_bytes().startswith(b"\x89PNG")


def test_a_heic_and_a_jpeg_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    photos = [tmp_path / "a" / "IMG_1.HEIC", tmp_path / "a" / "IMG_1.jpg"]
    (tmp_path / "a").mkdir()
    photos[0].write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    photos[1].write_bytes(b"\xff\xd8\xff")
    places = single.targets(photos, tmp_path / "new", tmp_path)
    assert [place.name for place in places] == ["IMG_1.HEIC.jpg", "IMG_1.jpg"]


def test_a_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "output_x.jpg").mkdir()
    with pytest.raises(FatalError, match="is a folder"):
        single.targets([Path("x.jpg")], None, tmp_path)


def test_a_photo_of_a_kind_that_is_kept_is_no_failure(tmp_path: Path) -> None:
    photo = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(photo, save_all=True, append_images=frames[1:])
    fakes = Networks(FakeDetector(), FakeRestorer())
    answer = single.score(photo, fakes, SETTINGS)
    assert (answer.outcome, answer.faces) == ("kept", ())
    assert answer.reason
