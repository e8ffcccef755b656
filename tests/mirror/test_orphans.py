"""Outputs that only tell by themselves what they are: which are believed, and which are left alone."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gpend.intake.reading import OWN_ATTRIBUTE, Appearance
from gpend.ledger import Fingerprint
from gpend.mirror import Mirror, Origin

FINGERPRINT = Fingerprint("gpen-256", "d1", "0.1.0")
MOMENT = 1_500_000_000_987_654_321
PLACE = Path("b/a.jpg")


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    try:
        os.setxattr(tmp_path, OWN_ATTRIBUTE, b"1")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    made = Mirror(tmp_path / "in", tmp_path / "out")
    like = Appearance(0o640, os.geteuid(), os.getegid(), MOMENT, MOMENT)
    made.write(PLACE, b"restored", Origin(PLACE, hashlib.sha256(b"source").hexdigest(), like), FINGERPRINT, None)
    return made


def test_an_output_tells_what_it_was_made_of_and_how(mirror: Mirror) -> None:
    found = mirror.find_orphan(PLACE, MOMENT)
    assert found is not None
    assert (found.content, found.fingerprint) == (hashlib.sha256(b"source").hexdigest(), FINGERPRINT)
    assert mirror.read(found.written) == b"restored"


def test_the_time_of_the_photo_may_be_off_as_far_as_file_systems_round_it(mirror: Mirror) -> None:
    assert mirror.find_orphan(PLACE, MOMENT + 1_900_000_000) is not None
    assert mirror.find_orphan(PLACE, MOMENT + 3_000_000_000) is None


def test_where_nothing_stands_nothing_is_found(mirror: Mirror) -> None:
    assert mirror.find_orphan(Path("b/other.jpg"), MOMENT) is None
    assert mirror.find_orphan(Path("no/such/folder.jpg"), MOMENT) is None


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(b"edited"),
        lambda path: os.removexattr(path, OWN_ATTRIBUTE),
        lambda path: os.setxattr(path, OWN_ATTRIBUTE, b"{}"),
        lambda path: (path.rename(path.with_name("moved")), path.symlink_to("moved")),
    ],
    ids=["edited", "without attribute", "with another attribute", "a link"],
)
def test_what_is_not_byte_for_byte_what_gpend_wrote_there_is_not_believed(
    mirror: Mirror, harm: Callable[[Path], object]
) -> None:
    path = mirror.output / PLACE
    harm(path)
    os.utime(path, ns=(MOMENT, MOMENT))
    assert mirror.find_orphan(PLACE, MOMENT) is None
