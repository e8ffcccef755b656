"""Paths as the ledger knows them."""

from pathlib import Path

from gpend.ledger.paths import direct


def test_a_detour_is_left_out_as_the_system_goes_it(tmp_path: Path) -> None:
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "deep")
    assert direct(tmp_path / "link" / ".." / "photos") == tmp_path / "far" / "photos"
    assert direct(tmp_path / "link" / "photos") == tmp_path / "link" / "photos"
