"""Programs of the user's own hear what happens, and cannot hold gpend up."""

import ctypes
import errno
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.daemon import Daemon, Environment
from gpend.daemon.hooks import Hooks, problems
from gpend.daemon.untold import Untold, kept_beside
from gpend.dispatch import FolderPair, Runtime
from gpend.errors import ConfigurationError
from gpend.intake.source import Source
from gpend.ledger import Ledger, State
from gpend.mirror import Mirror
from gpend.settings import HookSettings
from gpend.words import tally_text
from tests.fakes import FakeClock
from tests.test_parent import has_ended
from tests.waiting import PATIENCE, wait_until
from tests.world import BLURRED, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def writer(tmp_path: Path) -> str:
    program = tmp_path / "writer.py"
    program.write_text("import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')\n")
    return f"{sys.executable} {program} '{tmp_path / 'heard'}'"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no program is done within the moment that one is given when gpend must end."""
    monkeypatch.setattr("gpend.daemon.hooks._PATIENCE", 0.0)


def told(**facts: str) -> bytes:
    """As it is kept."""
    return json.dumps(facts).encode()


def heard(world: World) -> list[dict[str, object]]:
    return [json.loads(line) for line in (world.root / "heard").read_text().splitlines()]


@pytest.mark.usefixtures("slow")
def test_a_program_hears_of_what_was_restored_and_what_was_not(world: World, writer: str) -> None:
    world.knobs["hooks"] = HookSettings(on_restored=writer, on_failed=writer)
    world.put("a.jpg")
    world.put("b.jpg", b"broken, and more of it")
    world.put("c.jpg", b"sharp, and much more of it")
    world.once()
    facts = {str(each["event"]): each for each in heard(world)}
    assert set(facts) == {"on_restored", "on_failed"}
    assert facts["on_restored"]["output"] == str(world.output / "a.jpg")
    assert facts["on_restored"]["faces"]
    assert facts["on_failed"]["reason"] == "it is broken"


def test_a_program_is_told_of_a_photo_that_was_moved_and_that_nothing_was_restored_anew(
    world: World, writer: str
) -> None:
    world.knobs["hooks"] = HookSettings(on_restored=writer)
    photo = world.put("a.jpg")
    world.once()
    photo.rename(photo.with_name("b.jpg"))
    with capture_logs() as logged:
        tally = world.once()
    assert [(each["photo"], each["known"]) for each in heard(world)] == [
        (str(photo), False),
        (str(photo.with_name("b.jpg")), True),
    ]
    assert [each["known"] for each in logged if each["event"] == "photo_restored"] == [True]
    assert "1 of them known before" in tally_text(tally)


@pytest.mark.usefixtures("slow")
def test_a_program_hears_why_a_folder_is_paused(world: World, writer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.knobs["hooks"] = HookSettings(on_paused=writer)
    world.put("a.jpg")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    world.once()
    assert "the disk is full" in str(heard(world)[0]["reason"])


@pytest.mark.parametrize("command", ["sleep 3600", "sh -c 'exit 3'", "sh -c 'sleep 3600 & cat'"])
def test_a_program_that_hangs_or_fails_costs_a_line_in_the_log(world: World, command: str) -> None:
    world.knobs["hooks"] = HookSettings(on_restored=command, seconds=0.3)
    world.put("a.jpg")
    began = time.monotonic()
    world.once()
    assert world.row("a.jpg").state is State.RESTORED
    assert time.monotonic() - began < PATIENCE


@pytest.fixture
def first_process() -> Iterator[None]:
    """As in a container: what loses its parent becomes this process's."""
    adopt, library = 36, ctypes.CDLL(None)  # PR_SET_CHILD_SUBREAPER of prctl(2)
    library.prctl(adopt, 1)
    yield
    library.prctl(adopt, 0)


@pytest.mark.usefixtures("first_process")
def test_where_gpend_is_the_first_process_nothing_of_a_program_that_took_too_long_is_left(world: World) -> None:
    world.put("a.jpg")
    world.knobs["hooks"] = HookSettings(on_restored="sh -c 'sleep 60; true'", seconds=0.5)
    before = children()
    world.once()
    assert children() <= before


