"""The real daemon on real disks, with all that people and their machines do to it at once, for a while.

GPEND_STRESS_SECONDS says for how long, on each kind of disk; it is random, so it runs only where somebody looks on.
"""

import os
from pathlib import Path

import pytest

from tests.disks.mounted import DISKS, PLAIN, Disk, said

ASKED = os.environ.get("GPEND_STRESS_SECONDS")
SECONDS = float(ASKED or 4)
pytestmark = pytest.mark.skipif(ASKED is None, reason="takes minutes: set GPEND_STRESS_SECONDS")

_STRESS = """
    import os, random, signal, sys, time
    from collections import Counter
    from pathlib import Path
    from gpend.ledger import Ledger, State
    from gpend.spelling import folded
    from tests import waiting
    from tests.journeys.journey import Journey, kill, photo, restored

    waiting.PATIENCE = 900  # there is much to do when all has been done
    root, seconds, seed = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    journey = Journey(root, {"minimum_free_mb": 0, "brake": {"photos": 100000}, "engine_seconds": 0.002})
    source = journey.source
    model = {}  # what stands in the source
    made = 0
    kills = hups = moves = 0

    def is_free(name):
        "No two names that are one for the disk: it could hold one of them only."
        return folded(name) not in map(folded, model)

    def write(name):
        global made
        made += 1
        path = source / name
        path.parent.mkdir(exist_ok=True)
        temporary = path.parent / f".{path.name}.Ab3dE9"
        temporary.write_bytes(photo(made))
        temporary.replace(path)
        model[name] = made

    def any_case(name):
        return "".join(chance.choice((each.lower(), each.upper())) for each in name)

    def add():
        name = chance.choice(("", "Trip/", "Home/", "Deep/")) + f"IMG_{chance.randrange(400)}.JPG"
        folders = {folded(each.split("/")[0]): each.split("/")[0] for each in model if "/" in each}
        folder, slash, base = name.rpartition("/")
        name = folders.get(folded(folder), folder) + slash + base
        if is_free(name):
            write(name)

    def edit():
        write(chance.choice(sorted(model)))

    def move(name, new):
        global moves
        moves += 1
        (source / new).parent.mkdir(exist_ok=True)
        (source / name).rename(source / new)
        model[new] = model.pop(name)

    def rename_case():
        name = chance.choice(sorted(model))
        folder, slash, base = name.rpartition("/")
        move(name, folder + slash + any_case(base))

    def rename_folder_case():
        global moves
        folders = sorted({name.split("/")[0] for name in model if "/" in name})
        if folders:
            old = chance.choice(folders)
            new = any_case(old)
            if new == old or (source / new).exists():
                return
            (source / old).rename(source / new)
            moves += 1
            for name in [each for each in model if each.startswith(old + "/")]:
                model[new + name[len(old):]] = model.pop(name)

    def move_elsewhere():
        name = chance.choice(sorted(model))
        folders = ["", *sorted({each.split("/")[0] + "/" for each in model if "/" in each})]
        new = chance.choice(folders) + f"moved_{chance.randrange(400)}.jpg"
        if is_free(new):
            move(name, new)

    def delete():
        name = chance.choice(sorted(model))
        (source / name).unlink()
        del model[name]

    def touch():
        os.utime(source / chance.choice(sorted(model)))

    def rename_and_edit():
        name = chance.choice(sorted(model))
        rename_case()
        if name in model:
            write(name)

    def start():
        global starts
        starts = journey.starts()
        return journey.start()

    def hang_up():
        global hups
        if journey.starts() > starts:  # else it does not listen yet
            hups += 1
            daemon.send_signal(signal.SIGHUP)

    def kill_it():
        global daemon, kills
        kills += 1
        kill(daemon)
        daemon = start()

    deeds = [add] * 8 + [edit] * 3 + [rename_case] * 6 + [rename_folder_case] * 2 + [move_elsewhere] * 4
    deeds += [delete] * 2 + [touch, rename_and_edit]
    daemon = start()
    journey.wait(lambda: journey.starts() > starts, daemon)
    for _ in range(20):
        add()
    began = last_kill = time.monotonic()
    while time.monotonic() - began < seconds:
        chance.choice(deeds if len(model) > 10 else [add])()
        time.sleep(chance.choice((0, 0.001, 0.01, 0.05)))
        if chance.random() < 0.004:
            hang_up()
        if time.monotonic() - last_kill > 8 and chance.random() < 0.02:
            kill_it()
            last_kill = time.monotonic()
    sources = journey.sources()

    def is_at_rest():
        counts = journey.counts()
        live = sum(counts.values()) - counts[State.GONE]
        return live == len(model) and not counts[State.WAITING] and not counts[State.WORKING]

    try:
        journey.wait(is_at_rest, daemon)
        time.sleep(12)  # what is missing, and what nobody noticed, until it is seen to
        journey.wait(is_at_rest, daemon)
    finally:
        daemon.terminate()
        code = daemon.wait(waiting.PATIENCE)
    live = {name: data for name, data in journey.outputs().items() if not name.startswith(".gpend-")}
    wanted = {name: restored(number) for name, number in model.items()}
    is_right = {folded(name): live[name] for name in live} == {folded(name): wanted[name] for name in wanted}
    calls = journey.calls()
    again = sum(calls.values()) - len(calls)
    with Ledger.read_only(journey.ledger) as records:
        rows = [records.photo(source / name) for name in model]
    is_told = all(row is not None and row.output is not None and row.output.exists() for row in rows)
    print("outputs", is_right, "ledger", is_told, "sources", sources == {n: photo(k) for n, k in model.items()}, code)
    print("again", again <= 2 * kills)  # what was in the engine when it was killed: two photos, with one slot
    print(f"{len(model)} photos of {made}, {sum(calls.values())} runs, {again} again, {kills} kills, {hups} hang-ups")
    if not is_right:
        for name in sorted(set(map(folded, wanted)) ^ set(map(folded, live))):
            print("!", name)
        by_fold = {folded(name): data for name, data in live.items()}
        for name, number in model.items():
            held = by_fold.get(folded(name))
            if held is not None and held != wanted[name]:
                found = [each for each in range(made + 1) if restored(each) == held]
                print("!", name, "should be", number, "is", found)
                told = [line for line in (root / "log").read_text().splitlines() if name.lower() in line.lower()]
                print(*told[-40:], sep="\\n")
        print(journey.counts())
"""


@pytest.mark.parametrize("disk", [PLAIN, *DISKS], ids=lambda disk: disk.name)
def test_whatever_is_done_to_it_every_photo_has_its_output_in_the_end(tmp_path: Path, disk: Disk) -> None:
    seed = os.environ.get("GPEND_STRESS_SEED", "1")
    lines = said(disk, _STRESS, tmp_path, str(SECONDS), seed, seconds=SECONDS + 2000)
    print(disk.name, *lines[2:])  # noqa: T201  # figures, for whoever runs it with -s
    assert lines[:2] == ["outputs True ledger True sources True 0", "again True"], lines
