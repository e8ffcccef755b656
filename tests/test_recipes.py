"""The recipes of `gpend help library`: what they show is right, and what they promise holds."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from gpend import config
from gpend.settings import Keep
from tests.world import RESTORED, SHARP, World

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "gpend" / "help" / "library.md").read_text()
OWN = ("2024/film.mp4.txt", "2024/notes.txt", "2024/IMG_1.NEF", "2024/IMG_1.xmp", "loop.gif")
PROGRAMS = {
    "Syncthing": (
        ".stfolder/syncthing-folder-0a1b2c.txt",
        ".stversions/2024/IMG_1~20240101-120000.jpg",
        ".stignore",
        ".syncthing.film.mp4.tmp",
        "2024/.syncthing.IMG_2.jpg.tmp",
    ),
    "Nextcloud": (
        "files_trashbin/files/IMG_9.jpg.d1700000000",
        "files_versions/IMG_1.jpg.v1700000000",
        "appdata_oc1a2b3c/preview/0/1/256-256.jpg",
        "2024/IMG_2.jpg.ocTransferId42.part",
    ),
    "Synology": (
        "@eaDir/IMG_1.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "2024/@eaDir/film.mp4/SYNOINDEX_MEDIA_INFO",
        "#recycle/2024/IMG_9.jpg",
        "#snapshot/GMT-1/IMG_1.jpg",
    ),
    "QNAP": ("2024/.@__thumb/s100IMG_1.jpg", "@Recycle/IMG_9.jpg", "@Recently-Snapshot/1/IMG_1.jpg"),
    "TrueNAS": (".zfs/snapshot/auto-1/IMG_1.jpg", ".recycle/anna/IMG_9.jpg"),
    "Windows and macOS": ("2024/Thumbs.db", "desktop.ini", ".DS_Store", "2024/._IMG_1.jpg", ".Trashes/501/IMG_9.jpg"),
}


def blocks(*begin: str) -> list[str]:
    """What is shown set in, as far as it begins with one of these keys."""
    found = re.findall(r"(?<=\n\n)((?:    [^\n]*\n)+)", TEXT)
    shown = [textwrap.dedent(block) for block in found]
    return [block for block in shown if block.startswith(begin)]


def test_every_configuration_shown_is_right() -> None:
    shown = blocks("folders:")
    assert len(shown) >= 3
    assert all(config.parse(text, name="library.md", folder=ROOT).folders for text in shown)


def test_every_piece_of_a_compose_file_is_yaml() -> None:
    shown = blocks("services:", "volumes:")
    assert len(shown) >= 5
    assert all(yaml.safe_load(text) for text in shown)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_library_holds_what_is_the_users_own_and_nothing_of(program: str, tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"keep": Keep.LIBRARY})
    for name in OWN:
        world.put(name, f"the user's own {name}, not short".encode())
    world.put("2024/IMG_1.jpg")
    world.put("2024/IMG_3.jpg", SHARP)
    for name in PROGRAMS[program]:
        world.put(name, b"what a program keeps for itself, sharp")
    world.once()
    assert set(world.outputs()) == {*OWN, "2024/IMG_1.jpg", "2024/IMG_3.jpg"}
    assert world.outputs()["2024/IMG_1.jpg"] == RESTORED
