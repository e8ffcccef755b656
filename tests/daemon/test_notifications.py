"""People hear of what matters, each thing once, and however many photos it is about."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from gpend.daemon import notifications
from gpend.daemon.gathered import kept_beside
from gpend.daemon.notifications import Message, Notifications, Outbox
from gpend.dispatch import FolderPair
from gpend.intake.source import Source
from gpend.ledger import Fingerprint, Ledger, Request, Result, Row, State
from gpend.mirror import Mirror
from gpend.settings import NotificationSettings, Occasion
from tests.waiting import PATIENCE
from tests.world import World

NOON = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Phone:
    """What a person's phone shows; it may be out of reach."""

    def __init__(self) -> None:
        self.shown: list[Message] = []
        self.is_reachable = True
        self.tries = 0

    def __call__(self, message: Message) -> bool:
        """A message arrives, or does not."""
        self.tries += 1
        if self.is_reachable:
            self.shown.append(message)
        return self.is_reachable


def outbox(**settings: object) -> Outbox:
    return Outbox(NotificationSettings.model_validate({"urls": ("ntfy://x",), **settings}), NOON)


def test_what_is_set_aside_is_gathered_into_one_message() -> None:
    box = outbox()
    for number in range(1000):
        box.failed(f"/in/{number}.jpg", "it is damaged", NOON)
    assert box.due(NOON + MINUTE) == []
    assert len(box.gathered.named) == 5  # no more than are told
    (message,) = box.due(NOON + 6 * MINUTE)
    assert message.title == "gpend has set 1000 photos aside"
    assert message.body.startswith("/in/0.jpg: it is damaged\n")
    assert "and 995 more" in message.body
    box.failed("/in/x.jpg", "it is damaged", NOON + 7 * MINUTE)
    assert box.due(NOON + 20 * MINUTE) == []
    assert [message.title for message in box.due(NOON + 70 * MINUTE)] == ["gpend has set a photo aside"]


def test_a_name_that_is_no_utf_8_keeps_no_message_from_being_sent() -> None:
    box = outbox()
    box.failed(os.fsdecode(b"/in/\xff.jpg"), "it is damaged", NOON)
    box.failed("/in/b.jpg", "/out/\udcff is a link", NOON)
    box.paused("/caf\udce9", "it is full", NOON)
    pause, message = box.due(NOON + 6 * MINUTE)
    assert pause.body.encode().decode() == "/caf\N{REPLACEMENT CHARACTER}\nit is full"
    assert message.body.encode().decode().startswith("/in/\N{REPLACEMENT CHARACTER}.jpg: it is damaged\n")
    assert "/in/b.jpg: /out/\N{REPLACEMENT CHARACTER} is a link" in message.body


def test_a_pause_is_told_at_once_and_not_again_while_it_comes_and_goes() -> None:
    box = outbox()
    box.paused("/in", "The disk is full.", NOON)
    assert [message.body for message in box.due(NOON)] == ["/in\nThe disk is full."]
    box.paused("/in", "The disk is full.", NOON + 5 * MINUTE)
    assert box.due(NOON + 5 * MINUTE) == []
    box.paused("/in", "The disk is away.", NOON + 6 * MINUTE)
    box.paused("/in", "The disk is full.", NOON + 61 * MINUTE)
    assert len(box.due(NOON + 61 * MINUTE)) == 2


def test_what_gpend_asks_is_told_as_a_question() -> None:
    box = outbox(about=[Occasion.BRAKE])
    box.paused("/in", "60 photos vanished. If this is as you mean it, say `gpend confirm`.", NOON)
    box.paused("/in", "The disk is full.", NOON)
    box.failed("/in/a.jpg", "damaged", NOON)
    (message,) = box.due(NOON + 10 * MINUTE)
    assert message.title == "gpend asks before it goes on"


def test_the_digest_of_the_day_is_sent_once_at_its_hour_if_there_was_anything() -> None:
    box = outbox(digest_at="20:00")
    assert list(box.digest(NOON + timedelta(hours=8))) == []
    for state, count in ((State.RESTORED, 1234), (State.KEPT, 5), (State.INCOMPLETE, 1)):
        for _ in range(count):
            box.finished(state)
    assert list(box.digest(NOON + timedelta(hours=31))) == []
    (message,) = box.digest(NOON + timedelta(hours=33))
    assert message == Message("gpend today", "Photos: 1,234 restored, 5 left as they are.")
    assert list(box.digest(NOON + timedelta(hours=34))) == []
    assert list(box.digest(NOON + timedelta(hours=60))) == []


