"""`gpend web`: where it listens, and the token."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gpend.cli.web import Current
from gpend.settings import Settings
from gpend.web import serving
from tests.cli import Gpend


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What would be served, in place of serving it."""
    calls: list[tuple[object, ...]] = []

    def serve(settings: Settings, current: Callable[[], Settings], say: object) -> None:
        del say
        assert current().ledger == settings.ledger
        web = settings.web
        calls.append((settings.ledger, web.host, web.port, web.names))

    monkeypatch.setattr(serving, "serve", serve)
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


def test_the_configuration_says_where_and_what_is_typed_counts_more(
    gpend: Gpend, configured: Path, served: list[tuple[object, ...]]
) -> None:
    configured.write_text(f"{configured.read_text()}web: {{host: 10.0.0.5, port: 9000, names: [nas.local]}}\n")
    gpend("web", "--config", configured)
    gpend("web", "--port", "9001", "--config", configured)
    assert [call[1:] for call in served] == [("10.0.0.5", 9000, ("nas.local",)), ("10.0.0.5", 9001, ("nas.local",))]


def test_settings_are_followed_and_while_they_are_wrong_those_before_count(configured: Path) -> None:
    current = Current(configured, Settings())
    assert current().triage.sharpness_threshold == 0.5
    right = configured.read_text()
    configured.write_text(f"{right}triage: {{sharpness_threshold: 0.7}}\n")
    assert current().triage.sharpness_threshold == 0.7
    configured.write_text("triage: nonsense at length, so that the size is another one")
    assert current().triage.sharpness_threshold == 0.7
