"""Commands that ask the ledger, or leave word in it."""

import json
import os
from pathlib import Path

import pytest

from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Request, Result, State, Written
from gpend.stamp import Stamp
from tests.cli import Gpend
from tests.photos import synthetic
from tests.photos_jpeg import Maker, phone_photo


def waiting(config_file: Path) -> list[tuple[Request, Path | None]]:
    with Ledger.open(config_file.parent / "state" / "ledger.sqlite") as ledger:
        return [(asked.kind, asked.path) for asked in ledger.requests.waiting()]


def test_why_tells_what_is_known_of_a_photo(gpend: Gpend, configured: Path) -> None:
    result = gpend("why", configured.parent / "in" / "bad.jpg", "--config", configured)
    assert result.exit_code == 0
    assert "bad.jpg: failed" in result.output
    told = json.loads(gpend("why", "in/bad.jpg", "--json", "--config", configured).output)
    assert (told["state"], told["reason"]) == ("failed", "there is no picture in it")


def test_why_tells_that_an_output_does_not_stand_there_any_more(gpend: Gpend, configured: Path) -> None:
    photo, output = (configured.parent / name / "good.jpg" for name in ("in", "out"))
    written = Written(Path("good.jpg"), Stamp(5, 7, 9), "a" * 64)
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        (folder,) = ledger.folders()
        id_ = ledger.photos.sight(folder.id, Found(Path("good.jpg"), Stamp(5, 7, 8), FoundBy.SCAN), 1)
        result = Result(State.RESTORED, "1 face: 1 restored", "b" * 64, Fingerprint(), None, written)
        ledger.photos.finish(id_, result, 1)
    output.parent.mkdir(exist_ok=True)
    output.touch()
    assert "not stand there" not in gpend("why", photo, "--config", configured).output
    output.unlink()
    told = gpend("why", photo, "--config", configured).output
    assert "Its output does not stand there any more. `gpend retry` with this photo makes it again." in told
    assert json.loads(gpend("why", photo, "--json", "--config", configured).output)["output_removed"] is True


def test_why_tells_with_which_camera_and_when_a_photo_was_taken(gpend: Gpend, configured: Path) -> None:
    photo = configured.parent / "in" / "bad.jpg"
    photo.parent.mkdir(exist_ok=True)
    photo.write_bytes(phone_photo(Maker.CANON, synthetic(40, 40)).photo)
    said = gpend("why", photo, "--config", configured).output
    assert "camera:        Canon Model 7" in said
    assert "lens:          back camera 5.7mm f/1.8" in said
    assert "taken:         2024-02-29 12:34:56" in said
    told = json.loads(gpend("why", photo, "--json", "--config", configured).output)
    assert (told["camera"], told["taken"]) == ("Canon Model 7", "2024-02-29 12:34:56")


def test_why_tells_it_of_a_photo_that_cannot_be_read_any_more_as_well(gpend: Gpend, configured: Path) -> None:
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        result = Result(State.KEPT, "", "a" * 64, Fingerprint(), camera="ACME Phone 9", taken=1_688_807_411)
        ledger.photos.finish(1, result, 1_700_000_000)
    said = gpend("why", configured.parent / "in" / "bad.jpg", "--config", configured).output
    assert "camera:        ACME Phone 9" in said
    assert "taken:         2023-07-08 09:10:11" in said


def test_why_tells_why_a_photo_is_not_known(gpend: Gpend, configured: Path) -> None:
    result = gpend("why", "/elsewhere/x.jpg", "--config", configured)
    assert result.exit_code == 1
    assert "It lies in no watched folder" in result.output


def test_why_says_of_a_folder_that_it_is_one(gpend: Gpend, configured: Path) -> None:
    for place in (configured.parent / "in", "out"):
        result = gpend("why", place, "--config", configured)
        assert (result.exit_code, "is a folder, with 1 photo that gpend knows. Name one photo." in result.output) == (
            2,
            True,
        )  # there was no photo in it that gpend knew, it said
    (configured.parent / "in" / "empty").mkdir()
    result = gpend("why", "in/empty", "--config", configured)
    assert (result.exit_code, "There is no photo in it" in result.output) == (1, True)


def test_one_photo_is_told_as_one(gpend: Gpend, configured: Path) -> None:
    assert "The one photo there is, is tried again" in gpend("retry", "--all", "--config", configured).output


def test_retry_asks_for_the_photos_named_or_for_all_that_failed(gpend: Gpend, configured: Path) -> None:
    assert gpend("retry", "in/bad.jpg", "--config", configured).exit_code == 0
    assert gpend("retry", "--config", configured).exit_code == 0
    assert waiting(configured) == [(Request.RETRY, configured.parent / "in" / "bad.jpg"), (Request.RETRY, None)]


