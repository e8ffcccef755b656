"""Names alone decide what is never a photo."""

import os
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.intake.names import (
    DIRECTORIES,
    EXTENSIONS,
    FILES,
    Kind,
    Rule,
    is_excluded_directory,
    is_photo_name,
    is_temporary,
    passed_over,
    rule_of,
    temporary_for,
)

PHOTOS = [
    "IMG_1234.JPG",
    "a.b.c.jpeg",
    "scan.tiff",
    "x.hif",
    "mmexport1700000000000.jpg",
    "wx_camera_1700000000000.jpg",
    "微信图片_20240102030405.jpg",
    "x.sync-conflict-20240101-120000-ABCDEFG.jpg",
    "x_conflict-20240101-120000.jpg",
    "x (Anna's conflicted copy 2024-01-01).jpg",
    ".hidden.jpg",
    ".jpg",
    "SYNOPSIS.jpg",
    "~.jpg",
    "part.jpg",
    "line\nbreak.jpg",
]


def stem(rule: Rule) -> str:
    return f"{rule.tool}: {rule.example}"


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_is_a_photo_whatever_else_its_name_says(name: str) -> None:
    assert is_photo_name(name)
    assert is_photo_name(os.fsencode(name))
    assert is_photo_name(PurePath("2024", "Holiday", name))
    assert not is_temporary(name)


@pytest.mark.parametrize("rule", FILES, ids=stem)
def test_a_file_named_as_a_tool_names_its_own_is_no_photo(rule: Rule) -> None:
    assert not is_photo_name(rule.example)
    assert not is_photo_name(rule.example.upper())
    assert is_temporary(rule.example) is (rule.kind is Kind.UNFINISHED)


@pytest.mark.parametrize("rule", DIRECTORIES, ids=stem)
def test_a_directory_named_as_a_tool_names_its_own_holds_no_photos(rule: Rule) -> None:
    assert is_excluded_directory(rule.example)
    assert is_excluded_directory(os.fsencode(rule.example))
    assert is_excluded_directory(PurePath("photos", rule.example))
    assert not is_photo_name(PurePath("photos", rule.example, "sub", "x.jpg"))


@pytest.mark.parametrize(
    "name",
    [
        *["2024", ".hidden", "eaDir", "sync", "trash", "Recycle", "picasaoriginals", "appdata", "thumbs", "Thumb"],
        *["encoded-video", "cache", "Photos Library.photoslibrary", "Photos Library.photoslibrary/originals"],
        *["iPhoto Library/Masters", "Old.photolibrary/Originals", "2024/thumbs", "A Document", "@GMT"],
    ],
)
def test_directories_of_people_are_not_excluded(name: str) -> None:
    assert not is_excluded_directory(name)


@pytest.mark.parametrize("rule", FILES + DIRECTORIES, ids=stem)
def test_a_row_of_the_table_is_the_one_that_tells_of_its_example_and_says_where_it_is_known_from(rule: Rule) -> None:
    first = rule_of(rule.example, is_directory=rule in DIRECTORIES)
    assert first is not None
    assert first.kind is rule.kind
    assert len(rule.source) > 5


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *[("a.NEF", "RAW photos"), ("a.mp4", "films"), ("a.gif", "formats that gpend does not read")],
        *[("._a.jpg", "files of macOS"), ("SYNOPHOTO_THUMB_M.jpg", "thumbnails of Synology")],
        *[("a.txt", "other files"), ("a.dat", "other files")],
    ],
)
def test_what_is_passed_over_has_a_name(name: str, words: str) -> None:
    assert words in passed_over(name, is_directory=False)


@pytest.mark.parametrize(
    "path",
    ["Photos Library.photoslibrary/originals/0/x.jpg", "iPhoto Library/Masters/2010/x.jpg", "a/thumbs/x.jpg"],
)
def test_originals_inside_a_library_are_photos(path: str) -> None:
    assert is_photo_name(path)