def test_the_digest_tells_what_is_new_and_counts_on_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, world = Phone(), World(tmp_path)
    set_aside_and_told(world, phone, monkeypatch)
    photo = world.put("a.jpg")
    world.once()
    photo.rename(photo.with_name("b.jpg"))  # as restored, with all others of its folder, it was told before
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "c.jpg"])
    world.clock.pass_by(60)
    world.once()
    now = [datetime.now(UTC)]
    told = Notifications(NotificationSettings(), world.settings.ledger, phone, lambda: now[0])
    monkeypatch.setattr(told, "_thread", threading.current_thread())
    told.apply(world.settings.notifications)
    now[0] += timedelta(days=1)
    told.step()
    now[0] += timedelta(days=1)
    told.step()
    assert [message.body for message in phone.shown if message.title == "gpend today"] == [
        "Photos: 1 restored, 1 set aside."
    ]


def test_what_cannot_be_sent_is_tried_again_and_at_last_given_up(tmp_path: Path) -> None:
    phone, now = Phone(), [NOON]
    phone.is_reachable = False
    settings = NotificationSettings(about=(Occasion.PAUSED,))
    told = Notifications(settings, tmp_path / "none.sqlite", phone, lambda: now[0])
    told._outbox.paused("/in", "The disk is full.", NOON)  # noqa: SLF001 - its thread is off, so that time stands still
    for _ in range(60):
        told.step()
        now[0] += MINUTE
    assert (phone.tries, phone.shown) == (3, [])


