"""The settings ask for all networks that are there, for one by its name, or for a file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from gpend import machine
from gpend.errors import FatalError
from gpend.models import fits, memory, needed
from gpend.models.fits import Figure
from gpend.models.restorers import DEFAULT, Roll, identities, in_use, restorers, roll, unmeasured
from gpend.models.weights import MANIFEST, GpenCheckpoint, Proven, known, weights_folders
from gpend.settings import AUTO, CoreSettings, RestoreSettings
from tests.models.test_fits import found as fitted


def having(folder: Path, *sizes: int, prefix: str = "own", multiplier: int = 1) -> Path:
    """A folder that describes a network of each size, and holds it."""
    entries = []
    for size in sizes:
        content = f"network of {size}".encode()
        (folder / f"{prefix}-{size}.pth").write_bytes(content)
        entry: dict[str, object] = {"name": f"{prefix}-{size}", "file": f"{prefix}-{size}.pth", "template": "gpen"}
        entry |= {"architecture": "gpen", "size": size, "channel_multiplier": multiplier, "narrow": 1.0}
        entry |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "origin": "", "licence": ""}
        entries.append(entry)
    (folder / MANIFEST).write_text(yaml.safe_dump(entries))
    return folder


def test_alone_the_shipped_network_restores() -> None:
    assert roll(AUTO, weights_folders()[-1:]).names == (DEFAULT,)


def test_all_that_are_there_restore_the_smallest_first(tmp_path: Path) -> None:
    found = roll(AUTO, weights_folders(having(tmp_path, 1024, 512)))
    assert found.names == (DEFAULT, "own-512", "own-1024")
    assert found.left_out == ()


def test_of_two_of_one_size_the_one_that_a_person_added_restores(tmp_path: Path) -> None:
    assert roll(AUTO, weights_folders(having(tmp_path, 256, 512))).names == ("own-256", "own-512")


def test_what_is_only_described_is_not_asked_for(tmp_path: Path) -> None:
    (having(tmp_path, 512) / "own-512.pth").unlink()
    assert roll(AUTO, weights_folders(tmp_path)).names == (DEFAULT,)


def test_one_that_is_damaged_is_left_out_and_told(tmp_path: Path) -> None:
    (having(tmp_path, 512, 1024) / "own-512.pth").write_bytes(b"network of 51X")
    found = roll(AUTO, weights_folders(tmp_path))
    assert found.names == (DEFAULT, "own-1024")
    assert len(found.left_out) == 1
    assert "own-512 is left out" in found.left_out[0]
    assert "copy it there again if it is your own" in found.left_out[0]


def test_where_the_one_that_a_person_added_is_damaged_the_other_of_its_size_restores(tmp_path: Path) -> None:
    (having(tmp_path, 256, 512) / "own-256.pth").write_bytes(b"cut")
    found = roll(AUTO, weights_folders(tmp_path))
    assert found.names == (DEFAULT, "own-512")
    assert len(found.left_out) == 1
    assert "own-256 is left out" in found.left_out[0]


def test_what_is_cut_or_was_never_looked_at_is_told_nowhere_as_in_use(tmp_path: Path) -> None:
    folders = weights_folders(having(tmp_path, 256, 512, 1024))
    (tmp_path / "own-256.pth").write_bytes(b"cut")
    (tmp_path / "own-1024.pth").write_bytes(b"cut")
    assert [name for name, *_ in identities(AUTO, folders)] == [DEFAULT, "own-512"]


def test_one_whose_content_is_another_is_told_nowhere_as_in_use(tmp_path: Path) -> None:
    having(tmp_path, 512)
    settings = CoreSettings(restore=RestoreSettings(weights=tmp_path))
    assert ["own-512" in told for told in unmeasured(settings)] == [True]
    (tmp_path / "own-512.pth").write_bytes(b"network of 51X")
    assert unmeasured(settings) == []
    assert [one.network for one in in_use(settings.restore)] == [DEFAULT]


def of_no_help(name: str, folder: Path, painted: int = 0) -> None:
    """Leaves word that a fit painted so many of the faces held out."""
    content = (folder / f"{name}.pth").read_bytes()
    whole = Figure(
        kind="all", faces=60, painted=painted, strength=0.0, nearer={}, photo={}, without={}, painted_over={}
    )
    found = fitted(name, hashlib.sha256(content).hexdigest()).model_copy(update={"figures": (whole,)})
    fits.write(found, folder)


def test_one_that_helps_nobody_is_passed_over_and_told(tmp_path: Path) -> None:
    folders = weights_folders(having(tmp_path, 256, 512, 1024))
    for name in ("own-256", "own-512"):
        of_no_help(name, tmp_path)
    of_no_help("own-1024", tmp_path, painted=1)
    found = roll(AUTO, folders)
    assert found.names == (DEFAULT, "own-1024")
    assert [("own-256" in told, "nothing of what it paints helps" in told) for told in found.left_out] == [
        (True, True),
        (False, True),
    ]
    used = [one.checkpoint.name for one in restorers(AUTO, folders) if isinstance(one, Proven)]
    assert used == [name for name, *_ in identities(AUTO, folders)] == [DEFAULT, "own-1024"]


def test_one_that_helps_nobody_takes_no_memory_from_others(tmp_path: Path) -> None:
    folders = weights_folders(having(tmp_path, 512, 1024))
    of_no_help("own-512", tmp_path)
    limit = memory.together([one for one in checkpoints(folders) if one.size in (256, 1024)])
    assert roll(AUTO, folders, limit).names == (DEFAULT, "own-1024")


def test_where_no_other_is_there_or_it_is_named_one_that_helps_nobody_is_used(tmp_path: Path) -> None:
    having(tmp_path, 256, 512)
    for name in ("own-256", "own-512"):
        of_no_help(name, tmp_path)
    assert roll(AUTO, [tmp_path]).names == ("own-256",)
    assert roll("own-512", [tmp_path]) == Roll(("own-512",), ())


def test_what_helps_nobody_is_told_to_others_who_have_it_too(tmp_path: Path) -> None:
    of_no_help("own-512", having(tmp_path, 512))
    settings = CoreSettings(restore=RestoreSettings(weights=tmp_path))
    wanted = needed.needed(settings)
    assert {"own-512", "own-512.blend.json"} <= {name for name, _ in wanted}
    assert needed.lacking(wanted, settings) == []
    entry, _ = needed.entry_and_file("own-512.blend.json", settings)
    assert "own-512" in entry


def checkpoints(folders: Sequence[Path]) -> list[GpenCheckpoint]:
    return [one.checkpoint for one in known(folders) if one.path and isinstance(one.checkpoint, GpenCheckpoint)]


def test_one_that_is_named_must_be_what_it_should_be(tmp_path: Path) -> None:
    folders = weights_folders(having(tmp_path, 512))
    assert roll("own-512", folders).names == ("own-512",)
    (tmp_path / "own-512.pth").write_bytes(b"")
    with pytest.raises(FatalError, match="0 bytes instead"):
        roll("own-512", folders)


def test_what_is_more_than_half_of_the_memory_is_so_in_figures_too(monkeypatch: pytest.MonkeyPatch) -> None:
    here = 4 << 30
    monkeypatch.setattr(memory, "together", lambda _: here // 2 + 1)
    monkeypatch.setattr(machine, "allowed_memory", lambda: here)
    told = roll(DEFAULT, weights_folders()[-1:], here // 2).doubt
    assert "takes about 2.1 GiB while it restores with gpen-256, more than half of the 4.0 GiB" in told


def test_where_even_the_smallest_is_hardly_held_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "allowed_memory", lambda: 1 << 30)
    told = roll(AUTO, weights_folders()[-1:], 1 << 29)
    assert told.names == (DEFAULT,)
    assert "while it restores with gpen-256, more than half of the 1.0 GiB" in told.doubt
    assert "auto" not in told.doubt


def test_of_two_of_a_size_that_there_is_no_memory_for_one_is_told_as_left_out(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    folders = [having(tmp_path / "one", 256, 512), having(tmp_path / "two", 512, prefix="other")]
    found = roll(AUTO, folders, 0)
    assert found.names == ("own-256",)
    assert len(found.left_out) == 1
    assert "own-512" in found.left_out[0]


def test_without_any_network_it_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="No network of the kind needed"):
        roll(AUTO, [tmp_path])


def test_a_file_has_a_name_that_every_format_can_hold(tmp_path: Path) -> None:
    file = tmp_path / "my; net (1)é.pth"
    file.write_bytes(b"x")
    assert roll(str(file), []).names == ("my__net__1__",)


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"none\.pth, which cannot be read: No such file"):
        roll(str(tmp_path / "none.pth"), [])
