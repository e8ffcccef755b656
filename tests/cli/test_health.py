"""`gpend health`, for who looks after containers and services."""

from pathlib import Path

from gpend import liveness
from gpend.daemon.exporter import Exporter
from gpend.liveness import Answer
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
    assert gpend("health", "--config", configured).exit_code == 2  # it names no ledger
