"""A photo that is edited again and again, at one size, on a disk whose clock counts in steps: the last state counts."""

from pathlib import Path

import pytest

from tests.disks.mounted import EXFAT, PLAIN, Disk, said

_SCRIPT = """
    import random, sys, time
    from pathlib import Path
    from tests.journeys.journey import Journey, photo, restored
    from tests.waiting import PATIENCE

    journey = Journey(Path(sys.argv[1]) / "restored", {"minimum_free_mb": 0, "poll_seconds": 1})
    chance, number = random.Random(3), 0
    daemon = journey.start()
    try:
        journey.wait(lambda: journey.starts() > 0, daemon)
        times = set()
        for _ in range(12):
            for _ in range(chance.randrange(1, 4)):
                number += 1
                temporary = journey.source / ".a.jpg.Ab3dE9"
                temporary.write_bytes(photo(number))
                temporary.replace(journey.source / "a.jpg")
                times.add((journey.source / "a.jpg").stat().st_mtime_ns)
                time.sleep(chance.choice((0.0, 0.2, 0.5, 1.0)))
        wanted = {"a.jpg": restored(number)}
        journey.wait(lambda: journey.outputs() == wanted, daemon)
    finally:
        daemon.terminate()
        print(daemon.wait(PATIENCE), journey.outputs() == wanted)
    print(len(times), "times of", number)
"""


@pytest.mark.parametrize("disk", [PLAIN, EXFAT], ids=lambda disk: disk.name)
def test_the_last_of_many_edits_within_one_step_of_the_clock_is_what_is_restored(tmp_path: Path, disk: Disk) -> None:
    first, *_ = said(disk, _SCRIPT, tmp_path)
    assert first == "0 True"
