"""The commands, as people and scripts use them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpend import __version__, wiring
from gpend.cli import commands
from gpend.core.networks import Networks
from gpend.daemon import Progress, Tally
from gpend.intake import Stamp
from gpend.ledger import FoundBy, Ledger, Recipe, Request, State
from gpend.ledger import Result as Ended
from gpend.settings import Settings

NOW = 1_700_000_000
ALL = ["check", "confirm", "demo", "once", "print", "restore", "retry", "run", "score", "status", "why"]
Gpend = Callable[..., Result]


@pytest.fixture
def gpend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gpend:
    """Run a command in a folder of its own, with no configuration around."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GPEND_CONFIG", raising=False)
    runner = CliRunner()

    def call(*arguments: str | Path) -> Result:
        return runner.invoke(commands, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A configuration with a ledger that knows one failed photo."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    path = tmp_path / "gpend.yaml"
    path.write_text("folders: [{source: in, output: out}]\nledger: state/ledger.sqlite\n")
    with Ledger.open(tmp_path / "state" / "ledger.sqlite", NOW) as ledger:
        folder = ledger.sources.configure([(tmp_path / "in", tmp_path / "out")], NOW)[0].id
        photo = ledger.photos.sight(folder, Path("bad.jpg"), Stamp(5, NOW * 10**9, 7), FoundBy.SCAN, NOW)
        ledger.photos.finish(photo, Ended(State.FAILED, "there is no picture in it", "a" * 64, Recipe()), NOW)
    return path


@pytest.fixture
def ready(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks are loaded already."""

    def loaded(_settings: Settings) -> Networks:
        return networks

    monkeypatch.setattr(wiring, "networks", loaded)


def waiting(config_file: Path) -> list[tuple[Request, Path | None]]:
    with Ledger.open(config_file.parent / "state" / "ledger.sqlite") as ledger:
        return [(asked.kind, asked.path) for asked in ledger.requests.waiting()]


def test_help_lists_every_command_and_the_first_steps(gpend: Gpend) -> None:
    said = gpend("--help").output
    assert [name for name in ALL if f"\n  {name} " in said] == ALL
    assert sorted(commands.commands) == ALL
    assert "gpend demo  " in said
    assert "..." not in said.partition("Commands:")[2]


@pytest.mark.parametrize("name", ALL)
def test_every_command_teaches_itself_with_an_example(name: str, gpend: Gpend) -> None:
    said = gpend(name, "--help").output
    assert "Example" in said
    assert f"gpend {name}" in said.partition("Example")[2]


def test_the_version_is_told(gpend: Gpend) -> None:
    assert __version__ in gpend("--version").output


@pytest.mark.parametrize("arguments", [["fly"], ["score"], ["status", "--jsn"], ["restore", "-o"]])
def test_wrong_usage_ends_with_2(arguments: list[str], gpend: Gpend) -> None:
    assert gpend(*arguments).exit_code == 2


@pytest.mark.parametrize("name", ["run", "once", "status", "check", "retry", "confirm"])
def test_a_wrong_configuration_ends_with_2_and_every_problem(name: str, gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("foldres: []\nkeep: maybe\n")
    result = gpend(name, "--config", "wrong.yaml")
    assert result.exit_code == 2
    assert "did you mean folders?" in result.output
    assert "keep: should be" in result.output


def test_the_configuration_may_be_named_in_the_environment(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPEND_CONFIG", str(configured))
    assert gpend("status").exit_code == 0


def test_status_tells_how_it_is_going(gpend: Gpend, configured: Path) -> None:
    result = gpend("status", "--config", configured)
    assert result.exit_code == 0
    assert "gpend is not running" in result.output
    assert "1 failed" in result.output
    assert "there is no picture in it" in result.output


def test_status_for_scripts_is_json(gpend: Gpend, configured: Path) -> None:
    told = json.loads(gpend("status", "--json", "--config", configured).output)
    assert told["counts"]["failed"] == 1
    assert (told["running"], told["backlog"]) == (False, 0)
    assert told["last_errors"][0]["photo"] == str(configured.parent / "in" / "bad.jpg")


def test_status_before_the_first_run_says_so(gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text("ledger: none.sqlite")
    result = gpend("status", "--config", "new.yaml")
    assert result.exit_code == 2
    assert "no ledger" in result.output


def test_status_starts_without_the_networks_and_the_picture_libraries(configured: Path) -> None:
    program = (
        "import sys; from gpend.cli import commands; commands(sys.argv[1:], standalone_mode=False); "
        "heavy = ('torch', 'numpy', 'cv2', 'PIL', 'rich', 'structlog'); "
        "print('LOADED', [name for name in heavy if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, "status", "--config", str(configured)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "LOADED []"


def test_why_tells_what_is_known_of_a_photo(gpend: Gpend, configured: Path) -> None:
    result = gpend("why", configured.parent / "in" / "bad.jpg", "--config", configured)
    assert result.exit_code == 0
    assert "bad.jpg: failed" in result.output
    told = json.loads(gpend("why", "in/bad.jpg", "--json", "--config", configured).output)
    assert (told["state"], told["reason"]) == ("failed", "there is no picture in it")


def test_why_tells_why_a_photo_is_not_known(gpend: Gpend, configured: Path) -> None:
    result = gpend("why", "/elsewhere/x.jpg", "--config", configured)
    assert result.exit_code == 1
    assert "It lies in no watched folder" in result.output


def test_retry_asks_for_the_photos_named_or_for_all_that_failed(gpend: Gpend, configured: Path) -> None:
    assert gpend("retry", "in/bad.jpg", "--config", configured).exit_code == 0
    assert gpend("retry", "--config", configured).exit_code == 0
    assert waiting(configured) == [(Request.RETRY, configured.parent / "in" / "bad.jpg"), (Request.RETRY, None)]


def test_retry_refuses_a_photo_of_no_watched_folder_and_asks_for_none(gpend: Gpend, configured: Path) -> None:
    result = gpend("retry", "in/bad.jpg", "/elsewhere/x.jpg", "--config", configured)
    assert result.exit_code == 2
    assert "It lies in no watched folder" in result.output
    assert waiting(configured) == []


def test_confirm_leaves_word_for_the_daemon(gpend: Gpend, configured: Path) -> None:
    assert gpend("confirm", "--config", configured).exit_code == 0
    assert waiting(configured) == [(Request.CONFIRM, None)]


def test_check_is_content_with_folders_that_are_there(gpend: Gpend, configured: Path) -> None:
    result = gpend("check", "--config", configured)
    assert result.exit_code == 0
    assert "is right" in result.output


def test_check_names_every_problem_at_once(gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    text = "folders: [{source: in, output: in/out}, {source: none, output: out}]\nrestore: {model: gpen-257}"
    (tmp_path / "gpend.yaml").write_text(text)
    result = gpend("check", "--config", "gpend.yaml")
    assert result.exit_code == 2
    for said in ("lies inside the source folder", f"{tmp_path / 'none'} does not exist", "'gpen-257'"):
        assert said in result.output


@pytest.mark.usefixtures("ready")
def test_score_tells_what_gpend_sees_and_writes_nothing(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    photos = [samples / "portrait-blurred.jpg", samples / "portrait-sharp.jpg"]
    result = gpend("score", "--json", *photos)
    told = json.loads(result.output)
    assert result.exit_code == 0
    assert [(one["photo"], one["outcome"]) for one in told] == [(str(photos[0]), "restored"), (str(photos[1]), "kept")]
    assert list(tmp_path.iterdir()) == []
    assert "portrait-blurred.jpg: would be restored" in gpend("score", photos[0]).output


@pytest.mark.usefixtures("ready")
def test_a_photo_that_fails_does_not_stop_the_others_and_is_told_by_1(gpend: Gpend, samples: Path) -> None:
    result = gpend("score", "--json", "none.jpg", samples / "no-faces.jpg")
    assert result.exit_code == 1
    assert [one["outcome"] for one in json.loads(result.output)] == ["failed", "kept"]


@pytest.mark.usefixtures("ready")
def test_restore_writes_its_output_into_the_current_folder(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    shutil.copyfile(samples / "portrait-blurred.jpg", tmp_path / "a.jpg")
    result = gpend("restore", "a.jpg", "-i", samples / "portrait-sharp.jpg")
    assert result.exit_code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jpg", "output_a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == (samples / "portrait-blurred.jpg").read_bytes()
    assert "a.jpg: restored" in result.output
    assert "portrait-sharp.jpg: kept" in result.output


@pytest.mark.usefixtures("ready")
def test_restore_without_a_photo_takes_the_bundled_sample(gpend: Gpend, tmp_path: Path) -> None:
    assert gpend("restore").exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["output_portrait-blurred.jpg"]


@pytest.mark.usefixtures("ready")
def test_restore_tries_sharp_faces_too_if_asked(gpend: Gpend, samples: Path) -> None:
    result = gpend("restore", "--all-faces", samples / "portrait-sharp.jpg")
    assert result.exit_code == 0
    assert "sharp enough" not in result.output


def test_restore_never_writes_over_its_input(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    shutil.copyfile(samples / "portrait-blurred.jpg", tmp_path / "a.jpg")
    result = gpend("restore", "a.jpg", "-o", "a.jpg")
    assert result.exit_code == 2
    assert "never writes over its input" in result.output


def test_once_tells_what_it_did(gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tally = Tally(unsettled=2)
    tally.states[State.RESTORED] = 3

    def once(_settings: Settings, show: Callable[[Progress], None]) -> Tally:
        show(Progress(1, 3, is_scanning=True))
        return tally

    monkeypatch.setattr(wiring, "once", once)
    result = gpend("once", "--config", configured)
    assert (result.exit_code, result.output) == (0, "3 restored.\n2 left for later: still being written.\n")
    tally.states[State.FAILED] = 1
    assert gpend("once", "--config", configured).exit_code == 1


def test_run_hands_over_the_settings_and_how_to_read_them_again(
    gpend: Gpend, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Settings] = []

    def run(settings: Settings, reload: Callable[[], Settings]) -> None:
        given.extend([settings, reload()])

    monkeypatch.setattr(wiring, "run", run)
    assert gpend("run", "--config", configured).exit_code == 0
    assert given[0] == given[1]
    assert given[0].folders[0].source == configured.parent / "in"


@pytest.mark.parametrize("name", ["gpend.yaml", "gpend.service", "gpend-user.service"])
def test_print_gives_the_files_that_came_with_gpend(name: str, gpend: Gpend) -> None:
    result = gpend("print", name)
    assert result.exit_code == 0
    assert result.output.startswith("# gpend")