def set_aside_and_told(world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo that will be set aside, and a phone to be told of it."""
    monkeypatch.setattr(notifications, "_PATIENCE", 0.0)
    monkeypatch.setattr(notifications, "sender", lambda _urls: phone)
    monkeypatch.setattr(notifications, "problems", lambda _settings: [])
    world.knobs["notifications"] = {"urls": ["ntfy://x"]}
    world.put("c.jpg", b"broken, and more of it")


def test_the_daemon_has_people_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, world = Phone(), World(tmp_path)
    set_aside_and_told(world, phone, monkeypatch)
    world.once()
    assert [message.title for message in phone.shown] == ["gpend has set a photo aside"]
    assert "c.jpg: it is broken" in phone.shown[0].body


def test_a_photo_that_is_set_aside_again_for_the_same_reason_is_no_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, world = Phone(), World(tmp_path)
    set_aside_and_told(world, phone, monkeypatch)
    world.once()
    for _ in range(2):
        Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "c.jpg"])
        world.clock.pass_by(60)
        world.once()
    assert [message.title for message in phone.shown] == ["gpend has set a photo aside"]
    world.clock.pass_by(60)
    world.put("c.jpg", b"broken in another way, and more of it")
    world.once()
    assert len(phone.shown) == 2


def test_what_could_not_be_sent_goes_to_the_addresses_of_a_configuration_that_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = {("ntfy://x",): Phone(), ("ntfy://y",): Phone()}
    phones["ntfy://x",].is_reachable = False
    monkeypatch.setattr(notifications, "sender", phones.__getitem__)
    now = [NOON]
    told = Notifications(NotificationSettings(), tmp_path / "none.sqlite", clock=lambda: now[0])
    monkeypatch.setattr(told, "_thread", threading.current_thread())  # its own is off, so that time stands still
    told.apply(NotificationSettings(urls=("ntfy://x",)))
    told.paused(pair_of(tmp_path), "The disk is full.")
    told.step()
    told.apply(NotificationSettings(urls=("ntfy://y",)))
    now[0] += 10 * MINUTE
    told.step()
    assert phones["ntfy://x",].shown == []
    assert [message.title for message in phones["ntfy://y",].shown] == ["gpend has paused a folder"]


def test_where_nobody_is_to_be_told_any_more_nothing_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = Phone()
    monkeypatch.setattr(notifications, "sender", lambda _urls: phone)
    told = Notifications(NotificationSettings(), tmp_path / "none.sqlite", clock=lambda: NOON)
    monkeypatch.setattr(told, "_thread", threading.current_thread())
    told.apply(NotificationSettings(urls=("ntfy://x",)))
    told.paused(pair_of(tmp_path), "The disk is full.")
    told.apply(NotificationSettings())
    told.step()
    told.apply(NotificationSettings(urls=("ntfy://x",)))
    told.step()
    assert phone.tries == 0


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Phone], Notifications]:
    """Begins to tell as a gpend does whose clock stands still, and which is killed without a word in the end."""

    def begin(phone: Phone, **settings: object) -> Notifications:
        told = Notifications(NotificationSettings(), tmp_path / "ledger.sqlite", phone, lambda: NOON)
        monkeypatch.setattr(told, "_thread", threading.current_thread())
        told.apply(NotificationSettings.model_validate({"urls": ("ntfy://x",)} | settings))
        return told

    return begin


@pytest.fixture
def broken(tmp_path: Path) -> Row:
    """A photo that was set aside."""
    world = World(tmp_path)
    world.put("c.jpg", b"broken, and more of it")
    world.once()
    return world.row("c.jpg")


FAILED = Result(State.FAILED, "it is broken", None, Fingerprint())


def test_what_was_gathered_when_gpend_was_killed_is_told_after_the_next_start_and_once(
    killed: Callable[..., Notifications], broken: Row
) -> None:
    phone = Phone()
    told = killed(phone, about=("failed",))
    for _ in range(3):
        told.finished(broken, FAILED)
    told.step()
    assert phone.shown == []  # more may follow
    for _ in range(2):
        told = killed(phone, about=("failed",))
        told.step()
    (message,) = phone.shown
    assert message.title == "gpend has set 3 photos aside"
    assert message.body.count("c.jpg: it is broken") == 3
    assert not kept_beside(broken.path.parents[1] / "ledger.sqlite").exists()


def test_what_could_not_be_sent_before_gpend_ended_is_told_after_the_next_start_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, world = Phone(), World(tmp_path)
    phone.is_reachable = False
    set_aside_and_told(world, phone, monkeypatch)
    world.once()
    assert phone.tries == 1
    phone.is_reachable = True
    for _ in range(2):
        world.once()
    assert [message.title for message in phone.shown] == ["gpend has set a photo aside"]


def test_where_nobody_is_to_be_told_nothing_is_kept(killed: Callable[[Phone], Notifications], broken: Row) -> None:
    told, kept = killed(Phone()), kept_beside(broken.path.parents[1] / "ledger.sqlite")
    told.finished(broken, FAILED)
    assert kept.exists()
    told.apply(NotificationSettings())
    assert not kept.exists()
    told.finished(broken, FAILED)
    assert not kept.exists()


@pytest.mark.parametrize("held", [b"", b"\xff", b"[]", b'{"count": 3}', b"[" * 100_000, b'{"count": "3", "named": []}'])
def test_what_gpend_did_not_keep_is_not_told(
    killed: Callable[[Phone], Notifications], tmp_path: Path, held: bytes
) -> None:
    kept_beside(tmp_path / "ledger.sqlite").write_bytes(held)
    phone = Phone()
    killed(phone).step()
    assert phone.shown == []
    assert not kept_beside(tmp_path / "ledger.sqlite").exists()


def pair_of(root: Path) -> FolderPair:
    """A folder and its output."""
    return FolderPair(1, Source(root / "in"), Mirror(root / "in", root / "out"))


def test_the_hour_of_the_digest_may_change() -> None:
    box = outbox(digest_at="20:00")
    box.finished(State.RESTORED)
    box.apply(NotificationSettings(digest_at="14:00"), NOON)
    assert len(list(box.digest(NOON + timedelta(hours=2)))) == 1


def test_what_comes_while_the_last_messages_are_sent_is_told_too(tmp_path: Path) -> None:
    sent: list[str] = []

    def send(message: Message) -> bool:
        if not sent:
            told._outbox.failed("/in/a.jpg", "damaged", NOON)  # noqa: SLF001 - its thread is off
            told._is_closing.set()  # noqa: SLF001
            told._wake.set()  # noqa: SLF001
        sent.append(message.title)
        return True

    told = Notifications(NotificationSettings(), tmp_path / "none.sqlite", send, lambda: NOON)
    told._outbox.paused("/in", "The disk is full.", NOON)  # noqa: SLF001
    told._work()  # noqa: SLF001
    assert sent == ["gpend has paused a folder", "gpend has set a photo aside"]


def test_nobody_is_told_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, world = Phone(), World(tmp_path)
    monkeypatch.setattr(notifications, "sender", lambda _urls: phone)
    world.put("c.jpg", b"broken, and more of it")
    world.once()
    assert phone.tries == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what apprise imports
def test_an_address_that_cannot_be_read_is_refused_and_not_repeated() -> None:
    pytest.importorskip("apprise")
    settings = NotificationSettings(urls=("json://localhost", "nonsense://user:secret@host"))
    (problem,) = notifications.problems(settings)
    assert problem.startswith("notifications.urls[1]")
    assert "secret" not in problem


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what apprise imports
def test_apprise_carries_a_message_to_where_the_address_says() -> None:
    pytest.importorskip("apprise")
    heard: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        send = notifications.sender((f"json://127.0.0.1:{server.server_port}?cto=60&rto=60",))
        assert send(Message("gpend today", "Photos: 3 restored."))
        thread.join(PATIENCE)
    assert b"3 restored" in heard[0]
