"""`gpend web`: where it listens, and the token."""

from pathlib import Path

import pytest

from gpend.web import serving
from tests.cli import Gpend


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What would be served, in place of serving it."""
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(serving, "serve", lambda *arguments: calls.append(arguments[:4]))
    return calls


def test_it_listens_on_the_machine_itself_unless_told(
    gpend: Gpend, configured: Path, served: list[tuple[object, ...]]
) -> None:
    assert gpend("web", "--config", configured).exit_code == 0
    assert served == [(configured.parent / "state" / "ledger.sqlite", "127.0.0.1", 8765, ())]


def test_a_new_token_is_shown_and_nothing_is_served(
    gpend: Gpend, configured: Path, served: list[tuple[object, ...]]
) -> None:
    result = gpend("web", "--new-token", "--config", configured)
    assert "The token, shown this once: " in result.output
    assert served == []
    assert (configured.parent / "state" / "web-token").exists()
