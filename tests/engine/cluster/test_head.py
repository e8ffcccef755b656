"""The head with workers that the test plays: joining, leaving, dying, lacking, answering nonsense."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from gpend.cluster_state import ClusterState
from gpend.core.report import Kept, Outcome
from gpend.core.wish import Wish
from gpend.engine.cluster import head, standby
from gpend.engine.cluster.engine import ClusterEngine
from gpend.engine.cluster.head import Plan
from gpend.engine.cluster.link import Roster, Seen
from gpend.engine.cluster.messages import NUMBER, Hello, Versions, Weights, Welcome, asked_of, packed
from gpend.engine.protocol import Done, Failed, FromWorker, Photo, Refused
from gpend.errors import DeviceError, FatalError, PhotoError, TransientError
from tests.fakes import FakeEngine
from tests.waiting import PATIENCE, wait_until

_HELLO = Hello(
    versions=Versions.here(),
    settings="{}",
    largest=1 << 20,
    stall=300.0,
    idle=600.0,
    weights=(Weights(name="gpen-256", sha256="a" * 64),),
)
_KEPT = Done(NUMBER, Kept("sharp", ()))


@dataclass
class Played:
    """A worker."""

    name: str
    slots: int = 2
    answer: Callable[[bytes], FromWorker | bytes | OSError] = lambda _: _KEPT
    lacks: tuple[str, ...] = ()
    versions: Versions = field(default_factory=Versions.here)
    is_leaving: bool = False
    process: str = "one"
    had: list[bytes] = field(default_factory=list)
    hold: bool = False  # photos are not answered


class FakeLink:
    """A Link to played workers."""

    def __init__(self, *workers: Played) -> None:
        self.there = {f"tls://{worker.name}:1": worker for worker in workers}
        self.problem: Exception | None = None
        self.scheduler = "one"
        self.given: list[tuple[str, str, bytes]] = []
        self.nonsense: Any = None  # in place of workers

    async def roster(self) -> Roster:
        """As in Link."""
        if self.problem is not None:
            raise self.problem
        seen = {address: Seen(one.name, one.is_leaving, one.process) for address, one in self.there.items()}
        return Roster(self.scheduler, self.nonsense or seen)

    async def hello(self, address: str, hello: Hello) -> Welcome:
        """As in Link."""
        assert hello == _HELLO
        worker = self.there[address]
        return Welcome(versions=worker.versions, name=worker.name, device="cpu", slots=worker.slots, lacks=worker.lacks)

    async def give(self, address: str, entry: str, content: bytes) -> str:
        """As in Link."""
        self.given.append((self.there[address].name, entry, content))
        self.there[address].lacks = ()
        return ""

    async def process(self, address: str, setup: str, asked: bytes, photo: bytes) -> bytes:
        """As in Link."""
        assert len(setup) == 64
        assert asked_of(asked, photo) == Photo(NUMBER, photo)
        worker = self.there.get(address)
        if worker is None:
            raise ConnectionResetError
        worker.had.append(photo)
        while worker.hold:
            await asyncio.sleep(0.01)
            if address not in self.there:
                raise ConnectionResetError
        answer = worker.answer(photo)
        if isinstance(answer, OSError):
            self.there.pop(address, None)
            raise answer
        return answer if isinstance(answer, bytes) else packed(answer)

    def forget(self, address: str) -> None:
        """As in Link."""

    async def close(self) -> None:
        """As in Link."""


@dataclass
class Scene:
    """An engine, and what it told."""

    engine: ClusterEngine
    link: FakeLink
    said: list[str]
    states: list[ClusterState]

    def result(self, photo: bytes = b"photo") -> Outcome:
        """What becomes of a photo."""
        return self.engine.submit(photo).result(PATIENCE)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow soon upon each other."""
    monkeypatch.setattr(head, "_LOOK", 0.01)
    monkeypatch.setattr(standby, "_GRACE", 0.05)
    monkeypatch.setattr(head, "_LEAVE_SECONDS", 0.01)


@contextmanager
def scene(
    *workers: Played,
    window: int = 1000,
    patience: float = 60.0,
    weights: Callable[[str], tuple[str, bytes]] | None = None,
    local: FakeEngine | None = None,
) -> Iterator[Scene]:
    said: list[str] = []
    states: list[ClusterState] = []
    link = FakeLink(*workers)
    plan = Plan(
        "tls://nas:8786",
        _HELLO,
        window,
        patience,
        weights,
        (lambda: local) if local is not None else None,
        tell=said.append,
        leave=states.append,
    )
    engine = ClusterEngine(plan, lambda: link)
    try:
        yield Scene(engine, link, said, states)
    finally:
        engine.close()


