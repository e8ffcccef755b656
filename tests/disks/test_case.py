"""The daemon's real parts on disks that take one spelling of a name for another, in time that is made."""

from pathlib import Path

import pytest

from tests.disks.mounted import DISKS, LOWERS_CASE, NTFS, Disk, said

_BEGIN = """
    import os, sys
    from pathlib import Path
    from gpend import logs
    from gpend.settings import LogSettings
    from tests.world import World

    logs.set_up(LogSettings(level="error"))

    def blurred(number):
        return f"photo {number}, blurred, and more of it.".encode()

    def restored(number):
        return blurred(number).replace(b"blurred", b"restored by gpend 0.1")

    def world(name, **knobs):
        "One with its output on the disk that is tried."
        made = World(Path(sys.argv[1]) / name, knobs={"minimum_free_mb": 0, **knobs})
        made.output.rmdir()
        on_disk = Path(sys.argv[1]) / "restored" / name
        on_disk.mkdir(parents=True)
        made.output.symlink_to(on_disk)
        return made

    def put(world, name, photo):
        path = world.put(name, photo)
        os.utime(path, (1_700_000_000, 1_700_000_000 + len(world.sources()) * 0.01))  # as in a burst

    def live(world):
        "What stands in the output tree, but for the trash."
        return sorted(data for name, data in world.outputs().items() if not name.startswith(".gpend-trash"))

    def has(world, *names):
        "Has each photo an output that is there?"
        return all(world.row(name).output.exists() for name in names)
"""

_TWO_OF_A_NAME = """
    here = world("two")
    put(here, "a.jpg", blurred(1))
    here.once()
    put(here, "A.jpg", blurred(2))
    put(here, "B.heic", blurred(3))
    here.once()
    print(live(here) == [restored(1), restored(3)], here.row("A.jpg").state.value)
    print("already has the name" in here.row("A.jpg").reason)
    (here.source / "a.jpg").unlink()
    here.once()
    print(live(here) == [restored(3)], len(here.outputs()))
"""

_RENAMED_AND_EDITED = """
    here = world("edited")
    for number in range(3):
        put(here, f"IMG_{number}.JPG", blurred(number))
    here.once()
    for number in range(3):
        (here.source / f"IMG_{number}.JPG").unlink()
        put(here, f"img_{number}.jpg", blurred(5 + number))
    here.once()
    print(live(here) == [restored(5), restored(6), restored(7)], len(here.outputs()))
"""

_LOST_LEDGER = """
    here = world("lost")
    for number in range(6):
        put(here, f"{number}.jpg", blurred(number))
    here.once()
    here.settings.ledger.unlink()
    (here.source / "0.jpg").rename(here.source / "kept")
    (here.source / "1.jpg").rename(here.source / "0.jpg")
    (here.source / "kept").rename(here.source / "1.jpg")
    (here.source / "2.jpg").rename(here.source / "2.JPG")
    here.once()
    print([(here.output / f"{number}.jpg").read_bytes() for number in (3, 4, 5)] == list(map(restored, (3, 4, 5))))
    rows = [here.row(f"{number}.jpg") for number in (0, 1)]
    right = {"0.jpg": restored(1), "1.jpg": restored(0)}
    print([row.reason for row in rows if row.written and row.output.read_bytes() != right[row.path.name]])
"""

_COPIES = """
    here = world("copies", keep="copy")
    put(here, "IMG_0.JPG", blurred(0))
    put(here, "Trip/sharp.JPG", b"sharp, and more of it.")
    put(here, "Trip/note.XMP", b"<x:xmpmeta of it, and more>")
    here.once()
    (here.source / "IMG_0.JPG").rename(here.source / "img_0.jpg")
    (here.source / "Trip").rename(here.source / "trip")
    (here.source / "trip/sharp.JPG").rename(here.source / "trip/Sharp.jpg")
    here.once()
    print(live(here) == sorted([restored(0), b"sharp, and more of it."]) , len(here.outputs()))
    print(sorted(here.engine.given.values()), has(here, "img_0.jpg", "trip/Sharp.jpg"))
"""

_DELETES = """
    here = world("deletes", on_delete="delete")
    put(here, "IMG_0.JPG", blurred(0))
    put(here, "IMG_1.JPG", blurred(1))
    here.once()
    (here.source / "IMG_0.JPG").rename(here.source / "img_0.jpg")
    (here.source / "IMG_1.JPG").unlink()
    here.once()
    print(list(here.outputs().values()) == [restored(0)], has(here, "img_0.jpg"))
"""


_SCRIPTS = {
    "two photos, one name": (_TWO_OF_A_NAME, ["True failed", "True", "True 2"]),
    "renamed and edited at once": (_RENAMED_AND_EDITED, ["True 6"]),
    "without a ledger, photos of one second": (_LOST_LEDGER, ["True", "[]"]),
    "copies": (_COPIES, ["True 2", "[1, 1] True"]),
    "outputs deleted at once": (_DELETES, ["True True"]),
}


@pytest.mark.parametrize("disk", DISKS, ids=lambda disk: disk.name)
def test_no_output_is_lost_or_mixed_up_for_a_spelling(tmp_path: Path, disk: Disk) -> None:
    script = _BEGIN + "".join(f"    print({name!r}, flush=True){part}" for name, (part, _) in _SCRIPTS.items())
    assert said(disk, script, tmp_path) == [line for name, (_, lines) in _SCRIPTS.items() for line in (name, *lines)]


_ORPHAN = """
    import hashlib
    from gpend.ledger import Fingerprint
    from gpend.intake.reading import read
    from gpend.mirror import Mirror, Origin

    here = world("orphan")
    photo = here.put("IMG_0.JPG", blurred(0))
    found, place = read(photo), Path("IMG_0.JPG")
    mirror = Mirror(here.source, here.output)
    mirror.write(place, restored(0), Origin(place, found.content, found.like), Fingerprint("gpen", "d", "1"), None)
    photo.unlink()
    print(mirror.find_orphan(place, found.like.modified_ns) is not None)
    here.put("img_0.jpg", blurred(1))  # it may be this one's
    print(mirror.find_orphan(place, found.like.modified_ns) is not None)
"""


@pytest.mark.parametrize("disk", [NTFS, LOWERS_CASE], ids=lambda disk: disk.name)
def test_an_output_that_a_killed_gpend_left_is_found_by_its_photo_also_where_case_is_not_kept(
    tmp_path: Path, disk: Disk
) -> None:
    assert said(disk, _BEGIN + _ORPHAN, tmp_path) == ["True", "False"]
