"""Run a piece of Python beside a disk that is really mounted, where nothing else of this machine sees it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from tests.waiting import PATIENCE

_PROJECT = Path(__file__).parents[2]
_PASS_THROUGH = f'mkdir -p "$1/backing" && ({sys.executable} -m tests.disks.pass_through "$1/backing" "$2" %s &)'
_FILE = 'truncate -s 64M "$1/disk" && %s > "$1/made" 2>&1 && loop=$(losetup --find --show "$1/disk")'
_LOOP = _FILE + " && %s; losetup -d $loop"  # it goes when nothing uses it any more


@dataclass(frozen=True)
class Disk:
    """A kind of disk, and how it is mounted: by a line of shell, $1 is for its own things, $2 where it appears."""

    name: str
    mount: str


PLAIN = Disk("plain", 'mount -t tmpfs none "$2"')
"""A file system in memory: every name is its own."""
SMALL = Disk("small", 'mount -t tmpfs -o size=2m none "$2"')
"""The same with room for little."""
EXFAT = Disk("exfat", _LOOP % ('mkfs.exfat "$1/disk"', 'mount.exfat-fuse $loop "$2" > /dev/null 2>&1'))
"""Ignores case and keeps it; inodes are made up; no links, no attributes, no modes, no ':' in a name."""
NTFS = Disk("ntfs", _LOOP % ('mkfs.ntfs -q -F -f "$1/disk"', 'lowntfs-3g -o ignore_case,windows_names $loop "$2"'))
"""Ignores case and lists everything in small letters; no ':' in a name."""
KEEPS_CASE = Disk("keeps case", _PASS_THROUGH % "keeps")
"""As a share of Windows or a Mac: ignores case and keeps it, with steady inodes and attributes."""
LOWERS_CASE = Disk("lowers case", _PASS_THROUGH % "lowers")
"""The same, but listed in small letters."""
SHORT_NAMES = Disk("short names", _PASS_THROUGH % "keeps 143")
"""As an encrypted folder: a name has 143 bytes at most."""
NOT_SHARED = Disk("not shared", _PASS_THROUGH % "keeps 255 direct")
"""As some network shares: programs cannot share memory by a file that lies there."""
DISKS = (EXFAT, NTFS, KEEPS_CASE, LOWERS_CASE)
"""Those that ignore case."""


def said(disk: Disk, script: str, root: Path, *arguments: str, seconds: float = 2 * PATIENCE) -> list[str]:
    """The lines that a script prints; its arguments are `root`, where restored/ is the disk, and those given.

    Skips where this machine cannot mount such a disk.
    """
    refusal = _refusal(disk)
    if refusal:
        pytest.skip(f"no disk of the kind {disk.name!r} can be mounted here: {refusal}")
    command = (sys.executable, "-c", dedent(script), str(root), *arguments)
    done = _run(disk, root, *command, seconds=seconds, appears=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr[-6000:]
    return done.stdout.splitlines()


@cache
def _refusal(disk: Disk) -> str:
    """Why such a disk cannot be mounted here; "" if it can."""
    if shutil.which("unshare") is None:
        return "there is no unshare"
    with pytest.MonkeyPatch.context():
        root = Path(_run_plain("mktemp", "-d").stdout.strip())
        try:
            done = _run(disk, root, "true", seconds=PATIENCE, appears=20)
        except subprocess.TimeoutExpired:
            return "it takes too long"
        finally:
            shutil.rmtree(root, ignore_errors=True)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it is refused"])[-1]


def _run_plain(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)


def _run(disk: Disk, root: Path, *command: str, seconds: float, appears: float) -> "subprocess.CompletedProcess[str]":
    """Mount and run: whatever was started ends with it, since it lives in a process namespace of its own.

    `appears`: seconds that the disk may take until it is there.
    """
    (root / "restored").mkdir(exist_ok=True)
    (root / "disk").mkdir(exist_ok=True)
    looks = round(appears / 0.05)
    wait = f'n=0; while ! mountpoint -q "$2"; do n=$((n+1)); [ $n -lt {looks} ] || exit 9; sleep 0.05; done'
    shell = f'{disk.mount}\n{wait}\nshift 2\nexec "$@"'
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    spaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    place = ["sh", str(root / "disk"), str(root / "restored")]
    return subprocess.run(
        [shutil.which("unshare") or "", *user, *spaces, "sh", "-c", shell, *place, *command],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=_PROJECT,
        env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"},
    )