def test_where_nothing_failed_retry_says_so_and_asks_for_nothing(gpend: Gpend, configured: Path) -> None:
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        ledger.photos.finish(1, Result(State.KEPT, "no faces found", "a" * 64, Fingerprint()), 1_700_000_000)
    assert "Nothing was set aside, so nothing was changed." in gpend("retry", "--config", configured).output
    assert waiting(configured) == []


def test_retry_takes_a_folder_for_all_photos_below_it(gpend: Gpend, configured: Path, tmp_path: Path) -> None:
    result = gpend("retry", "in", "--config", configured)
    assert (result.exit_code, "It is tried again" in result.output) == (0, True)
    with Ledger.open(tmp_path / "state" / "ledger.sqlite") as ledger:
        assert [asked.path for asked in ledger.requests.waiting()] == [tmp_path / "in"]
    (tmp_path / "in" / "empty").mkdir()
    result = gpend("retry", "in/empty", "--config", configured)
    assert result.exit_code == 2
    assert "no photo in it" in result.output


def test_retry_refuses_a_photo_of_no_watched_folder_and_asks_for_none(gpend: Gpend, configured: Path) -> None:
    result = gpend("retry", "in/bad.jpg", "/elsewhere/x.jpg", "--config", configured)
    assert result.exit_code == 2
    assert "It lies in no watched folder" in result.output
    assert waiting(configured) == []


def test_retry_refuses_a_photo_that_is_not_known_and_says_why(gpend: Gpend, configured: Path) -> None:
    result = gpend("retry", "in/absent.jpg", "--config", configured)
    assert result.exit_code == 2
    assert "There is no such file. Nothing was changed." in result.output
    assert waiting(configured) == []


def test_confirm_leaves_word_for_the_daemon(gpend: Gpend, configured: Path) -> None:
    with Ledger.open(configured.parent / "state" / "ledger.sqlite", 1) as ledger:
        folder = next(iter(ledger.folders()))
        ledger.sources.brake(folder.id, "60 of 100 photos have vanished", 1)
    assert gpend("confirm", "--config", configured).exit_code == 0
    assert waiting(configured) == [(Request.CONFIRM, None)]


def test_a_confirmation_is_never_kept_for_what_may_come(gpend: Gpend, configured: Path) -> None:
    result = gpend("confirm", "--config", configured)
    assert result.exit_code == 0
    assert "Nothing waits" in result.output
    assert waiting(configured) == []


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("The source folder /srv/photos cannot be read: it is not there.", []),
        (
            "Another folder than before stands there. If it is to be filled anew, say `gpend confirm`.",
            [Request.CONFIRM],
        ),
    ],
)
def test_a_pause_is_confirmed_only_where_it_asks_for_that(
    reason: str, asked: list[Request], gpend: Gpend, configured: Path
) -> None:
    with Ledger.open(configured.parent / "state" / "ledger.sqlite", 1) as ledger:
        folder = next(iter(ledger.folders()))
        ledger.sources.pause(folder.id, reason, 1)
    assert gpend("confirm", "--config", configured).exit_code == 0
    assert [kind for kind, _ in waiting(configured)] == asked