@pytest.mark.usefixtures("first_process")
def test_where_gpend_is_the_first_process_it_lets_go_of_what_a_program_left_behind_when_that_has_ended(
    world: World,
) -> None:
    number, program = world.root / "number", world.root / "program.sh"
    program.write_text(
        f"if test -e {number}; then\n"
        f"  read left < {number}; kill $left; until grep -q ') Z' /proc/$left/stat; do :; done\n"
        f"else sleep 3600 2> /dev/null & echo $! > {number}; fi\n"
    )
    world.knobs["hooks"] = HookSettings(on_restored=f"sh {program}", seconds=PATIENCE)
    world.put("a.jpg")
    world.put("b.jpg", BLURRED + b"b")
    before = children()
    world.once()
    assert number.exists()
    assert children() <= before


def children() -> set[str]:
    """The numbers of the processes that are this one's."""
    own = os.getpid()
    listed = Path(f"/proc/{own}/task").glob("*/children")
    return {number for each in listed for number in each.read_text().split()}


def test_what_a_program_leaves_behind_does_not_keep_the_next_from_hearing(world: World) -> None:
    gate, after = world.root / "gate", world.root / "after"
    left = f"setsid sh -c 'until [ -e {gate} ]; do sleep 0.05; done' & "
    hooks = Hooks(HookSettings(on_paused=f'sh -c "{left}touch {after}"', seconds=0.3))
    try:
        hooks.paused(pair_of(world), "the disk is full")
        wait_until(after.exists)
        after.unlink()
        hooks.paused(pair_of(world), "the disk is full")
        wait_until(after.exists)
    finally:
        gate.touch()
        hooks.close()


def pair_of(world: World) -> FolderPair:
    """The world's folder and its output."""
    with Ledger.open(world.settings.ledger) as ledger:
        folder = ledger.sources.configure([(world.source, world.output)], 0)[0].id
    return FolderPair(folder, Source(world.source), Mirror(world.source, world.output))