def _until(holds: Callable[[], bool]) -> None:
    wait_until(holds)


def test_photos_are_processed_by_the_workers_and_each_says_who_did_it() -> None:
    with scene(Played("gpu1"), Played("gpu2")) as played:
        futures = [played.engine.submit(b"%d" % number) for number in range(30)]
        outcomes = [future.result(PATIENCE) for future in futures]
    assert {outcome.by for outcome in outcomes} == {"gpu1", "gpu2"}
    assert sorted(photo for one in played.link.there.values() for photo in one.had) == sorted(
        b"%d" % number for number in range(30)
    )


def test_what_a_dying_worker_had_is_done_by_another() -> None:
    with scene(Played("gpu1", answer=lambda _: ConnectionResetError()), Played("gpu2")) as played:
        outcomes = [future.result(PATIENCE) for future in [played.engine.submit(b"%d" % n) for n in range(9)]]
    assert {outcome.by for outcome in outcomes} == {"gpu2"}


def test_a_photo_that_kills_its_workers_is_set_aside_and_the_others_come_through() -> None:
    def answer(photo: bytes) -> FromWorker | OSError:
        return ConnectionResetError() if photo == b"poison" else _KEPT

    workers = [Played(f"gpu{number}", answer=answer) for number in range(3)]
    with scene(*workers) as played:
        futures = [played.engine.submit(photo) for photo in (b"1", b"2", b"poison", b"3", b"4")]
        with pytest.raises(PhotoError, match="2 of them, and was set aside"):
            futures[2].result(PATIENCE)
        assert [futures[each].result(PATIENCE).reason for each in (0, 1, 3, 4)] == ["sharp"] * 4


def test_workers_that_go_down_with_their_scheduler_are_no_photos_fault() -> None:
    worker = Played("gpu1", hold=True)
    with scene(worker) as played:
        future = played.engine.submit(b"photo")
        _until(lambda: worker.had == [b"photo"])
        for number in range(3):
            played.link.problem = ConnectionRefusedError("nobody there")
            played.link.there.clear()
            _until(lambda: not played.engine._head._placement.members)  # noqa: SLF001 - what it knows is the point
            again = Played(f"again{number}", hold=number < 2)
            played.link.there = {f"tls://again{number}:1": again}
            played.link.problem = None
            _until(lambda: again.had == [b"photo"])  # noqa: B023 - asked at once
        assert future.result(PATIENCE).by == "again2"


def test_a_worker_with_other_networks_is_refused_by_name_and_gets_no_photo() -> None:
    lacking = Played("gpu1", lacks=("gpen-256",))
    with scene(lacking, Played("gpu2")) as played:
        assert {played.result(b"%d" % number).by for number in range(5)} == {"gpu2"}
        _until(lambda: any("gpu1 gets no photos: its networks are not those" in said for said in played.said))
        _until(lambda: any(worker.state == "refused" for worker in played.states[-1].workers))
    assert lacking.had == []
    (refused,) = [one for one in played.states[-1].workers if one.state == "refused"]
    assert (refused.name, "gpen-256" in refused.reason) == ("gpu1", True)


def test_a_worker_is_sent_the_networks_that_it_lacks_once_where_that_is_wanted() -> None:
    with scene(Played("gpu1", lacks=("gpen-256",)), weights=lambda name: (f"entry of {name}", b"weights")) as played:
        assert [played.result(b"%d" % number).by for number in range(3)] == ["gpu1"] * 3
    assert played.link.given == [("gpu1", "entry of gpen-256", b"weights")]


def test_a_worker_of_another_gpend_is_refused_and_one_of_another_dask_is_told() -> None:
    here = Versions.here()
    old = Played("old", versions=here.model_copy(update={"gpend": "0.0.1"}))
    other = Played("other", versions=here.model_copy(update={"distributed": "1.0"}))
    with scene(old, other) as played:
        assert played.result().by == "other"
        _until(lambda: any("old gets no photos: it runs gpend 0.0.1" in said for said in played.said))
        assert any("other: it runs distributed 1.0" in said for said in played.said)
    assert old.had == []


def test_a_photo_that_a_worker_has_no_memory_for_goes_to_another() -> None:
    small = Played("small", slots=8, answer=lambda _: Failed(NUMBER, DeviceError("too little memory")))
    with scene(small, Played("large", slots=1)) as played:
        _until(lambda: len(played.engine._head._placement.members) == 2)  # noqa: SLF001 - both are to be there
        assert {played.result(b"%d" % number).by for number in range(6)} == {"large"}


