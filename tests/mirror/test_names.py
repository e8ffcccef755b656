"""What outputs are called, and what a disk may object to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.mirror.names import candidates, is_unusual, odd_characters, portable, portable_path, refusal


def test_another_ending_is_exchanged_or_else_appended() -> None:
    assert candidates(Path("b/IMG_1.HEIC"), ".jpg") == [Path("b/IMG_1.jpg"), Path("b/IMG_1.HEIC.jpg")]
    assert candidates(Path("IMG_1.JPG"), ".jpg") == [Path("IMG_1.JPG")]
    assert candidates(Path("IMG_1.png"), "") == [Path("IMG_1.png")]
    assert candidates(Path("IMG_1.jpeg"), ".jpg") == [Path("IMG_1.jpeg")]
    assert candidates(Path("IMG_1.jpg"), ".png") == [Path("IMG_1.png"), Path("IMG_1.jpg.png")]
    assert candidates(Path("Photo 12.03.2024"), ".jpg") == [Path("Photo 12.03.2024.jpg")]
    assert candidates(Path("a1b2.dat"), ".jpg") == [Path("a1b2.jpg"), Path("a1b2.dat.jpg")]


@pytest.mark.parametrize("name", ["IMG_20240101_123000.jpg", "DSC (1).JPG", "mmexport1700000000000.jpg"])
def test_what_phones_and_cameras_write_is_nothing_out_of_the_common(name: str) -> None:
    assert not odd_characters(name)
    assert not is_unusual(name)


@pytest.mark.parametrize("name", ["CON.jpg", "aux", "Trip.", "Trip ", "x" * 144, "好" * 48 + ".jpg"])
def test_what_windows_or_an_encrypted_folder_refuses_is_unusual(name: str) -> None:
    assert is_unusual(name)


@pytest.mark.parametrize(
    ("name", "refused", "told"),
    [
        ("12:30:01.jpg", [":"], "This disk cannot hold ':' in a name, so '12:30:01.jpg' has no place"),
        ("x" * 200, [], "cannot hold a name of 200 bytes"),
        ("CON.jpg", [], "cannot hold such a name"),
        ("a\udcff.jpg", ["\udcff"], "cannot hold bytes that are no UTF-8 in a name"),
    ],
)
def test_a_refusal_says_what_the_disk_cannot_hold(name: str, refused: list[str], told: str) -> None:
    assert told in str(refusal(name, refused))
    str(refusal(name, refused)).encode()  # it can be logged and shown


@given(name=st.binary(min_size=1, max_size=255))
def test_whatever_a_name_is_made_of_it_can_be_judged(name: bytes) -> None:
    text = name.decode(errors="surrogateescape")
    odd_characters(text)
    is_unusual(text)
    str(refusal(text, sorted(odd_characters(text)))).encode()


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("12:30:01.jpg", "12_30_01.jpg"),
        ("what?.jpg", "what_.jpg"),
        ("Trip./a.jpg", "Trip_/a.jpg"),
        ("CON.jpg", "CON_.jpg"),
        ("caf\udce9.jpg", "caf_.jpg"),
        ("微信 (1).jpg", "微信 (1).jpg"),
        ("IMG_1.JPG", "IMG_1.JPG"),
    ],
)
def test_a_portable_name_is_the_photo_s_own_but_for_what_some_disk_refuses(name: str, called: str) -> None:
    assert portable(Path(name), "")[0] == Path(called)


def test_two_photos_that_would_be_called_alike_have_names_that_tell_them_apart() -> None:
    first, second = (portable(Path(name), "") for name in ("a:b.jpg", "a?b.jpg"))
    assert first[0] == second[0] == Path("a_b.jpg")
    assert first[1] != second[1]
    assert first[1].name.startswith("a_b~")
    assert portable(Path("a_b.jpg"), "") == [Path("a_b.jpg")]


@given(name=st.binary(min_size=1, max_size=255).filter(lambda name: b"/" not in name and b"\0" not in name))
def test_every_disk_holds_a_portable_name_and_it_stays_what_it_is(name: bytes) -> None:
    relative = Path(name.decode(errors="surrogateescape"))
    if relative.name in ("", ".."):
        return
    for place in portable(relative, ".jpg"):
        assert not is_unusual(place.name)
        assert not set('<>:"/\\|?*') & set(place.name)
        assert place.name.isprintable() or place.name.encode()
        assert portable_path(place) == place


def test_what_follows_a_dot_in_the_middle_of_a_long_name_is_cut_as_well() -> None:
    (place,) = set(portable(Path("a." + "b" * 200), "")[:1])
    assert len(place.name) <= 143
    assert place.name.startswith("a.bbb")
