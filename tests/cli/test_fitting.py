"""`gpend weights fit`: what it asks for, what it refuses, and what it leaves beside the network."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpend.cli import commands
from gpend.fitting import command
from gpend.fitting.figures import NOTHING
from gpend.models import fits
from gpend.models.fits import BlendFile, Figure, Half
from gpend.models.restorers import roll
from gpend.models.weights import weights_folders
from tests.fakes import shipped_fit
from tests.models.test_fits import found
from tests.models.test_restorers import having


def asked(*words: str) -> Result:
    return CliRunner().invoke(commands, ["weights", "fit", *words])


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    place = tmp_path / "gpend.yaml"
    (tmp_path / "weights").mkdir()
    place.write_text(f"restore: {{weights: {tmp_path / 'weights'}}}\n")
    return place


def row(kind: str, painted: int, without: float, over: float) -> Figure:
    return Figure(
        kind=kind,
        faces=10,
        painted=painted,
        strength=0.4,
        nearer={"structure": 0.8},
        photo={"structure": 0.3},
        without={"structure": without},
        painted_over={"structure": over},
    )


def measured(figure: Figure, refusal: str = "") -> command.Measured:
    file: BlendFile = found("gpen-256").model_copy(
        update={"figures": (figure,), "on_photo": Half.of(shipped_fit().on_photo)}
    )
    return command.Measured(file, refusal, Counter({"not sharp": 3}))


def test_it_wants_one_folder_that_is_there(tmp_path: Path) -> None:
    for words in (
        ("gpen-256",),
        ("gpen-256", "--faces", str(tmp_path), "--photos", str(tmp_path)),
        ("gpen-256", "--faces", str(tmp_path / "nowhere")),
        ("auto", "--faces", str(tmp_path)),
        ("unknown", "--faces", str(tmp_path)),
    ):
        assert asked(*words).exit_code == 2


def test_too_few_faces_are_refused_and_told(tmp_path: Path, configured: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "broken.png").write_bytes(b"no picture")
    told = asked("gpen-256", "--faces", str(tmp_path / "faces"), "--config", str(configured))
    assert told.exit_code == 2
    assert "at least 10 are needed" in told.output
    assert "1 cannot be read as a picture" in told.output
    assert list((tmp_path / "weights").iterdir()) == []  # nothing was changed, it says


def test_a_good_measure_is_installed_and_its_table_told(
    tmp_path: Path, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.cli.fitting._measured", lambda *_: measured(row("all", 8, 0.2, 0.15)))
    told = asked("gpen-256", "--faces", str(tmp_path), "--config", str(configured))
    assert told.exit_code == 0, told.output
    assert fits.place_of("gpen-256", tmp_path / "weights").is_file()
    assert "8 of 10" in told.output
    assert "0.300 0.200 0.150" in told.output
    assert "passed over: not sharp: 3" in told.output


def test_one_that_helps_nobody_is_told_to_be_passed_over(
    tmp_path: Path, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.cli.fitting._measured", lambda *_: measured(row("all", 0, 0.0, 0.0)))
    told = asked("gpen-256", "--faces", str(tmp_path), "--config", str(configured))
    assert told.exit_code == 0, told.output
    assert "helps none of these faces" in told.output
    assert "it is passed over from now on" in told.output


def test_a_measure_that_does_harm_is_not_installed_where_one_was_measured_before(
    tmp_path: Path, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.cli.fitting._measured", lambda *_: measured(row("all", 8, 0.2, 0.25), "it is worse"))
    told = asked("gpen-256", "--faces", str(tmp_path), "--config", str(configured))
    assert told.exit_code == 1
    assert "Not installed: it is worse. What was measured before stays" in told.output
    assert not fits.place_of("gpen-256", tmp_path / "weights").exists()


def test_of_a_network_that_does_harm_and_was_never_measured_nothing_is_used_any_more(
    tmp_path: Path, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    having(tmp_path / "weights", 512)
    file = found("own-512", hashlib.sha256((tmp_path / "weights" / "own-512.pth").read_bytes()).hexdigest())
    for worse in ("it is worse", "it is worse still"):  # nor where that was found before
        told_of = command.Measured(file.model_copy(update={"figures": (row("all", 8, 0.2, 0.25),)}), worse, Counter())
        monkeypatch.setattr("gpend.cli.fitting._measured", lambda *_, one=told_of: one)
        told = asked("own-512", "--faces", str(tmp_path), "--config", str(configured))
        assert told.exit_code == 1
        assert f"Not installed: {worse}. From the next start" in told.output
        kept = fits.fit_of("own-512", file.sha256, [tmp_path / "weights"])
        assert (kept.fit, kept.harms) == (NOTHING, worse)
    found_now = roll("auto", weights_folders(tmp_path / "weights"))
    assert found_now.names == ("gpen-256",)
    assert "what it paints does harm" in found_now.left_out[0]
    listed = CliRunner().invoke(commands, ["weights", "list", "--config", str(configured)]).output
    assert "it does harm, and nothing of it is used" in listed


def test_whoever_stops_it_is_told_that_it_goes_on(
    tmp_path: Path, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gpend.wiring.networks", lambda _: None)
    monkeypatch.setattr("gpend.fitting.command.measure", stopped)
    told = asked("gpen-256", "--faces", str(tmp_path), "--config", str(configured))
    assert told.exit_code == 1
    assert "is kept in" in told.output
    assert "the same command goes on" in " ".join(told.output.split())


def test_worse_than_without_the_network_is_worse_and_painting_nothing_is_not() -> None:
    from gpend.fitting import figures  # noqa: PLC0415 - loads what sees pictures

    assert "structure" in figures.refusal([row("all", 8, 0.2, 0.25)])
    assert not figures.refusal([row("all", 8, 0.2, 0.15)])
    assert not figures.refusal([row("all", 0, 0.0, 0.0)])
