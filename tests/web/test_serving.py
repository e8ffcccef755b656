"""The dashboard says where it is only if it listens there."""

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.errors import FatalError, GpendError, TransientError
from gpend.settings import Settings, WebSettings
from gpend.web import serving


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104 - the test's own
        yield int(other.getsockname()[1])


def _serve(folder: Path, host: str, port: int) -> list[str]:
    """What is said where it cannot be served, last why not."""
    said: list[str] = []
    settings = Settings(ledger=folder / "ledger.sqlite", web=WebSettings(host=host, port=port))
    with pytest.raises(GpendError) as error:
        serving.serve(settings, lambda: settings, said.append)
    return [*said, f"{type(error.value).__name__}: {error.value}"]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - the test's own
def test_where_something_else_listens_that_is_said_and_no_token_is_shown(host: str, tmp_path: Path, taken: int) -> None:
    (said,) = _serve(tmp_path, host, taken)
    assert said.startswith(f"{TransientError.__name__}: Something else listens on port {taken} of {host} already")
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_this_machine_does_not_have_is_told(tmp_path: Path) -> None:
    (said,) = _serve(tmp_path, "192.0.2.1", 8765)  # RFC 5737: nobody has it
    assert "does not have the address 192.0.2.1" in said


def test_a_port_that_is_root_s_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    (said,) = _serve(tmp_path, "127.0.0.1", 80)
    assert said == f"{FatalError.__name__}: This user may not listen on port 80. Name one above 1023: --port."


def test_a_name_that_stands_for_no_address_is_told(tmp_path: Path) -> None:
    (said,) = _serve(tmp_path, "no name at all", 8765)
    assert "It is not possible to listen at no name at all" in said


@pytest.mark.parametrize(
    ("host", "names", "address"),
    [
        ("127.0.0.1", (), "http://127.0.0.1:8765/"),
        ("::1", (), "http://[::1]:8765/"),
        ("192.168.1.5", ("nas.local",), "http://192.168.1.5:8765/"),
        ("0.0.0.0", ("nas.local",), "http://nas.local:8765/"),  # noqa: S104 - nothing listens
        ("::", ("[fd00::5]",), "http://[fd00::5]:8765/"),
    ],
)
def test_an_address_is_told_that_a_browser_opens(host: str, names: tuple[str, ...], address: str) -> None:
    assert serving.where(WebSettings(host=host, names=names)) == f"The dashboard: {address}"


def test_who_gave_no_name_is_told_how_other_machines_reach_it() -> None:
    told = serving.where(WebSettings(host="0.0.0.0"))  # noqa: S104 - nothing listens
    assert told.startswith("The dashboard: http://127.0.0.1:8765/\nFrom other machines it is reached by")
