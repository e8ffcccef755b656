"""What stands in the output tree, and by what it is proved to be for one photo and no other."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.intake.reading import OWN_ATTRIBUTE
from gpend.ledger import Written
from gpend.mirror import atomic, inspect, lists
from gpend.mirror.inspect import Owner, Owners, Provenance, Whose
from gpend.stamp import Stamp

MOMENT = 1_700_000_000 * 10**9
PHOTO = hashlib.sha256(b"photo").hexdigest()
OTHER = hashlib.sha256(b"another of the same second").hexdigest()
TAGGED = f"pixels gpend: faces restored with gpen-256 from SHA-256 {PHOTO} pixels".encode()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def put(root: Path, data: bytes, *, attached: bool = False, moment: int = MOMENT) -> Path:
    path = root / "a.jpg"
    path.write_bytes(data)
    if attached:
        descriptor = os.open(path, os.O_RDWR)
        made = Provenance(PHOTO, hashlib.sha256(data).hexdigest(), "gpen-256", "d1", "0.1.0")
        if not atomic.attach(descriptor, made):
            pytest.skip("this file system has no extended attributes")
        os.close(descriptor)
    os.utime(path, ns=(moment, moment))
    return path


def output_of(folder: int, name: str, contents: set[str], modified_ns: int) -> str | None:
    found = inspect.output_of(folder, name, contents, modified_ns)
    return None if found is None else found.sha256


def test_the_attribute_proves_whose_output_it_is_whatever_its_time(tmp_path: Path, folder: int) -> None:
    put(tmp_path, b"restored", attached=True, moment=1)
    assert output_of(folder, "a.jpg", {PHOTO}, MOMENT) == hashlib.sha256(b"restored").hexdigest()
    assert output_of(folder, "a.jpg", {OTHER}, MOMENT) is None


def test_an_attribute_on_other_bytes_proves_nothing(tmp_path: Path, folder: int) -> None:
    path = put(tmp_path, b"restored", attached=True)
    path.write_bytes(b"edited")
    assert inspect.genuine(folder, "a.jpg") is None
    assert output_of(folder, "a.jpg", {PHOTO}, MOMENT) is None


@pytest.mark.parametrize(
    "said",
    [
        "[" * 3000,
        '"lists": [[2, 4, 1e999]]',
        f'"mode": 1{"0" * 40}',
        '"mode": -1',
        '"owners": {"photo": [0, 0], "had": [0, -1]}',
        '"owners": {"photo": [0, 0], "had": [0, 1e999]}',
        '"owners": {"photo": [0], "had": [0]}',
        '"owners": {"photo": 7}',
        '"owners": "root"',
    ],
)
def test_whatever_somebody_wrote_into_the_attribute_it_is_read_without_harm(
    tmp_path: Path, folder: int, said: str
) -> None:
    path = put(tmp_path, b"photo", attached=True)
    known = os.getxattr(path, OWN_ATTRIBUTE).decode()
    os.setxattr(path, OWN_ATTRIBUTE, (said if said[0] == "[" else f"{known[:-1]}, {said}}}").encode())
    found = inspect.said_of(folder, "a.jpg")
    assert found is None or (found.mode, found.lists, found.owners) == (None, None, None)


@pytest.mark.parametrize("said", [b"[" * 3000, b'{"system.posix_acl_default": [[2, 4, 1e999]]}'])
def test_whatever_somebody_wrote_of_a_folders_lists_it_is_read_without_harm(
    tmp_path: Path, folder: int, said: bytes
) -> None:
    put(tmp_path, b"photo", attached=True)
    os.setxattr(tmp_path, f"{OWN_ATTRIBUTE}.lists", said)
    assert lists.added_for_new(folder) == frozenset()


def test_without_attributes_tags_prove_it_as_long_as_the_time_is_the_photos(tmp_path: Path, folder: int) -> None:
    put(tmp_path, TAGGED)
    assert output_of(folder, "a.jpg", {PHOTO}, MOMENT + 1_900_000_000) == hashlib.sha256(TAGGED).hexdigest()
    assert output_of(folder, "a.jpg", {OTHER}, MOMENT) is None
    assert output_of(folder, "a.jpg", {PHOTO}, MOMENT + 3_000_000_000) is None


def test_name_and_time_alone_prove_nothing(tmp_path: Path, folder: int) -> None:
    put(tmp_path, b"pixels gpend 0.1.0 pixels")
    assert output_of(folder, "a.jpg", {PHOTO}, MOMENT) is None
    assert output_of(folder, "missing.jpg", {PHOTO}, MOMENT) is None


def test_where_inodes_are_made_up_the_bytes_alone_tell_what_has_not_changed(
    tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, b"restored")
    written = Written(Path("a.jpg"), Stamp.of(path.stat()), hashlib.sha256(b"restored").hexdigest())
    path.write_bytes(b"retsored")
    os.utime(path, ns=(MOMENT, MOMENT))
    assert inspect.is_unchanged(folder, "a.jpg", written)  # the same file, size and time: that is believed
    monkeypatch.setattr(inspect, "stamp_of", lambda _folder, status: Stamp.of(status, steady_inode=False))
    assert not inspect.is_unchanged(folder, "a.jpg", written)


def test_what_is_no_regular_file_is_nothing_of_gpends(tmp_path: Path, folder: int) -> None:
    (tmp_path / "a.jpg").mkdir()
    os.mkfifo(tmp_path / "b.jpg")
    written = Written(Path("a.jpg"), Stamp(0, 0, 0), "0" * 64)
    for name in ("a.jpg", "b.jpg"):
        assert not inspect.is_unchanged(folder, name, written)
        assert inspect.sha256_of(folder, name) is None
        assert inspect.bytes_of(folder, name) is None


def test_what_is_known_of_a_photos_outputs_proves_it_and_tags_only_tell(tmp_path: Path, folder: int) -> None:
    put(tmp_path, TAGGED)
    sha256 = hashlib.sha256(TAGGED).hexdigest()
    assert inspect.output_of(folder, "a.jpg", {PHOTO}, MOMENT) == inspect.Output(sha256, is_proved=False)
    assert inspect.output_of(folder, "a.jpg", {OTHER}, 1, {sha256}) == inspect.Output(sha256, is_proved=True)


ANNAS, BERTS, CARLAS = (1000, 100), (1001, 100), (1002, 7)


def whose(said: Owners | None, photo: Owner, has: Owner) -> Whose:
    made = Provenance(PHOTO, OTHER, "gpen-256", "d1", "0.1.0", owners=said)
    return inspect.whose(made, photo, belonging_to(has))


def belonging_to(owner: Owner) -> os.stat_result:
    return os.stat_result((0, 0, 0, 1, *owner, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("said", "has", "wanted"),
    [
        (None, BERTS, ANNAS),  # nobody knows who gave it to him
        (Owners(ANNAS, ANNAS), ANNAS, ANNAS),
        (Owners(ANNAS, ANNAS), BERTS, BERTS),
        (Owners(ANNAS, BERTS), BERTS, ANNAS),  # gpend was not allowed to give it away, and may be now
        (Owners(ANNAS, BERTS), CARLAS, CARLAS),
        (Owners(CARLAS, CARLAS), BERTS, ANNAS),  # the photo was another's then
    ],
)
def test_an_output_is_its_photos_owners_unless_somebody_gave_it_away_since(
    said: Owners | None, has: Owner, wanted: Owner
) -> None:
    assert whose(said, ANNAS, has).owner == wanted


def test_what_was_given_away_is_known_for_that_again_when_it_was_made_anew() -> None:
    anew = whose(Owners(ANNAS, ANNAS), ANNAS, BERTS).note(ANNAS, belonging_to(BERTS))
    assert whose(anew, ANNAS, BERTS) == Whose(BERTS, anew)


def test_what_gpend_could_not_give_is_known_for_that() -> None:
    assert whose(Whose(ANNAS).note(ANNAS, belonging_to(CARLAS)), ANNAS, CARLAS) == Whose(ANNAS)
