"""The kernel's own limits and mounts, in a namespace: what happens when there is no room, or no disk."""

from pathlib import Path

import pytest

from tests.intake.namespace import said

WATCHING = """
    import subprocess, sys, threading
    from pathlib import Path
    from gpend.intake.scan import evidence
    from gpend.intake.scan import Scan
    from gpend.intake.source import Source
    from gpend.intake.watch import WatchSupervisor
    from tests.intake.watch.readers import watched_by_kernel
    from tests.waiting import wait_until

    root = Path(sys.argv[1])
    source = Source(root)
    watch = WatchSupervisor([source], threading.Event(), poll_seconds=60)

    def tell(now):
        news = [notice.event for notice in watch.check(now)]
        print(*news, watched_by_kernel(), watch.poll_seconds(root))

    def scan():
        with watch.scanning(root) as visit:
            scan = Scan(source, visit=visit)
            return scan, sum(1 for _ in scan)

    def mount(*words):
        subprocess.run([*words, str(root)], check=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    for number in range(20):
        (root / f"{number}").mkdir(parents=True)
        (root / f"{number}" / "a.jpg").write_bytes(b"x")
    return root


def test_when_the_kernel_has_no_room_for_all_watches_the_root_is_scanned_often(root: Path) -> None:
    script = """
    tell(0)
    scan()
    tell(5)
    Path("/proc/sys/user/max_inotify_watches").write_text("1000")
    tell(70)
    scan()
    tell(75)
    watch.stop()
    """
    lines = said(WATCHING + script, root, prepare="echo 5 > /proc/sys/user/max_inotify_watches")
    assert lines == ["0 None", "watch_limit 0 60", "0 None", "watch_restored 21 None"]


def test_when_the_kernel_has_no_room_for_a_reader_all_roots_are_scanned_often(root: Path) -> None:
    script = """
    tell(0)
    scan()
    tell(5)
    Path("/proc/sys/user/max_inotify_instances").write_text("10")
    tell(70)
    scan()
    tell(140)
    watch.stop()
    """
    lines = said(WATCHING + script, root, prepare="echo 0 > /proc/sys/user/max_inotify_instances")
    assert lines == ["watch_unavailable 0 60", "0 60", "0 None", "watch_restored 21 None"]


@pytest.mark.parametrize("holds", ["nothing", "other photos"])
def test_a_disk_that_is_not_mounted_or_another_one_is_no_deletion(root: Path, holds: str) -> None:
    script = f"""
    tell(0)
    before, found = scan()
    print(found)
    mount("mount", "-t", "tmpfs", "none")
    if {holds!r} == "other photos":
        (root / "other.jpg").write_bytes(b"x")
    tell(5)
    during, found = scan()
    print(found, evidence(during, before=before.identity, known=20, found=0).believed)
    mount("umount", "--lazy")
    tell(10)
    after, found = scan()
    print(found, evidence(after, before=before.identity, known=20, found=20).believed)
    watch.stop()
    """
    others = "1" if holds == "other photos" else "0"
    lines = said(WATCHING + script, root)
    assert lines == ["0 None", "20", "source_replaced 0 None", f"{others} False", "source_replaced 0 None", "20 True"]


def test_a_disk_inside_the_source_that_is_not_mounted_is_no_deletion(root: Path) -> None:
    script = """
    subprocess.run(["mount", "-t", "tmpfs", "none", str(root / "0")], check=True)
    (root / "0" / "b.jpg").write_bytes(b"x")
    before, found = scan()
    print(found, before.identity.file_systems)
    subprocess.run(["umount", "--lazy", str(root / "0")], check=True)
    (root / "0" / "a.jpg").unlink()
    after, found = scan()
    print(found, evidence(after, before=before.identity, known=20, found=19).believed)
    """
    assert said(WATCHING + script, root) == ["20 2", "19 False"]


def test_a_mount_of_an_overlay_is_scanned_often_without_being_asked(root: Path, tmp_path: Path) -> None:
    script = """
    mount("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={sys.argv[2]}:{sys.argv[3]}")
    tell(0)
    scan()
    tell(5)
    watch.stop()
    """
    lower, other = tmp_path / "lower", tmp_path / "other"
    lower.mkdir()
    other.mkdir()
    assert said(WATCHING + script, root, lower, other) == ["source_polled 0 60", "1 60"]


def test_a_mounted_disk_hides_what_was_watched_and_events_of_it_arrive(root: Path) -> None:
    script = """
    tell(0)
    scan()
    mount("mount", "-t", "tmpfs", "none")
    tell(5)
    watch.hints()
    scan()
    (root / "new.jpg").write_bytes(b"x")
    hints = []
    wait_until(lambda: hints.extend(watch.hints()) or hints)
    print({str(hint.path.relative_to(root)) for hint in hints})
    watch.stop()
    """
    assert said(WATCHING + script, root) == ["0 None", "source_replaced 0 None", "{'new.jpg'}"]