@pytest.mark.parametrize(
    "path",
    [
        *["Photos Library.photoslibrary/resources/derivatives/0/x_1_105_c.jpeg", "iPhoto Library/Previews/2010/x.jpg"],
        *["a/.dtrash/files/x.jpg", "immich/thumbs/123e4567-e89b-12d3-a456-426614174000/ab/cd/x-preview.jpeg"],
        *["DCIM/.trashBin/x.jpg", "PRIVATE/M4ROOT/THMBNL/C0001T01.JPG", "storage/cache/thumbnails/0/x_720x720_fit.jpg"],
    ],
)
def test_what_a_gallery_keeps_of_its_own_holds_no_photos(path: str) -> None:
    assert not is_photo_name(path)


def test_wechats_thumbnails_are_no_photos_where_its_pictures_are() -> None:
    assert not is_photo_name("MsgAttach/0123456789abcdef0123456789abcdef/Thumb/2024-01/0a1b_t.dat", wechat_dat=True)
    assert not is_photo_name("0a1b_t.dat", wechat_dat=True)
    assert is_photo_name("MsgAttach/0123456789abcdef0123456789abcdef/Image/2024-01/0a1b.dat", wechat_dat=True)


@pytest.mark.parametrize("rule", [rule for rule in FILES if "?P<final>" in rule.pattern], ids=stem)
def test_the_name_a_temporary_file_will_have_is_known(rule: Rule) -> None:
    assert temporary_for(rule.example) == "x.jpg"


@pytest.mark.parametrize(
    "name",
    ["x.jpg", "x.part", ".x.txt.Ab3dE9", ".syncthing.9f86d081884c7d659a2feaa0c55ad015.tmp", ".gpend-1.jpg", ".x.jpg"],
)
def test_other_names_promise_no_photo(name: str) -> None:
    assert temporary_for(name) is None


def test_wechats_obfuscated_pictures_are_photos_only_where_they_are_asked_for() -> None:
    assert not is_photo_name("0123abcd.dat")
    assert is_photo_name("0123abcd.dat", wechat_dat=True)
    assert temporary_for("0123abcd.dat.part") == "0123abcd.dat"


def test_a_name_that_is_not_utf8_is_judged_like_any_other() -> None:
    assert is_photo_name(b"caf\xe9.jpg")
    assert not is_photo_name(b"._caf\xe9.jpg")
    assert temporary_for(b"caf\xe9.jpg.part") == os.fsdecode(b"caf\xe9.jpg")


names = st.one_of(
    st.sampled_from([rule.example for rule in FILES] + PHOTOS),
    st.builds(
        "{}{}.{}".format, st.text(max_size=8), st.sampled_from(["x", "._", ".~"]), st.sampled_from(sorted(EXTENSIONS))
    ),
    st.text(max_size=20),
)


@given(names)
def test_no_name_is_both_a_photo_and_temporary(name: str) -> None:
    base = name.replace("/", "")
    assert not (is_photo_name(base) and is_temporary(base))


@given(names)
def test_letter_case_never_matters(name: str) -> None:
    base = name.replace("/", "")
    if base.isascii():
        assert is_photo_name(base) == is_photo_name(base.swapcase())
        assert is_temporary(base) == is_temporary(base.swapcase())


@given(st.text(alphabet="abcXYZ019_- é", min_size=1).map(lambda stem: f"{stem}.jpg"))
def test_the_temporary_name_of_any_photo_leads_back_to_it(name: str) -> None:
    for temporary in (
        f".syncthing.{name}.tmp",
        f".{name}.aB3dE9",
        f".{name}.~1f",
        f"{name}.part",
        f".pending-17-{name}",
    ):
        assert temporary_for(temporary) == name
        assert not is_photo_name(temporary)


@pytest.mark.parametrize("name", ["DSC_0001.MPO", "x.jpg_large", "x.jpe", "x.JFIF", "a b.jpg-large", "x.HIF"])
def test_rare_endings_of_photos_are_looked_at_by_default(name: str) -> None:
    assert is_photo_name(name)


def test_the_endings_that_are_looked_at_are_those_that_are_told() -> None:
    assert not is_photo_name("IMG_0001")
    assert not is_photo_name("x.foto")
    assert is_photo_name("IMG_0001", endings={"", "foto"})
    assert is_photo_name("album/x.FOTO", endings={"", "foto"})
    assert not is_photo_name("x.jpg", endings={"", "foto"})
    assert not is_photo_name(".nomedia", endings={""})
    assert not is_photo_name(".git/IMG_0001", endings={""})
