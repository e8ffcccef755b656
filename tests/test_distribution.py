"""How sharp the faces are that were seen, and what another threshold would do."""

from pathlib import Path

import pytest

from gpend.distribution import BINS, distribution
from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Result, State
from gpend.stamp import Stamp

NOW = 1_700_000_000


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two photos: one with a sharp and a restored face, one with a sharper and a covered one."""
    path = tmp_path / "ledger.sqlite"
    seen: dict[str, list[tuple[str, float | None]]] = {
        "a.jpg": [("sharp", 0.55), ("restored", 0.2), ("small", None)],
        "b.jpg": [("sharp", 1.0), ("covered", 0.2), ("restored", 0.45)],
    }
    with Ledger.open(path, NOW) as opened:
        folder = opened.sources.configure([(tmp_path / "in", tmp_path / "out")], NOW)[0].id
        for name, faces in seen.items():
            photo = opened.photos.sight(folder, Found(Path(name), Stamp(5, NOW, 7), FoundBy.SCAN), NOW)
            told = [{"verdict": verdict, "sharpness": value, "box": [0, 0, 9, 9]} for verdict, value in faces]
            result = Result(State.KEPT, "", "a" * 64, Fingerprint(), {"faces": told, "notes": []})
            opened.photos.finish(photo, result, NOW)
    return path


def test_faces_are_counted_by_sharpness_and_by_what_was_decided(ledger: Path) -> None:
    seen = distribution(ledger, 0.5, 12)
    assert (sum(seen.sharp), sum(seen.restored), sum(seen.left)) == (2, 2, 1)
    assert seen.sharp[BINS - 1] == 1  # 1.0 belongs to the last bar
    assert (seen.faces, seen.highest) == (5, 2)


@pytest.mark.parametrize(
    ("threshold", "change"), [(0.5, (0, 0, 0, 0)), (0.6, (1, 1, 0, 0)), (1.0, (1, 1, 0, 0)), (0.1, (0, 0, 2, 2))]
)
def test_another_threshold_tells_what_it_would_do(
    ledger: Path, threshold: float, change: tuple[int, int, int, int]
) -> None:
    found = distribution(ledger, threshold, 12).change
    assert (found.more_faces, found.more_photos, found.fewer_faces, found.fewer_photos) == change


def test_the_photos_nearest_to_the_threshold_come_first(ledger: Path) -> None:
    assert [entry.name for entry in distribution(ledger, 0.22, 12).borderline] == ["a.jpg", "b.jpg"]
    assert [entry.name for entry in distribution(ledger, 0.99, 1).borderline] == ["b.jpg"]


def test_where_nothing_was_seen_there_is_nothing_to_show(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "new.sqlite", NOW).close()
    assert distribution(tmp_path / "new.sqlite", 0.5, 12).faces == 0