def test_more_news_than_can_be_told_is_left_out(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr("gpend.daemon.hooks._WAITING", 1)
    hooks = Hooks(HookSettings(on_paused="sleep 3600"))
    with capture_logs() as logged:
        for _ in range(10):
            hooks.paused(pair_of(world), "the disk is full")
        hooks.close()
    assert {str(line["hook"]) for line in logged} == {"sleep"}  # what follows may be a password
    assert hooks._queue.qsize() <= 2  # noqa: SLF001  # that it is bounded is the point; one says that it ends


def test_thousands_of_photos_may_wait_for_a_program_and_none_is_left_out(world: World) -> None:
    gate, count, pair = world.root / "gate", 3000, pair_of(world)
    hooks = Hooks(HookSettings(on_paused=f"sh -c 'until [ -e {gate} ]; do sleep 0.05; done'"), world.root / "kept")
    with capture_logs() as logged:
        for number in range(count):
            hooks.paused(pair, f"{number}")
        hooks.close()
    (kept,) = [line for line in logged if line["event"] == "hook_kept"]
    assert f"before {count} had been heard" in kept["reason"]
    assert reasons(world.root / "kept") == [f"{number}" for number in range(count)]


def test_where_too_many_waited_the_end_is_not_waited_for_after_the_last(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr("gpend.daemon.hooks._WAITING", 1)
    monkeypatch.setattr("gpend.daemon.hooks._LEISURE", 20.0)
    gate = world.root / "gate"
    hooks = Hooks(HookSettings(on_paused=f"sh -c 'until [ -e {gate} ]; do sleep 0.05; done'", seconds=1000))
    hooks.paused(pair_of(world), "the disk is full")
    wait_until(hooks._queue.empty)  # noqa: SLF001  # it runs, and the next waits
    hooks.paused(pair_of(world), "the disk is full")
    thread = hooks._thread  # noqa: SLF001  # whether it has ended is the point
    gate.touch()
    hooks.close(lambda: False)
    assert thread is not None
    assert not thread.is_alive()


def test_what_waits_when_gpend_must_end_is_left_out_and_told_as_that(world: World) -> None:
    hooks = Hooks(HookSettings(on_paused="sleep 3600"))
    for _ in range(3):
        hooks.paused(pair_of(world), "the disk is full")
    with capture_logs() as logged:
        hooks.close()
    (left,) = [line for line in logged if line["event"] == "hook_left_out"]
    assert left["reason"] == "gpend ended before 3 had been heard"
    (ended,) = [line for line in logged if line["event"] == "hook_ended"]
    assert "gpend ended" in ended["reason"]
    assert not [line for line in logged if "too long" in str(line)]


def test_what_was_not_heard_when_gpend_had_to_end_is_heard_after_the_next_start(
    world: World, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.daemon.hooks._PATIENCE", 0.2)
    kept = kept_beside(world.settings.ledger)
    hooks = Hooks(HookSettings(on_paused="sleep 3600"), kept)
    for reason in ("full", "away", "another"):
        hooks.paused(pair_of(world), reason)
    with capture_logs() as logged:
        hooks.close()
    assert [line["event"] for line in logged] == ["hook_ended", "hook_kept"]
    following = Hooks(HookSettings(), kept)
    following.apply(HookSettings(on_paused=writer))
    following.close(lambda: False)
    assert [each["reason"] for each in heard(world)] == ["full", "away", "another"]
    assert not kept.exists()


DYING = """
import sys, threading
from pathlib import Path
from gpend.daemon.hooks import Hooks
from gpend.settings import HookSettings
Hooks(HookSettings(), Path(sys.argv[1])).apply(HookSettings(on_paused=sys.argv[2], seconds=1000))
threading.Event().wait()
"""


def test_what_was_kept_is_heard_also_where_the_gpend_that_told_it_is_killed_and_what_it_ran_ends_with_it(
    world: World, writer: str
) -> None:
    kept, begun = kept_beside(world.settings.ledger), world.root / "begun"
    Untold(kept).keep([told(event="on_paused", reason=reason) for reason in ("full", "away", "another")])
    program = world.root / "slow.sh"
    program.write_text(f"if grep full; then exit; fi\n(echo $$; exec sh -c 'echo $$; sleep 3600') > {begun}")
    command = [sys.executable, "-c", DYING, str(kept), f"sh {program}"]
    with subprocess.Popen(command) as gpend:  # the second of three runs for ever when it is killed
        wait_until(lambda: begun.exists() and len(begun.read_text().split()) == 2)
        gpend.kill()
    for number in begun.read_text().split():
        wait_until(lambda: has_ended(number))  # noqa: B023  # it is called at once
    following = Hooks(HookSettings(), kept)
    following.apply(HookSettings(on_paused=writer))
    following.close(lambda: False)
    assert [each["reason"] for each in heard(world)] == ["away", "another"]
    assert not kept.exists()


DYING_OF_NEWS = """
import sys, threading
from pathlib import Path
from types import SimpleNamespace
from gpend.daemon.hooks import Hooks
from gpend.settings import HookSettings
hooks = Hooks(HookSettings(), Path(sys.argv[1]))
hooks.apply(HookSettings(on_paused=sys.argv[2], seconds=1000))
pair = SimpleNamespace(root="photos", mirror=SimpleNamespace(output="restored"))
for reason in sys.argv[3:]:
    hooks.paused(pair, reason)
Path(sys.argv[1]).with_name("told").touch()
threading.Event().wait()
"""


def test_what_waits_is_heard_after_the_next_start_though_gpend_was_killed_without_a_word(
    world: World, writer: str
) -> None:
    kept, begun, told = kept_beside(world.settings.ledger), world.root / "begun", world.root / "told"
    program = world.root / "slow.sh"
    program.write_text(f"if grep full; then exit; fi\ntouch {begun}\nsleep 3600")
    command = [sys.executable, "-c", DYING_OF_NEWS, str(kept), f"sh {program}", "full", "away", "another", "a fourth"]
    with subprocess.Popen(command) as gpend:  # the second of four runs for ever when it is killed
        wait_until(lambda: begun.exists() and told.exists())
        gpend.kill()
    following = Hooks(HookSettings(), kept)
    following.apply(HookSettings(on_paused=writer))
    following.paused(pair_of(world), "a fifth")
    following.close(lambda: False)
    assert [each["reason"] for each in heard(world)] == ["away", "another", "a fourth", "a fifth"]
    assert not kept.exists()


def test_what_is_heard_at_once_leaves_nothing_beside_the_ledger(world: World, writer: str) -> None:
    kept = kept_beside(world.settings.ledger)
    hooks = Hooks(HookSettings(), kept)
    hooks.apply(HookSettings(on_paused=writer))
    hooks.paused(pair_of(world), "full")
    wait_until(lambda: (world.root / "heard").exists() and not kept.exists())
    hooks.close(lambda: False)


def reasons(kept: Path) -> list[object]:
    """What a gpend that starts now would tell."""
    return [json.loads(line)["reason"] for _, line in Untold(kept).read()]


def test_what_was_told_does_not_grow_beside_the_ledger_while_something_waits(world: World) -> None:
    kept = kept_beside(world.settings.ledger)
    untold = Untold(kept)
    waits = untold.add(told(reason="waits"))
    for number in range(300):
        mark = untold.add(told(reason=f"{number} {'x' * 20_000}"))
        assert mark is not None
        assert reasons(kept)[-1] == f"{number} {'x' * 20_000}"
        untold.strike(mark)
        assert reasons(kept) == ["waits"]
        assert kept.stat().st_size < 2 << 20
    assert waits is not None
    untold.strike(waits)
    assert not kept.exists()


def test_what_waits_is_kept_where_somebody_took_the_file_away_or_put_another_there(world: World) -> None:
    kept = kept_beside(world.settings.ledger)
    untold = Untold(kept)
    first = untold.add(told(reason="first"))
    kept.unlink()
    kept.write_bytes(b'{"reason": "theirs"}')
    second = untold.add(told(reason="second"))
    assert first is not None
    assert second is not None
    untold.strike(first)
    assert reasons(kept) == ["second"] or reasons(kept) == ["theirs", "second"]
    untold.strike(second)
    assert "second" not in (reasons(kept) if kept.exists() else [])


def test_what_a_gpend_was_killed_amid_writing_takes_nothing_with_it(world: World) -> None:
    kept = kept_beside(world.settings.ledger)
    Untold(kept).add(told(reason="first"))
    with kept.open("ab") as file:
        file.write(b'{"reason": "hal')
    untold = Untold(kept)
    ((mark, _),) = untold.read()
    assert untold.add(told(reason="second")) is not None
    assert reasons(kept) == ["first", "second"]
    untold.strike(mark)
    assert reasons(kept) == ["second"]


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda kept: kept.symlink_to("/dev/full")])
def test_where_nothing_can_be_kept_programs_hear_all_the_same(
    world: World, writer: str, put: Callable[[Path], None]
) -> None:
    kept = kept_beside(world.settings.ledger)
    hooks = Hooks(HookSettings(), kept)
    hooks.apply(HookSettings(on_paused=writer))
    put(kept)
    hooks.paused(pair_of(world), "full")
    hooks.close(lambda: False)
    assert [each["reason"] for each in heard(world)] == ["full"]


def test_what_was_kept_and_cannot_be_told_in_time_once_more_is_kept_again(world: World, writer: str) -> None:
    kept = kept_beside(world.settings.ledger)
    Untold(kept).keep([told(event="on_paused", reason=reason) for reason in ("full", "away")])
    hooks = Hooks(HookSettings(), kept)
    hooks.apply(HookSettings(on_paused="sleep 3600"))
    hooks.apply(HookSettings(on_paused="sleep 3601"))  # a reload does not read it again
    hooks.close()
    following = Hooks(HookSettings(), kept)
    following.apply(HookSettings(on_paused=writer))
    following.close(lambda: False)
    assert [each["reason"] for each in heard(world)] == ["full", "away"]


UNTOLD = [b"", b"[", b"7", b'7\n{"event": "on_fire"}\n{"event": "on_failed"}\n', b"\xff", b"[" * 200_000]


@pytest.mark.parametrize("content", UNTOLD)
def test_what_was_kept_and_cannot_be_told_any_more_is_left(world: World, writer: str, content: bytes) -> None:
    kept = kept_beside(world.settings.ledger)
    kept.write_bytes(content)
    hooks = Hooks(HookSettings(), kept)
    hooks.apply(HookSettings(on_paused=writer))
    hooks.close(lambda: False)
    assert not (world.root / "heard").exists()
    assert not kept.exists()


def a_pipe(kept: Path) -> None:
    """Nobody writes to it."""
    os.mkfifo(kept)


def more_than_memory(kept: Path) -> None:
    """A file of many bytes, which takes no room."""
    kept.touch()
    os.truncate(kept, 1 << 43)


@pytest.mark.parametrize("put", [a_pipe, more_than_memory])
def test_what_gpend_did_not_keep_stops_no_start(world: World, writer: str, put: Callable[[Path], None]) -> None:
    kept = kept_beside(world.settings.ledger)
    put(kept)
    started = threading.Thread(target=Hooks(HookSettings(), kept).apply, args=(HookSettings(on_paused=writer),))
    started.start()
    started.join(10)
    if started.is_alive():  # somebody writes nothing to it, so that the test ends
        kept.open("wb").close()
        started.join()
        pytest.fail("it waits for whoever writes to a pipe")
    assert not kept.exists()


def test_a_program_that_runs_when_the_configuration_is_read_again_goes_on_and_the_next_hears_too(
    world: World, writer: str
) -> None:
    gate, begun = world.root / "gate", world.root / "begun"
    slow = f"sh -c 'touch {begun}; until [ -e {gate} ]; do sleep 0.05; done; cat >> {world.root}/first'"
    world.knobs["hooks"] = HookSettings(on_restored=slow)
    world.put("a.jpg")
    world.put("b.jpg", BLURRED + b"2")

    def reload() -> Runtime:
        wait_until(begun.exists)
        world.knobs["hooks"] = HookSettings(on_restored=writer)
        return world.runtime

    def open_gate() -> None:
        gate.touch()
        wait_until((world.root / "heard").exists)

    with capture_logs() as logged, Ledger.open(world.settings.ledger) as ledger:
        clock = SteppingClock()
        daemon = Daemon(world.runtime, ledger, Environment(clock=clock, watching=None, reload=reload))
        clock.steps = iter([*[nothing] * 40, daemon.hang_up, *[nothing] * 10, open_gate, daemon.stop])
        daemon.run()
    assert "configuration_reloaded" in [line["event"] for line in logged]
    told = [json.loads((world.root / "first").read_text()), *heard(world)]
    assert sorted(str(each["photo"]) for each in told) == [str(world.source / name) for name in ("a.jpg", "b.jpg")]
    assert not [line for line in logged if line["event"].startswith("hook_")]


def nothing() -> None:
    """Let time pass."""


@dataclass
class SteppingClock(FakeClock):
    """Something happens each time that the daemon waits."""

    steps: Iterator[Callable[[], object]] = field(default_factory=lambda: iter(()))

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """As in Clock."""
        super().wait(wake, seconds)
        next(self.steps, nothing)()


def test_whoever_waits_for_a_program_is_told_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpend.daemon.hooks._SOON", 0.0)
    gate, told = world.root / "gate", list[str]()
    hooks = Hooks(HookSettings(on_paused=f"sh -c 'until [ -e {gate} ]; do sleep 0.05; done'", seconds=1000))
    hooks.paused(pair_of(world), "the disk is full")
    wait_until(hooks._queue.empty)  # noqa: SLF001  # it runs, and the next waits
    hooks.paused(pair_of(world), "the disk is full")

    def tell(what: str) -> None:
        told.append(what)
        gate.touch()

    hooks.close(lambda: False, tell)
    (said,) = told
    assert "and then 1 more" in said
    assert "5 minutes at most" in said


def test_a_program_that_is_not_there_is_refused_at_the_start(world: World) -> None:
    world.knobs["hooks"] = HookSettings(on_failed="no-such-program --now", on_paused="'")
    with pytest.raises(ConfigurationError) as refusal:
        world.once()
    assert "hooks.on_failed: there is no program" in str(refusal.value)
    assert "hooks.on_paused" in str(refusal.value)


def test_programs_that_can_be_run_are_no_problem() -> None:
    assert list(problems(HookSettings(on_restored="sh -c true"))) == []