def test_a_photo_that_may_not_be_read_can_be_asked_about(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (configured.parent / "in" / "bad.jpg").touch()
    monkeypatch.setattr(os, "access", lambda place, *_, **__: Path(place).name != "bad.jpg")
    assert "there is no picture in it" in gpend("why", "in/bad.jpg", "--config", configured).output


def test_a_changed_threshold_says_what_it_concerns_and_retry_takes_it_up(gpend: Gpend, configured: Path) -> None:
    folder = configured.parent
    with Ledger.open(folder / "state" / "ledger.sqlite") as ledger:
        pair = ledger.folders()[0].id
        photo = ledger.photos.sight(pair, Found(Path("good.jpg"), Stamp(1, 2, 3), FoundBy.SCAN), 1)
        ledger.photos.finish(
            photo, Result(State.KEPT, "sharp", "a" * 64, Fingerprint("gpen-256", "before", "0.1.0")), 2
        )
    said = gpend("status", "--config", configured).output
    assert "1 photo was judged with other settings: gpend retry --judged-with-other-settings" in said
    assert "1 photo is judged again" in gpend("retry", "--judged-with-other-settings", "--config", configured).output
    assert waiting(configured) == [(Request.REJUDGE, None)]
    refused = gpend("retry", "--judged-with-other-settings", "in/bad.jpg", "--config", configured)
    assert refused.exit_code == 2


def test_a_film_alone_that_was_set_aside_is_counted_and_tried_again(gpend: Gpend, configured: Path) -> None:
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        ledger.photos.finish(1, Result(State.KEPT, "no faces found", "a" * 64, Fingerprint()), 1_700_000_000)
        film = Found(Path("a.mp4"), Stamp(5, 1, 8), FoundBy.SCAN, is_sidecar=True)
        row = ledger.photos.sight(1, film, 1_700_000_000)
        ledger.photos.finish(row, Result(State.FAILED, "there is no room", "b" * 64, Fingerprint()), 1_700_000_000)
    assert "Other files: 1 set aside." in gpend("status", "--config", configured).output
    assert "What failed is tried again" in gpend("retry", "--config", configured).output
    assert waiting(configured) == [(Request.RETRY, None)]


def test_where_nothing_was_judged_with_other_settings_retry_says_so(gpend: Gpend, configured: Path) -> None:
    assert "nothing was changed" in gpend("retry", "--judged-with-other-settings", "--config", configured).output
    assert waiting(configured) == []


def _restore(config_file: Path, networks: dict[str, str], model: str = "auto") -> None:
    """Photos in the ledger, each with a face that the network restored, ten seconds after one another."""
    with Ledger.open(config_file.parent / "state" / "ledger.sqlite") as ledger:
        pair = ledger.folders()[0].id
        for second, (name, network) in enumerate(networks.items()):
            photo = ledger.photos.sight(pair, Found(Path(name), Stamp(1, 2, 3), FoundBy.SCAN), 1)
            facts = {"faces": [{"verdict": "restored", "network": network} if network else {"verdict": "restored"}]}
            result = Result(State.RESTORED, "told", "a" * 64, Fingerprint(model, "d", "0.1.0"), facts)
            ledger.photos.finish(photo, result, 1000 + 10 * second)


def test_what_a_smaller_network_made_is_made_again_once_a_person_who_knows_how_much_it_is_agrees(
    gpend: Gpend, configured: Path
) -> None:
    small = {f"{number}.jpg": "gpen-256 (670ae8dc)" for number in range(6)}
    _restore(configured, small | {"large.jpg": "GPEN-BFR-512 (f1002c41)", "other.jpg": "gpen-256-mine (00000000)"})
    _restore(configured, {"before.jpg": ""}, "gpen-256")
    said = ("retry", "--made-with", "gpen-256", "--config", configured)
    unanswered = gpend(*said)
    asked = unanswered.output
    assert (unanswered.exit_code, "With --yes nothing is asked." in asked) == (2, True)  # it ended as if it were done
    assert "7 photos were restored with gpen-256. That took about 58 s; a larger network takes longer." in asked
    assert waiting(configured) == []
    assert gpend(*said, "--yes").exit_code == 0
    wanted = {configured.parent / "in" / name for name in [*small, "before.jpg"]}
    assert {path for kind, path in waiting(configured) if kind is Request.RETRY} == wanted
    assert "No photo was restored with x" in gpend("retry", "--made-with", "x", "--config", configured).output
    assert gpend(*said, "in/1.jpg").exit_code == 2
    assert gpend("retry", "in/1.jpg", "--yes", "--config", configured).exit_code == 2  # it answers nothing


@pytest.fixture
def album(configured: Path) -> Path:
    """The configuration, with photos of one name in two folders, one of which was set aside."""
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        pair = ledger.folders()[0].id
        for name, state in (("2019/IMG_1.jpg", State.KEPT), ("2020/img_1.JPG", State.FAILED)):
            photo = ledger.photos.sight(pair, Found(Path(name), Stamp(1, 2, 3), FoundBy.SCAN), 1)
            ledger.photos.finish(photo, Result(state, "told", "a" * 64, Fingerprint()), 2)
    return configured


@pytest.mark.parametrize("said", [("retry",), ("decide", "--leave")])
def test_who_names_a_photo_without_its_folder_is_told_with_which(
    gpend: Gpend, album: Path, said: tuple[str, ...]
) -> None:
    result = gpend(*said, "img_1.jpg", "--config", album)  # `gpend why img_1.jpg` finds it
    photos = [str(album.parent / "in" / name) for name in ("2019/IMG_1.jpg", "2020/img_1.JPG")]
    assert result.exit_code == 2
    assert all(photo in result.output for photo in photos)
    assert waiting(album) == []


def test_why_finds_photos_by_their_name_wherever_they_lie(gpend: Gpend, album: Path) -> None:
    both = gpend("why", "IMG_1.jpg", "--config", album)
    assert both.exit_code == 0
    assert "2019/IMG_1.jpg: kept" in both.output
    assert "2020/img_1.JPG: failed" in both.output
    one = gpend("why", "2019/IMG_1.jpg", "--config", album)
    assert ("2019/IMG_1.jpg: kept" in one.output, "2020" in one.output) == (True, False)
    assert [told["state"] for told in json.loads(gpend("why", "img_1.jpg", "--json", "--config", album).output)] == [
        "kept",
        "failed",
    ]
    assert gpend("why", "MG_1.jpg", "--config", album).exit_code == 1


def test_why_finds_a_photo_without_the_ending_of_its_name(gpend: Gpend, album: Path) -> None:
    assert gpend("why", "IMG_1", "--config", album).output.count("IMG_1.jpg: kept") == 1
    one = gpend("why", "2020/img_1", "--config", album).output
    assert ("2020/img_1.JPG: failed" in one, "2019" in one) == (True, False)
    assert gpend("why", "2019", "--config", album).exit_code == gpend("why", "IMG", "--config", album).exit_code == 1


def test_retry_takes_what_failed_in_a_folder_only(gpend: Gpend, album: Path) -> None:
    place = album.parent / "in"
    assert "It is tried again" in gpend("retry", "--failed", "in/2020", "--config", album).output
    assert waiting(album) == [(Request.RETRY, place / "2020/img_1.JPG")]
    assert "2 photos are tried" in gpend("retry", "--failed", "in", "--config", album).output
    assert "Nothing was set aside there" in gpend("retry", "--failed", "in/2019", "--config", album).output
    assert "It is tried again" in gpend("retry", "--failed", "in/bad.jpg", "--config", album).output


def test_films_of_a_folder_that_were_set_aside_are_tried_again_with_the_photos(gpend: Gpend, album: Path) -> None:
    with Ledger.open(album.parent / "state" / "ledger.sqlite") as ledger:
        film = Found(Path("2020/a.mp4"), Stamp(5, 1, 8), FoundBy.SCAN, is_sidecar=True)
        row = ledger.photos.sight(1, film, 1_700_000_000)
        ledger.photos.finish(row, Result(State.FAILED, "there is no room", "b" * 64, Fingerprint()), 1_700_000_000)
    assert "2 photos are tried" in gpend("retry", "--failed", "in/2020", "--config", album).output
    folder = album.parent / "in/2020"
    assert {path for _, path in waiting(album)} == {folder / "a.mp4", folder / "img_1.JPG"}


def test_a_folder_of_films_of_which_one_was_set_aside_is_tried_again_without_more_words(
    gpend: Gpend, album: Path
) -> None:
    with Ledger.open(album.parent / "state" / "ledger.sqlite") as ledger:
        for number, state in enumerate((State.FAILED, State.KEPT)):
            film = Found(Path(f"films/{number}.mp4"), Stamp(5, 1, 8 + number), FoundBy.SCAN, is_sidecar=True)
            row = ledger.photos.sight(1, film, 1_700_000_000)
            ledger.photos.finish(row, Result(state, "there is no room", "b" * 64, Fingerprint()), 1_700_000_000)
    for folder in ("in/films", "in/films/"):
        assert "It is tried again" in gpend("retry", folder, "--config", album).output
    assert "is not known" in gpend("decide", "--leave", "in/films", "--config", album).output  # films are not restored


def test_retry_takes_every_photo_if_asked(gpend: Gpend, album: Path) -> None:
    assert "All 3 photos are tried again" in gpend("retry", "--all", "--config", album).output
    assert waiting(album) == [(Request.RETRY, album.parent / "in")]


def test_retry_is_not_told_two_things_at_once(gpend: Gpend, album: Path) -> None:
    for said in (["--all", "--failed"], ["--all", "in"], ["--failed", "--judged-with-other-settings"]):
        result = gpend("retry", *said, "--config", album)
        assert result.exit_code == 2
        assert "Nothing was changed" in result.output
    assert waiting(album) == []


def test_why_tells_that_a_photo_is_passed_over_whether_it_is_known_or_not(gpend: Gpend, configured: Path) -> None:
    source = configured.parent / "in"
    for name in ("bad.jpg", "new.jpg"):
        (source / name).write_bytes(b"x")
    (source / ".gpendignore").write_text("*.jpg")
    known, new = (gpend("why", f"in/{name}", "--config", configured) for name in ("bad.jpg", "new.jpg"))
    assert "It is passed over now: a file .gpendignore" in known.output
    assert (new.exit_code, "It is passed over: a file .gpendignore" in new.output) == (1, True)
    told = json.loads(gpend("why", "bad.jpg", "--json", "--config", configured).output)
    assert told["passed_over"].startswith("a file .gpendignore")


def test_a_name_that_nobody_knows_is_told_as_that(gpend: Gpend, configured: Path) -> None:
    result = gpend("why", "IMG_9999.jpg", "--config", configured)
    assert result.exit_code == 1
    assert "no photo of that name" in result.output
