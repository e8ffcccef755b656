"""Names that a disk cannot hold are their photos' trouble, and nobody else waits."""

from pathlib import Path

import pytest

from tests.disks.mounted import EXFAT, NTFS, PLAIN, SHORT_NAMES, Disk, said

_SCRIPT = """
    import sys
    from pathlib import Path
    from gpend import logs
    from gpend.settings import LogSettings
    from tests.world import BLURRED, RESTORED, World

    logs.set_up(LogSettings(level="error"))
    here = World(Path(sys.argv[1]), knobs={"minimum_free_mb": 0})
    bad = sys.argv[2:]
    good = ["a.jpg", "Trip/b.jpg", "微信.jpg"]
    for number, name in enumerate([*bad, *good]):
        here.put(name, BLURRED + str(number).encode())
    here.once()
    print([here.row(name).state.value for name in bad])
    for name in bad:
        print(here.row(name).reason.split(",")[0])
    print(sorted(map(str.lower, here.outputs())) == sorted(map(str.lower, good)), sum(here.engine.given.values()))
    here.once()
    print(sum(here.engine.given.values()))
    (here.source / bad[0]).rename(here.source / "fine.jpg")
    here.once()
    print(here.row("fine.jpg").state.value)
"""


@pytest.mark.parametrize(
    ("disk", "bad", "reasons"),
    [
        (EXFAT, ["12:30.jpg", "12:30/a.jpg"], ["This disk cannot hold ':' in a name"] * 2),
        (NTFS, ["a?.jpg", "Trip./a.jpg"], ["This disk cannot hold '?' in a name", "This disk cannot hold such a name"]),
        (SHORT_NAMES, ["x" * 140 + ".jpg"], ["This disk cannot hold a name of 144 bytes"]),
    ],
    ids=lambda value: value.name if isinstance(value, Disk) else None,
)
def test_a_name_that_the_disk_cannot_hold_is_set_aside_before_any_work(
    tmp_path: Path, disk: Disk, bad: list[str], reasons: list[str]
) -> None:
    lines = said(disk, _SCRIPT, tmp_path, *bad)
    assert lines == [str(["failed"] * len(bad)), *reasons, "True 3", "3", "restored"]


_PORTABLE = """
    import sys
    from pathlib import Path
    from gpend import logs
    from gpend.settings import LogSettings
    from tests.world import BLURRED, World

    logs.set_up(LogSettings(level="error"))
    here = World(Path(sys.argv[1]), knobs={"minimum_free_mb": 0, "names": "portable"})
    names = ["12:30.jpg", "12?30.jpg", "12_30.jpg", "Trip: one./a.jpg", "x" * 200 + ".jpg", "plain.jpg"]
    for number, name in enumerate(names):
        here.put(name, BLURRED + str(number).encode())
    here.once()
    print([here.row(name).state.value for name in names])
    rows = [here.row(name) for name in names]
    print([row.output.read_bytes().endswith(str(number).encode()) for number, row in enumerate(rows)])
    print(*[rows[number].written.path for number in (2, 3, 5)], len({row.written.path for row in rows}))
    here.once()
    (here.source / names[0]).rename(here.source / "12:31.jpg")
    (here.source / names[1]).unlink()
    here.once()
    print(sum(here.engine.given.values()), here.row("12:31.jpg").written.path)
    live = [name for name in here.outputs() if not name.startswith(".gpend-trash")]
    print(len(live), len(here.outputs()))
"""


@pytest.mark.parametrize("disk", [PLAIN, EXFAT, NTFS], ids=lambda disk: disk.name)
def test_portable_names_are_held_by_any_disk_and_follow_their_photos(tmp_path: Path, disk: Disk) -> None:
    states, right, places, moved, counted = said(disk, _PORTABLE, tmp_path)
    assert states == str(["restored"] * 6)
    assert right == str([True] * 6)
    assert places == "12_30.jpg Trip_ one_/a.jpg plain.jpg 6"
    assert moved == "6 12_31.jpg"
    assert counted == "5 6"
