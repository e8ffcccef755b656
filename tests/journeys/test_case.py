"""Outputs on disks that take one spelling of a name for another: nothing is lost, trashed or mixed up by a new one."""

from pathlib import Path

import pytest

from tests.disks.mounted import DISKS, Disk, said

_BEGIN = """
    import os, sys
    from pathlib import Path
    from gpend.ledger import Ledger, State
    from tests.journeys.journey import Journey, photo, restored
    from tests.waiting import PATIENCE

    journey = Journey(Path(sys.argv[1]), {"minimum_free_mb": 0, **eval(sys.argv[2])})
    source = journey.source

    def put(name, number):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_bytes(photo(number))
        os.utime(source / name, (1_700_000_000, 1_700_000_000 + number * 0.01))  # a burst

    def has(*numbers, sharp=()):
        "Are the outputs exactly these, whatever their names?"
        return sorted(journey.outputs().values()) == sorted(map(restored, numbers))

    def named(*names):
        "Has the ledger an output for each of these photos, that is there, and nothing else on record?"
        with Ledger.read_only(journey.ledger) as records:
            rows = [records.photo(source / name) for name in names]
        return all(row is not None and row.output is not None and row.output.exists() for row in rows)

    def at_rest(count):
        counts = journey.counts()
        waiting = counts[State.WAITING] + counts[State.WORKING]
        return not waiting and sum(counts.values()) - counts[State.GONE] == count
"""

_RENAMES = """
    for number in range(3):
        put(f"IMG_{number}.JPG", number)
        put(f"Trip/IMG_{number}.JPG", 10 + number)
    daemon = journey.start()
    try:
        journey.wait(journey.settled(6), daemon)
        for number in range(3):
            (source / f"IMG_{number}.JPG").rename(source / f"IMG_{number}.jpg")
        (source / "Trip").rename(source / "trip")
        names = [f"IMG_{number}.jpg" for number in range(3)] + [f"trip/IMG_{number}.JPG" for number in range(3)]
        journey.wait(lambda: named(*names) and at_rest(6), daemon)
    finally:
        daemon.terminate()
        daemon.wait(PATIENCE)
    print(has(0, 1, 2, 10, 11, 12))
    print(sorted(journey.outputs()))
    print(sorted(journey.calls().values()))
    put("Trip/IMG_0.JPG", 10)
    (source / "trip/IMG_0.JPG").unlink()
    (source / "IMG_0.jpg").rename(source / "img_0.Jpg")  # while it is stopped
    journey.finish(until=lambda: named("img_0.Jpg", "Trip/IMG_0.JPG") and at_rest(6))
    print(has(0, 1, 2, 10, 11, 12), sorted(journey.calls().values()))
"""


@pytest.mark.parametrize("disk", DISKS, ids=lambda disk: disk.name)
def test_a_new_case_of_names_loses_no_output(tmp_path: Path, disk: Disk) -> None:
    lines = said(disk, _BEGIN + _RENAMES, tmp_path, "{}")
    assert lines[0] == "True", lines
    assert lines[2] == "[1, 1, 1, 1, 1, 1]", lines
    assert lines[3] == "True [1, 1, 1, 1, 1, 1]", lines
