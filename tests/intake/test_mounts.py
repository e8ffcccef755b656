"""What the kernel says of a mount decides how far its events and inode numbers are trusted."""

from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.intake.mounts import UNKNOWN_MOUNT, Mount, mounts, mounts_now, mounts_under, names_within

NAS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
40 27 8:17 / /srv rw,relatime shared:5 master:2 - xfs /dev/sdb1 rw,attr2
41 40 0:50 / /srv/photos/Anna\\040and\\040Bob rw,relatime - cifs //nas/photos rw,vers=3.1.1
42 40 0:51 / /srv/phone rw,nosuid - fuse.sshfs phone:/DCIM rw
43 40 0:52 / /srv/pool rw - fuse.mergerfs 1:2 rw
44 40 8:33 / /srv/stick rw - vfat /dev/sdc1 rw
"""


def kinds(path: str, mountinfo: str = NAS) -> list[str]:
    return [mount.kind for mount in mounts_under(PurePath(path), mountinfo)]


def test_a_path_lies_on_the_deepest_mount_above_it() -> None:
    assert kinds("/home/anna") == ["ext4"]
    assert kinds("/srv/other") == ["xfs"]
    assert kinds("/srv/photos/Anna and Bob/2024") == ["cifs"]


CONTAINER = """\
30 1 0:40 / / rw - overlay overlay rw
31 30 8:17 /volume1/photos /photos ro - ext4 /dev/sdb1 rw
32 30 8:17 /volume1/photos/our\\040own/restored /output rw - ext4 /dev/sdb1 rw
33 31 8:33 /@phone /photos/phone ro - btrfs /dev/sdc1 rw
34 30 8:33 /@phone/restored /phone-output rw - btrfs /dev/sdc1 rw
35 30 8:17 /volume1/photos-restored /apart rw - ext4 /dev/sdb1 rw
36 30 8:49 /volume1/photos/restored /other-disk rw - ext4 /dev/sdd1 rw
"""


@pytest.mark.parametrize(
    ("inner", "outer", "name"),
    [
        ("/output", "/photos", "/photos/our own/restored"),
        ("/output/deep", "/photos/our own", "/photos/our own/restored/deep"),
        ("/output", "/photos/2019", None),
        ("/phone-output", "/photos", "/photos/phone/restored"),
        ("/phone-output", "/photos/2019", None),
        ("/photos", "/output", None),
        ("/apart", "/photos", None),
        ("/other-disk", "/photos", None),
        ("/etc", "/photos", None),
    ],
)
def test_a_part_of_a_disk_that_is_mounted_twice_has_two_names(inner: str, outer: str, name: str | None) -> None:
    found = list(names_within(PurePath(inner), PurePath(outer), CONTAINER))
    assert found == ([] if name is None else [PurePath(name)])


def test_a_longer_name_with_the_same_beginning_is_another_place() -> None:
    assert kinds("/srvx") == ["ext4"]


def test_mounts_inside_a_folder_are_found_with_it() -> None:
    assert kinds("/srv/photos") == ["xfs", "cifs"]
    assert set(kinds("/srv")) == {"xfs", "cifs", "fuse.sshfs", "fuse.mergerfs", "vfat"}


def test_a_mount_made_over_another_hides_it_and_what_was_inside() -> None:
    over = NAS + "60 40 0:70 / /srv rw - nfs4 nas:/srv rw\n"
    assert kinds("/srv", over) == ["nfs4"]
    assert kinds("/srv/photos", over + "61 60 0:71 / /srv/photos rw - tmpfs tmpfs rw\n") == ["tmpfs"]


@pytest.mark.parametrize(
    "kind",
    ["cifs", "smb3", "nfs", "nfs4", "9p", "overlay", "fuse.sshfs", "fuse.rclone", "fuse", "virtiofs", "ceph", "vboxsf"],
)
def test_file_systems_that_others_change_are_silent(kind: str) -> None:
    assert Mount(PurePath("/"), kind).is_silent


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "vfat", "exfat", "ntfs3", "fuseblk", "unknown"]
)
def test_local_file_systems_tell_of_every_change(kind: str) -> None:
    assert not Mount(PurePath("/"), kind).is_silent


def test_inode_numbers_are_trusted_only_where_they_are_stored() -> None:
    steady = {mount.kind for mount in mounts(NAS) if mount.has_steady_inodes}
    assert steady == {"proc", "ext4", "xfs", "cifs", "fuse.mergerfs"}


def test_nonsense_is_passed_over() -> None:
    assert list(mounts("\n - \nx y - \n1 2 3 4\n1 2 3 4 /a - \n")) == []
    assert mounts_under(PurePath("/a"), "") == [UNKNOWN_MOUNT]


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    assert mounts_under(PurePath("/srv/photos"), text)


def test_this_machines_own_mounts_are_readable(tmp_path: Path) -> None:
    assert mounts_now(tmp_path)[0].kind
    assert mounts_now(tmp_path / "not" / "there")[0] == mounts_now(tmp_path)[0]


def test_a_path_that_leads_in_circles_lies_on_an_unknown_mount(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert mounts_now(tmp_path / "a")
