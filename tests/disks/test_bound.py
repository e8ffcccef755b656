"""A folder that has two names, as a container mounts a share and a part of it: what is written comes in again."""

from pathlib import Path

from tests.disks.mounted import Disk, said

_BOUND = Disk("bound", 'mkdir -p "$1/photos/restored" && mount --bind "$1/photos/restored" "$2"')
_SCRIPT = """
    import sys
    from pathlib import Path
    from gpend.daemon import problems
    from gpend.settings import FolderSettings, Settings

    root = Path(sys.argv[1])
    folder = FolderSettings(source=root / "disk" / "photos", output=root / "restored")
    for problem in problems(Settings(folders=(folder,), ledger=root / "ledger.sqlite")):
        print(problem)
    within = FolderSettings(source=root / "disk", output=root / "out")
    (root / "out").mkdir()
    for problem in problems(Settings(folders=(within,), ledger=root / "restored" / "ledger.sqlite")):
        print(problem)
"""


def test_an_output_and_a_ledger_that_are_mounted_from_within_the_source_are_refused(tmp_path: Path) -> None:
    output, ledger = said(_BOUND, _SCRIPT, tmp_path)
    assert f"which is {tmp_path}/disk/photos/restored, lies inside the source folder" in output
    assert "lies inside the source folder" in ledger
