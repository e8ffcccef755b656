"""What the end of a connection says of a worker."""

import asyncio
import errno
import socket

import pytest

from gpend.engine.cluster import link
from gpend.engine.cluster.link import answers, loss_of
from gpend.engine.cluster.placement import Loss
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer takes its time."""
    monkeypatch.setattr(link, "_ANSWER_SECONDS", PATIENCE)


async def _asked_of_a_server() -> bool:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        return await answers(f"tls://127.0.0.1:{server.sockets[0].getsockname()[1]}")


def test_a_machine_answers_with_a_connection() -> None:
    assert asyncio.run(_asked_of_a_server())


def test_a_machine_whose_process_has_died_answers_with_a_refusal() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        assert asyncio.run(answers(f"tls://127.0.0.1:{held.getsockname()[1]}"))


async def _asked_of_a_process_that_ends_meanwhile() -> bool:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asking = asyncio.create_task(answers(f"tls://127.0.0.1:{listening.getsockname()[1]}"))
        await asyncio.sleep(0)  # it has connected, and nobody has taken that
    return await asking


def test_a_machine_whose_process_dies_before_it_takes_the_connection_answers_with_a_reset() -> None:
    assert asyncio.run(_asked_of_a_process_that_ends_meanwhile())


@pytest.mark.parametrize("number", [errno.EHOSTUNREACH, errno.ETIMEDOUT])
def test_what_cannot_be_reached_was_cut_off(number: int) -> None:
    assert loss_of(OSError(number, "no route")) is Loss.CUT


def test_what_ends_its_connection_has_died() -> None:
    assert loss_of(ConnectionResetError(errno.ECONNRESET, "reset")) is Loss.DIED
