"""Real disks that are really full: a file system in memory, small at first and larger later."""

from pathlib import Path

from tests.intake.namespace import said

_FULL_OUTPUT = """
    import subprocess, sys
    from pathlib import Path
    from gpend.ledger import State
    from tests.journeys.journey import Journey, photo, restored
    from tests.waiting import PATIENCE

    journey = Journey(Path(sys.argv[1]), {"minimum_free_mb": 0})
    filler = b"x" * 100_000
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(journey.output)], check=True)
    for number in range(12):
        (journey.source / f"{number}.jpg").write_bytes(photo(number) + filler)
    sources = journey.sources()
    daemon = journey.start()
    try:
        journey.wait(lambda: "folder_paused" in (journey.root / "log").read_text(), daemon)
        half = journey.outputs()
        print(0 < len(half) < 12, all(name.endswith(".jpg") for name in half if ".gpend-" not in name))
        subprocess.run(["mount", "-o", "remount,size=16m", str(journey.output)], check=True)
        journey.wait(journey.settled(12), daemon)
    finally:
        daemon.terminate()
        print(daemon.wait(PATIENCE))
    print(journey.outputs() == {f"{number}.jpg": restored(number) + filler for number in range(12)})
    print(journey.sources() == sources, journey.counts()[State.RESTORED])
    print((journey.root / "log").read_text().count("folder_paused") <= 3)
"""

_FULL_STATE = """
    import subprocess, sys
    from pathlib import Path
    from gpend.ledger import State
    from tests.journeys.journey import Journey, photo, restored
    from tests.waiting import PATIENCE

    journey = Journey(Path(sys.argv[1]))
    journey.ledger.parent.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(journey.ledger.parent)], check=True)
    daemon = journey.start()
    try:
        journey.wait(lambda: journey.starts() > 0, daemon)
        for number in range(600):
            (journey.source / f"{number:04}{'x' * 200}.jpg").write_bytes(photo(number))
        journey.wait(lambda: "ledger_paused" in (journey.root / "log").read_text(), daemon)
        subprocess.run(["mount", "-o", "remount,size=64m", str(journey.ledger.parent)], check=True)
        journey.wait(journey.settled(600), daemon)
    finally:
        daemon.terminate()
        print(daemon.wait(PATIENCE))
    print(len(journey.outputs()), journey.counts()[State.RESTORED], journey.counts()[State.FAILED])
"""

_FULL_STATE_ONCE = """
    import subprocess, sys
    from pathlib import Path
    from gpend import logs
    from gpend.errors import TransientError
    from gpend.settings import LogSettings
    from tests.world import BLURRED, World

    logs.set_up(LogSettings())
    state = Path(sys.argv[1]) / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(state)], check=True)
    world = World(Path(sys.argv[1]), knobs={"ledger": state / "ledger.sqlite"})
    for number in range(600):
        world.put(f"{number:04}{'x' * 200}.jpg", BLURRED + str(number).encode())
    began = world.clock.now().steady
    try:
        world.once()
    except TransientError as error:
        print("disk is full" in str(error), "Make room" in str(error))
    print(world.clock.now().steady - began < 300)
    subprocess.run(["mount", "-o", "remount,size=64m", str(state)], check=True)
    world.once()
    print(len(world.outputs()), sum(world.engine.given.values()) in (600, 601))  # one found no room for its outcome
"""


def test_a_full_output_pauses_the_folder_and_room_alone_resumes_it(tmp_path: Path) -> None:
    assert said(_FULL_OUTPUT, tmp_path) == ["True True", "0", "True", "True 12", "True"]


def test_a_ledger_without_room_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    assert said(_FULL_STATE, tmp_path) == ["0", "600 600 0"]


def test_one_pass_ends_where_its_ledger_has_no_room_and_the_next_does_what_is_left(tmp_path: Path) -> None:
    assert said(_FULL_STATE_ONCE, tmp_path) == ["True True", "True", "600 True"]
