"""Years in a minute: photos come, change, move and go, round after round, and the daemon does not grow."""

import time
from dataclasses import dataclass, fields
from pathlib import Path

from gpend.ledger import State
from tests.journeys.journey import Journey, photo
from tests.waiting import PATIENCE

ROUNDS = 10
EACH = 40
WARM = 3  # rounds until caches, threads and the allocator have what they want


@dataclass(frozen=True)
class Size:
    """What a process takes."""

    descriptors: int
    threads: int
    memory: int  # KiB

    @classmethod
    def of(cls, process: int) -> "Size":
        """What it keeps: the least of several looks, as a scan or a photo that is under way takes something, too."""
        looks = []
        for _ in range(20):
            looks.append(cls._seen(process))
            time.sleep(0.05)
        return cls(*(min(getattr(look, each.name) for look in looks) for each in fields(cls)))

    @classmethod
    def _seen(cls, process: int) -> "Size":
        """As the kernel sees it now."""
        place = Path("/proc") / str(process)
        status = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines() if ":\t" in line)
        memory = int(status["VmRSS"].split()[0])
        return cls(len(list((place / "fd").iterdir())), int(status["Threads"]), memory)


def play(journey: Journey, number: int) -> None:
    """One round: last round's photos are moved, edited and deleted, and new ones come."""
    here, before = journey.source / f"round {number}", journey.source / f"round {number - 1}"
    here.mkdir()
    for each in range(EACH):
        (here / f"{each}.jpg").write_bytes(photo(1000 * number + each))
    if not before.exists():
        return
    for place, old in enumerate(sorted(before.iterdir())):
        if place % 4 == 0:
            old.rename(here / f"moved {old.name}")
        elif place % 4 == 1:
            old.write_bytes(photo(500_000 + 1000 * number + place))
        elif place % 4 == 2:
            old.unlink()


def test_it_does_not_grow(tmp_path: Path) -> None:
    journey = Journey(tmp_path, {"brake": {"photos": 10_000, "percent": 100}, "rescan_minutes": 0.05})
    sizes: list[Size] = []
    daemon = journey.start()
    try:
        for number in range(ROUNDS):
            play(journey, number)
            journey.wait(lambda: len(list(journey.source.rglob("*.jpg"))) == live(journey), daemon)
            sizes.append(Size.of(daemon.pid))
    finally:
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0, journey.log()
    assert all(count == 1 for count in journey.calls().values()), "each content was restored once"
    warm, last = sizes[WARM], sizes[-1]
    assert last.descriptors <= warm.descriptors + 2, sizes  # new folders have no descriptors of their own
    assert last.threads <= warm.threads, sizes
    assert last.memory <= warm.memory + 8 * 1024, sizes


def live(journey: Journey) -> int:
    """Photos that stand restored in the output; -1 while something is left to do."""
    counts = journey.counts()
    if counts[State.WAITING] or counts[State.WORKING]:
        return -1
    return len([name for name in journey.outputs() if not name.startswith(".gpend-trash")])
