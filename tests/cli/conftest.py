"""Commands, called as from a shell."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gpend import wiring
from gpend.cli import commands
from gpend.core.networks import Networks
from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, State
from gpend.ledger import Result as Ended
from gpend.settings import Settings
from gpend.stamp import Stamp
from tests.cli import Gpend

NOW = 1_700_000_000


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
        photo = ledger.photos.sight(folder, Found(Path("bad.jpg"), Stamp(5, NOW * 10**9, 7), FoundBy.SCAN), NOW)
        ledger.photos.finish(photo, Ended(State.FAILED, "there is no picture in it", "a" * 64, Fingerprint()), NOW)
    return path


@pytest.fixture
def ready(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks are loaded already."""

    def loaded(_settings: Settings) -> Networks:
        return networks

    monkeypatch.setattr(wiring, "networks", loaded)