def test_a_worker_that_cannot_load_its_networks_is_refused_in_its_own_words() -> None:
    broken = Played("broken", answer=lambda _: Refused(FatalError("no module named torch")))
    with scene(broken, Played("well", slots=1)) as played:
        assert [played.result(b"%d" % number).by for number in range(4)] == ["well"] * 4
        assert any("broken gets no photos: no module named torch" in said for said in played.said)


def test_that_many_workers_cannot_load_their_networks_is_held_against_no_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_AGAIN", 0.01)
    refused = Refused(FatalError("no driver for its card"))
    broken = [Played(f"broken{number}", answer=lambda _: refused) for number in range(4)]
    with scene(*broken) as played:
        future = played.engine.submit(b"photo")
        _until(lambda: sum(len(worker.had) for worker in broken) > 8)
        assert not future.done()
    assert isinstance(future.exception(PATIENCE), TransientError)


def test_nonsense_from_a_worker_costs_no_photo() -> None:
    odd = Played("odd", slots=8, answer=lambda _: b"\x00" * 40)
    with scene(odd, Played("even", slots=1)) as played:
        _until(lambda: len(played.engine._head._placement.members) == 2)  # noqa: SLF001 - both are to be there
        assert {played.result(b"%d" % number).by for number in range(4)} == {"even"}


def test_a_worker_that_leaves_finishes_what_it_has_and_gets_no_more() -> None:
    leaving = Played("leaving", hold=True)
    with scene(leaving) as played:
        first = played.engine.submit(b"first")
        _until(lambda: leaving.had == [b"first"])
        leaving.is_leaving = True
        played.link.there["tls://next:1"] = Played("next")
        _until(lambda: "next" in str(played.said))
        assert played.result(b"second").by == "next"
        leaving.hold = False
        assert first.result(PATIENCE).by == "leaving"


def test_one_that_was_started_again_at_its_address_is_asked_again() -> None:
    worker = Played("gpu1", answer=lambda _: Refused(TransientError("started again")))
    with scene(worker) as played:
        future = played.engine.submit(b"photo")
        _until(lambda: worker.had == [b"photo"])
        worker.answer, worker.process = (lambda _: _KEPT), "two"
        assert future.result(PATIENCE).by == "gpu1"


def test_no_more_than_the_window_is_on_its_way() -> None:
    worker = Played("gpu1", slots=50, hold=True)
    with scene(worker, window=100) as played:
        futures = [played.engine.submit(bytes(10)) for _ in range(20)]
        _until(lambda: len(worker.had) == 5)
        assert max(state.window_used for state in played.states) <= 100
        worker.hold = False
        assert all(future.result(PATIENCE).reason == "sharp" for future in futures)
    assert max(state.window_used for state in played.states) <= 100


def test_while_no_worker_is_there_this_machine_does_photos_and_hands_over_when_one_returns() -> None:
    local = FakeEngine(lambda _: Kept("slowly", ()))
    with scene(local=local) as played:
        assert played.result(b"first") == Kept("slowly", ())
        played.link.there["tls://gpu1:1"] = Played("gpu1")
        _until(lambda: local.closed)
        assert played.result(b"second").by == "gpu1"
        played.link.there.clear()
        _until(lambda: "has left" in str(played.said))
        local.closed = False
        assert played.result(b"third").reason == "slowly"
    assert local.given == {b"first": 1, b"third": 1}
    _until(lambda: local.closed)


def test_without_a_fallback_photos_wait_and_are_for_another_time_in_the_end() -> None:
    with scene(patience=0.1) as played, pytest.raises(TransientError, match="No worker is there"):
        played.result()


def test_a_scheduler_that_is_not_reached_is_told_once_and_why_photos_wait() -> None:
    with scene(patience=0.2) as played:
        played.link.problem = ConnectionRefusedError("nobody there")
        _until(lambda: "is not reached" in str(played.said))
        with pytest.raises(TransientError, match=r"scheduler tls://nas:8786 is not reached: nobody there"):
            played.result()
        assert sum("is not reached" in said for said in played.said) == 1
        played.link.problem = None
        _until(lambda: played.said[-1].endswith("is reached"))


def test_close_gives_back_what_was_not_done_and_nothing_is_taken_after_it() -> None:
    worker = Played("gpu1", hold=True)
    with scene(worker) as played:
        futures: list[Future[Outcome]] = [played.engine.submit(b"%d" % number) for number in range(5)]
        _until(lambda: bool(worker.had))
        played.engine.close()
        assert all(isinstance(future.exception(PATIENCE), TransientError) for future in futures)
        with pytest.raises(RuntimeError, match="closed"):
            played.engine.submit(b"late")


