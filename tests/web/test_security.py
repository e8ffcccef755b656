"""Who comes in, and who does not."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from gpend.errors import FatalError
from gpend.settings import WebSettings
from gpend.web import security, serving
from gpend.web.app import application
from gpend.web.security import LOOPBACK, Sessions, make_token, read_token


def test_the_token_is_kept_as_a_hash_that_only_gpend_reads(tmp_path: Path, token: str) -> None:
    kept = tmp_path / "token"
    assert token not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_new_token_ends_the_old_one(tmp_path: Path, token: str) -> None:
    make_token(tmp_path / "token")
    assert Sessions(read_token(tmp_path / "token"), ()).begin(token, 0.0) is None


def test_a_token_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FatalError, match="cannot be kept"):
        make_token(tmp_path / "file" / "token")


def test_after_a_wrong_token_the_right_one_has_to_wait_longer_each_time(guarded: Sessions, token: str) -> None:
    assert guarded.begin("guess", 0.0) is None
    assert guarded.begin(token, 0.5) is None
    assert guarded.begin("guess", 1.1) is None
    assert guarded.begin(token, 2.9) is None
    assert guarded.begin(token, 3.2) is not None


def test_sessions_are_bounded() -> None:
    sessions = Sessions(None, ())
    first = sessions.admit(None)
    for _ in range(300):
        sessions.admit(None)
    assert sessions.admit(first) != first


@given(st.text())
def test_no_other_token_is_the_token(guess: str) -> None:
    assert Sessions("0" * 64, ()).begin(guess, 0.0) is None


@given(st.text(max_size=60))
@example("::1")
@example("[::1]")
@example("[::1]:8675")
def test_only_its_own_names_are_known(host: str) -> None:
    known = Sessions(None, LOOPBACK).is_known_host(host)
    assert known == (host.rsplit(":", 1)[0] in LOOPBACK or host in LOOPBACK)


EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - nothing listens


def _listening(folder: Path, host: str) -> Sessions:
    web = WebSettings(host=host, names=("nas.local",))
    return serving.sessions_for(folder / "ledger.sqlite", web, lambda _: None)


@pytest.mark.parametrize("host", ["192.168.1.5:8765", "192.168.1.5", "[fd00::5]:8765", "[fe80::1]", "10.0.0.7:80"])
def test_where_it_listens_everywhere_it_goes_by_any_address(tmp_path: Path, host: str) -> None:
    assert all(_listening(tmp_path, everywhere).is_known_host(host) for everywhere in EVERYWHERE)
    assert not _listening(tmp_path, "192.168.1.6").is_known_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:8765",
            "192.168.1.5.evil.example",
            "1.2.3.4@evil.example",
            "1.2.3",
            "256.1.1.1",
        ),
        *("", "fd00::5", "[192.168.1.5]", "[fd00::5", "[fd00::5%eth0]", "1.2.3.4:", "1.2.3.4:8765:1", "1.2.3.4\n"),
        *("0x7f.1", "017.0.0.1", "\N{ARABIC-INDIC DIGIT THREE}.1.1.1"),
    ],
)
def test_no_name_passes_for_an_address(tmp_path: Path, host: str) -> None:
    assert not any(_listening(tmp_path, everywhere).is_known_host(host) for everywhere in EVERYWHERE)


def test_beyond_the_machine_itself_a_token_is_made_and_shown_once(tmp_path: Path) -> None:
    said: list[str] = []
    ledger = tmp_path / "ledger.sqlite"
    assert serving.sessions_for(ledger, WebSettings(), said.append).token is None
    assert said == []
    everywhere = WebSettings(host="0.0.0.0", names=("nas.local",))  # noqa: S104 - nothing listens
    for _ in range(2):
        assert serving.sessions_for(ledger, everywhere, said.append).token
    assert len(said) == 1
    assert security.HEADERS["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("10.0.0.2", {"remote-user": "anna"}, 200),
        ("10.0.0.2", {"remote-user": " "}, 303),
        ("10.0.0.2", {}, 303),
        ("10.0.0.9", {"remote-user": "anna"}, 303),  # not the proxy: anybody can write a header
    ],
)
def test_a_trusted_proxy_lets_people_in_and_nobody_else_does(
    ledger: Path, tmp_path: Path, address: str, headers: dict[str, str], status: int
) -> None:
    proxy = security.TrustedProxy("Remote-User", ("10.0.0.2",))
    app = application(ledger, Sessions("0" * 64, LOOPBACK, proxy), tmp_path / "cache")
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, client=(address, 50000)) as client:
        assert client.get("/photos", headers=headers).status_code == status


def test_a_proxy_that_is_not_told_of_is_never_believed() -> None:
    assert not security.NO_PROXY.vouches({"": "anna", "remote-user": "anna"}, "127.0.0.1")
