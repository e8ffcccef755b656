"""The private authority: who holds a key of it is let in, and nobody else."""

import datetime as dt
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from gpend.engine.cluster import certificates
from gpend.errors import ConfigurationError
from tests.waiting import PATIENCE

_NOW = dt.datetime.now(dt.UTC)


def _context(folder: Path, purpose: ssl.Purpose) -> ssl.SSLContext:
    context = ssl.create_default_context(purpose, cafile=str(folder / "ca.pem"))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _is_let_in(server: Path, client: ssl.SSLContext) -> bool:
    """Whether a client is let in by a server with the keys in `server`."""
    ours, theirs = socket.socketpair()
    for each in (ours, theirs):
        each.settimeout(PATIENCE)
    answers: list[bytes] = []

    def serve() -> None:
        try:
            with _context(server, ssl.Purpose.CLIENT_AUTH).wrap_socket(ours, server_side=True) as wrapped:
                wrapped.sendall(b"in")
                answers.append(wrapped.recv(2))
        except (ssl.SSLError, OSError):
            ours.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(theirs) as wrapped:
            assert wrapped.recv(2) in (b"in", b"")
            wrapped.sendall(b"in")
    except (ssl.SSLError, OSError):
        theirs.close()
    thread.join(PATIENCE)
    return answers == [b"in"]


def test_every_role_gets_a_folder_with_its_own_key_that_nobody_else_may_read(tmp_path: Path) -> None:
    folders = certificates.make(tmp_path / "keys", _NOW)
    assert [folder.name for folder in folders] == ["head", "scheduler", "worker"]
    keys = [folder / "key.pem" for folder in folders] + [tmp_path / "keys" / "ca-key.pem"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert len({key.read_bytes() for key in keys}) == 4
    assert not any((folder / "ca-key.pem").exists() for folder in folders)


def test_who_holds_a_key_is_let_in_and_who_holds_none_or_one_of_another_authority_is_not(tmp_path: Path) -> None:
    head, scheduler, _ = certificates.make(tmp_path / "ours", _NOW)
    stranger, *_ = certificates.make(tmp_path / "theirs", _NOW)
    assert _is_let_in(scheduler, _context(head, ssl.Purpose.SERVER_AUTH))
    foreign = _context(stranger, ssl.Purpose.SERVER_AUTH)
    foreign.load_verify_locations(scheduler / "ca.pem")
    assert not _is_let_in(scheduler, foreign)
    keyless = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(scheduler / "ca.pem"))
    keyless.check_hostname = False
    assert not _is_let_in(scheduler, keyless)


def test_keys_that_are_there_are_never_written_over(tmp_path: Path) -> None:
    certificates.make(tmp_path, _NOW)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    with pytest.raises(ConfigurationError, match="never written over"):
        certificates.make(tmp_path, _NOW)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.pem")} == before


def test_how_long_a_certificate_still_holds_can_be_asked(tmp_path: Path) -> None:
    head, *_ = certificates.make(tmp_path, _NOW)
    assert certificates.days_left(head, _NOW) in (365 * certificates.YEARS - 1, 365 * certificates.YEARS)
