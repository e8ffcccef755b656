"""How photos are judged is known without the configuration, as long as nothing that it depends on has changed."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from gpend import config, in_force, wiring
from gpend.models import fits
from gpend.models.weights import weights_folders

TEXT = "folders: [{source: in, output: out}]\nledger: state/ledger.sqlite\nrestore: {weights: own}\n"


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """What gpend sets up for its log ends with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration that gpend has worked with."""
    for name in ("in", "out", "own", "elsewhere"):
        (tmp_path / name).mkdir()
    path = tmp_path / "gpend.yaml"
    path.write_text(TEXT)
    wiring.once(config.load(path), lambda _: None, path)
    return path


def test_what_gpend_works_with_is_found(file: Path) -> None:
    assert in_force.find(file) is not None
    found = in_force.find(file)
    assert found is not None
    ledger, judging = found
    assert ledger == file.parent / "state" / "ledger.sqlite"
    afresh = in_force.judging_of(config.load(file))
    assert (judging.fingerprint, judging.not_measured) == (afresh.fingerprint, afresh.not_measured)


def edited(file: Path) -> Path:
    file.write_text(TEXT + "triage: {sharpness_threshold: 0.3}\n")
    return file


def fitted(file: Path) -> Path:
    (shipped,) = (place for folder in weights_folders() if (place := fits.place_of("gpen-256", folder)).is_file())
    shutil.copyfile(shipped, fits.place_of("gpen-256", file.parent / "own"))
    return file


def touched(file: Path) -> Path:
    (file.parent / "own" / "notes.txt").touch()
    return file


def copied(file: Path) -> Path:
    return shutil.copyfile(file, file.parent / "elsewhere" / "gpend.yaml")


def moved_with_its_ledger(file: Path) -> Path:
    return shutil.copytree(file.parent, file.parent / "elsewhere" / "all", dirs_exist_ok=True, ignore=_but("elsewhere"))


def _but(name: str) -> Callable[[str, list[str]], set[str]]:
    return lambda _folder, names: {each for each in names if each == name}


def away(file: Path) -> Path:
    file.unlink()
    return file


@pytest.mark.parametrize("change", [edited, fitted, touched, copied, moved_with_its_ledger, away])
def test_after_a_change_of_what_it_depends_on_it_is_worked_out_afresh(
    change: Callable[[Path], Path], file: Path
) -> None:
    place = change(file)
    assert in_force.find(place / "gpend.yaml" if place.is_dir() else place) is None


def test_a_file_that_was_touched_and_says_the_same_is_still_in_force(file: Path) -> None:
    os.utime(file, (1, 1))
    assert in_force.find(file) is not None


def test_a_file_that_was_changed_since_it_was_read_is_not_put_on_record(file: Path) -> None:
    before = config.load(file)
    edited(file)
    wiring.once(before, lambda _: None, file)
    assert in_force.find(file) is None


def test_gpend_works_also_where_that_cannot_be_put_on_record(file: Path) -> None:
    with closing(sqlite3.connect(file.parent / "state" / "ledger.sqlite")) as ledger:
        ledger.execute("CREATE TRIGGER t AFTER UPDATE OF judging ON control BEGIN INSERT INTO nowhere VALUES (1); END")
    assert wiring.once(config.load(edited(file)), lambda _: None, file).done == 0
    assert in_force.find(file) is None


@pytest.mark.parametrize(
    "line",
    [
        "ledger: {}",
        'ledger: "{}"',
        "ledger:   '{}'   # on the fast disk",
        "ledger: {}  # on the fast disk",
    ],
)
def test_the_ledger_is_found_however_its_name_is_written(line: str, tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    path = tmp_path / "gpend.yaml"
    path.write_text("folders:\n  - source: in\n    output: out\n" + line.format(tmp_path / "a ledger.sqlite") + "\n")
    wiring.once(config.load(path), lambda _: None, path)
    found = in_force.find(path)
    assert found is not None
    assert found[0] == tmp_path / "a ledger.sqlite"


@pytest.mark.parametrize(
    "text", ["", "ledger:\n", "ledger: [\n", "ledger: {a: b}\n", "ledger: ~nobody-at-all/x\n", "\0"]
)
def test_whatever_a_configuration_says_no_more_than_nothing_is_found(text: str, tmp_path: Path) -> None:
    path = tmp_path / "gpend.yaml"
    path.write_text(text)
    assert in_force.find(path) is None
