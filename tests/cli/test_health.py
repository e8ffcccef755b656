"""`gpend health`, for who looks after containers and services."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from gpend import config, in_force, liveness
from gpend.daemon.exporter import Exporter
from gpend.ledger import Found, FoundBy, Ledger
from gpend.ledger.database import BUSY_SECONDS
from gpend.liveness import Answer
from gpend.stamp import Stamp
from tests.cli import Gpend


def test_health_is_told_by_the_exit_code(gpend: Gpend, configured: Path) -> None:
    assert gpend("health", "--config", configured).exit_code == 1
    answers = {
        liveness.HEALTHY: lambda: Answer(200, b"ok\n"),
        liveness.READY: lambda: Answer(503, b"gpend is starting.\n"),
        liveness.METRICS: lambda: Answer(200, b"gpend_photos 3\n"),
    }
    exporter = Exporter(liveness.socket_of(configured.parent / "state" / "ledger.sqlite"), answers)
    exporter.start()
    well = gpend("health", "--config", configured)
    ready = gpend("health", "--ready", "--config", configured)
    metrics = gpend("health", "--metrics", "--config", configured)
    exporter.close()
    assert (well.exit_code, well.output) == (0, "ok\n")
    assert (ready.exit_code, ready.output) == (1, "gpend is starting.\n")
    assert metrics.output == "gpend_photos 3\n"


def test_that_the_ledger_is_waited_for_is_told_and_no_reason_to_start_gpend_anew(
    gpend: Gpend, configured: Path
) -> None:
    answers = {path: lambda: Answer(200, b"ok\n") for path in liveness.PATHS}
    answers[liveness.TROUBLE] = lambda: Answer(200, b"The disk of /state is full. Make room on it.")
    exporter = Exporter(liveness.socket_of(configured.parent / "state" / "ledger.sqlite"), answers)
    exporter.start()
    told = gpend("health", "--config", configured)
    metrics = gpend("health", "--metrics", "--config", configured)
    exporter.close()
    assert (told.exit_code, told.stdout) == (0, "ok\n")
    assert (
        told.stderr
        == "It begins no photo while it cannot write its ledger. The disk of /state is full. Make room on it.\n"
    )
    assert metrics.stderr == ""


def test_two_questions_at_once_are_refused(gpend: Gpend, configured: Path) -> None:
    result = gpend("health", "--ready", "--metrics", "--config", configured)
    assert (result.exit_code, "name one of them" in result.output) == (2, True)  # the first was passed over


def test_a_configuration_that_was_changed_and_is_wrong_makes_nothing_of_a_gpend_that_is_well(
    gpend: Gpend, configured: Path
) -> None:
    answers = {path: lambda: Answer(200, b"ok\n") for path in liveness.PATHS}
    exporter = Exporter(liveness.socket_of(configured.parent / "state" / "ledger.sqlite"), answers)
    exporter.start()
    configured.write_text(f"{configured.read_text()}settle_secnds: 3\n")
    result = gpend("health", "--config", configured)
    exporter.close()
    assert (result.exit_code, result.stdout) == (0, "ok\n")  # a container was told as ill, though all went on
    assert "did you mean settle_seconds?" in result.stderr
    configured.write_text("folders: [")
    result = gpend("health", "--config", configured)  # it names no ledger
    assert result.exit_code == 1  # all else than 0 and 1 is reserved where containers are asked
    assert result.output.startswith("Error: It is not known whether gpend is well. The configuration ")


def test_a_gpend_whose_configuration_is_gone_is_known_by_its_ledger(gpend: Gpend, tmp_path: Path) -> None:
    file, ledger = worked_with(tmp_path, "gpend"), tmp_path / "gpend.sqlite"
    worked_with(tmp_path, "another")
    answers = {path: lambda: Answer(200, b"ok\n") for path in liveness.PATHS}
    exporter = Exporter(liveness.socket_of(ledger), answers)
    exporter.start()
    file.unlink()
    well = gpend("health", "--config", file)
    exporter.close()
    assert (well.exit_code, well.stdout) == (0, "ok\n")
    assert well.stderr == (
        "It goes on as its configuration was when it was read, but could not be started anew. There is no "
        f"configuration file {file}. Name yours with --config FILE or $GPEND_CONFIG, or begin with the documented one: "
        "gpend print gpend.yaml\n"
    )
    ended = gpend("health", "--config", file)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"gpend is not running.\nBy its ledger {ledger}, its last activity was ")
    assert " It cannot be started. There is no configuration file " in ended.stderr
    status = gpend("status", "--config", file)
    assert (status.exit_code, "Backlog: 1." in status.stdout) == (2, True)


def test_of_a_gpend_that_no_ledger_tells_of_nothing_is_said(gpend: Gpend, tmp_path: Path) -> None:
    worked_with(tmp_path, "another")
    (tmp_path / "foreign.sqlite").write_bytes(b"SQLite format 3\0" + bytes(100))
    result = gpend("health", "--config", tmp_path / "gpend.yaml")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: It is not known whether gpend is well. There is no configuration file ")


def test_files_of_other_programs_beside_a_configuration_that_is_gone_are_neither_opened_nor_waited_for(
    gpend: Gpend, tmp_path: Path
) -> None:
    foreign, locked = tmp_path / "foreign.sqlite", sqlite3.connect(tmp_path / "locked.sqlite")
    with closing(sqlite3.connect(foreign)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE other (name)")
    with closing(locked):
        locked.execute("BEGIN EXCLUSIVE")  # it was waited for, 30 seconds for each of them
        before, began = sorted(tmp_path.iterdir()), time.monotonic()
        assert gpend("health", "--config", tmp_path / "gpend.yaml").exit_code == 1
        assert time.monotonic() - began < BUSY_SECONDS / 2
    assert set(tmp_path.iterdir()) <= set(before)


def worked_with(folder: Path, name: str) -> Path:
    """A configuration that gpend has worked with, and its ledger beside it."""
    for each in ("in", name):
        (folder / each).mkdir(exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text(f"folders: [{{source: in, output: {name}}}]\nledger: {name}.sqlite\n")
    settings = config.load(file)
    with Ledger.open(settings.ledger, int(time.time())) as ledger:
        in_force.note(ledger, file, file.read_bytes(), settings)
        row = ledger.sources.configure([(folder / "in", folder / name)], int(time.time()))[0]
        ledger.photos.sight(row.id, Found(Path("a.jpg"), Stamp(5, 6, 7), FoundBy.SCAN), int(time.time()))
    return file