def test_how_the_cluster_stands_is_left_for_whoever_asks() -> None:
    with scene(Played("gpu1")) as played:
        for number in range(4):
            played.result(b"%d" % number)
        _until(lambda: sum(worker.done for worker in played.states[-1].workers) == 4)
        (worker,) = played.states[-1].workers
    assert (worker.name, worker.state, worker.slots) == ("gpu1", "working", 2)


def test_how_it_stands_is_left_again_now_and_then_though_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_STILL_SECONDS", 0.02)
    with scene() as played:
        _until(lambda: len(played.states) > 5)
    assert len({state.model_dump_json() for state in played.states}) <= 2


def test_how_it_stands_is_not_left_at_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "_LEAVE_SECONDS", 1000.0)
    with scene(Played("gpu1")) as played:
        for number in range(20):
            played.result(b"%d" % number)
    assert len(played.states) == 1


def test_how_it_stands_is_left_beside_the_loop_that_photos_go_through() -> None:
    threads: list[str] = []
    plan = Plan("tls://nas:8786", _HELLO, 1000, 60.0, leave=lambda _: threads.append(threading.current_thread().name))
    engine = ClusterEngine(plan, FakeLink)
    _until(lambda: bool(threads))
    engine.close()
    assert "gpend-cluster" not in threads


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_engine_that_fails_leaves_no_photo_without_an_answer() -> None:
    may_fail = threading.Event()

    def link() -> FakeLink:
        may_fail.wait(PATIENCE)
        raise RuntimeError("no memory for connections")

    engine = ClusterEngine(Plan("tls://nas:8786", _HELLO, 1000, 60.0), link)
    future = engine.submit(b"photo")
    may_fail.set()
    assert isinstance(future.exception(PATIENCE), TransientError)
    engine.close()
    with pytest.raises(RuntimeError, match="closed"):
        engine.submit(b"late")


def test_whatever_an_odd_scheduler_says_it_is_asked_again() -> None:
    with scene(Played("gpu1")) as played:
        played.link.problem = RuntimeError("no such operation")
        _until(lambda: "no such operation" in str(played.said))
        played.link.problem = None
        assert played.result().by == "gpu1"


def test_workers_that_come_back_with_another_scheduler_have_not_died() -> None:
    worker = Played("gpu1", hold=True)
    with scene(worker) as played:
        future = played.engine.submit(b"photo")
        _until(lambda: worker.had == [b"photo"])
        for number in range(3):
            played.link.scheduler = f"again{number}"
            worker.process = f"again{number}"
            _until(lambda: len(worker.had) == number + 2)  # noqa: B023 - asked at once
        worker.hold = False
        assert future.result(PATIENCE).by == "gpu1"
        assert "(died)" not in str(played.said)


class Refusing(FakeEngine):
    """Is closed, and says so."""

    def submit(self, photo: bytes, wish: Wish | None = None) -> Future[Outcome]:
        """As in Engine."""
        del photo, wish
        raise RuntimeError("the engine is closed")


def test_a_photo_that_this_machine_does_not_take_is_for_another_time() -> None:
    with scene(local=Refusing()) as played, pytest.raises(TransientError, match="does no photos at the moment"):
        played.result()


class Failing(FakeEngine):
    """Answers every photo with something unforeseen, or with a reason for gpend to stop."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def submit(self, photo: bytes, wish: Wish | None = None) -> Future[Outcome]:
        """As in Engine."""
        del photo, wish
        future: Future[Outcome] = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize("error", [ValueError("unforeseen"), FatalError("no networks here")])
def test_whatever_fails_on_this_machine_while_no_worker_is_there_a_photo_is_for_another_time(error: Exception) -> None:
    with scene(local=Failing(error)) as played, pytest.raises(TransientError, match=str(error)):
        played.result()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_head_that_can_look_for_workers_no_more_ends_and_answers_for_every_photo() -> None:
    with scene(Played("gpu1", hold=True)) as played:
        future = played.engine.submit(b"photo")
        played.link.nonsense = {"tls://odd:1": None}
        assert isinstance(future.exception(PATIENCE), TransientError)
        with pytest.raises(RuntimeError, match="closed"):
            played.engine.submit(b"late")


class Slow(FakeEngine):
    """Remembers who closed it."""

    closed_by = ""

    def close(self) -> None:
        """As in Engine."""
        self.closed_by = threading.current_thread().name
        super().close()


def test_the_end_of_this_machines_own_engine_is_not_waited_for_amid_the_photos_of_others() -> None:
    local = Slow(lambda _: Kept("slowly", ()))
    with scene(local=local) as played:
        assert played.result(b"first").reason == "slowly"
        played.link.there["tls://gpu1:1"] = Played("gpu1")
        _until(lambda: local.closed)
    assert local.closed_by != "gpend-cluster"
