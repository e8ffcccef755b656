"""What is removed of a network can be fetched or added again, and whoever was interrupted asks again."""

from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.models import fits, registry, removal
from gpend.models.part import held
from gpend.models.weights import load_manifest
from gpend.writing import alone_in
from tests.models.test_registry import ONE

PUBLISHED = ONE.model_copy(update={"urls": ("https://example.org/one.pth",)})


def described(folder: Path, **changed: object) -> Path:
    registry.describe(folder, PUBLISHED.model_copy(update=changed))
    (folder / "one.pth").write_bytes(b"1")
    return folder


def test_one_whose_hash_was_pinned_is_pinned_anew_when_it_is_fetched_again(tmp_path: Path) -> None:
    own, shipped = described(tmp_path / "own"), described(tmp_path / "shipped", sha256=None, bytes=None)
    removal.remove(PUBLISHED, own, [shipped])
    assert load_manifest(own) == ()
    assert len(load_manifest(shipped)) == 1


def test_one_that_a_person_described_with_where_it_is_published_stays_described(tmp_path: Path) -> None:
    own = described(tmp_path / "own")
    removal.remove(PUBLISHED, own, [tmp_path])
    assert load_manifest(own) == (PUBLISHED,)
    assert removal.left_of(PUBLISHED, own) == []


def test_what_was_left_half_removed_goes_with_the_next_try(tmp_path: Path) -> None:
    own = described(tmp_path / "own", urls=())
    (own / "one.pth").unlink()
    removal.remove(ONE, own, [])
    assert load_manifest(own) == ()


def test_what_another_gpend_gets_or_measures_stays(tmp_path: Path) -> None:
    own = described(tmp_path / "own", urls=())
    with held(own / "one.pth"), pytest.raises(FatalError, match=r"is getting one\.pth"):
        removal.remove(ONE, own, [])
    with alone_in(fits.work_of("one", own)), pytest.raises(FatalError, match="measures one at this moment"):
        removal.remove(ONE, own, [])
    assert (own / "one.pth").exists()


def test_what_the_disk_does_not_let_go_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_: Path) -> None:
        raise PermissionError(1, "Operation not permitted", "one.pth")

    own = described(tmp_path / "own", urls=())
    monkeypatch.setattr(Path, "unlink", refuses)
    with pytest.raises(FatalError, match="cannot be removed"):
        removal.remove(ONE, own, [])
    assert len(load_manifest(own)) == 1
