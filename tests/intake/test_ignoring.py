"""What people want passed over is passed over, as git and Android would do it, and as soon as they say so."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from gpend.intake import ignoring
from gpend.intake.ignoring import Ignoring, Rules
from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.intake.watch import inotify
from gpend.intake.watch.watches import Hint, Watches
from tests.intake.watch.readers import FakeReader


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.png", "2019/a.jpg", "2019/Scans/c.jpg", "2020/Scans/d.jpg", "2020/keep.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "photos"


def seen(source: Source) -> set[str]:
    """The photos that a scan meets: each of them, and nothing else, is sighted alone too."""
    met = {str(sighting.path.relative_to(source.root)) for sighting in Scan(source)}
    every = {str(path.relative_to(source.root)) for path in source.root.rglob("*.*")}
    assert met == {name for name in every if source.sight(source.root / name) is not None}
    return met


def test_nothing_is_passed_over_unasked(root: Path) -> None:
    assert len(seen(Source(root))) == 6


def test_patterns_of_the_configuration_are_meant_from_the_source(root: Path) -> None:
    assert seen(Source(root, ignore=["*.png", "!keep.png", "/2019/Scans/"])) == {
        "a.jpg",
        "2019/a.jpg",
        "2020/Scans/d.jpg",
        "2020/keep.png",
    }
    scan = Scan(Source(root, ignore=["*.png", "Scans/"]))
    assert len(list(scan)) == 2
    assert scan.passed_over == {
        "files ignored by the configuration": 2,
        "folders ignored by the configuration": 2,
    }


def test_a_folder_has_patterns_of_its_own_and_the_nearest_decides(root: Path) -> None:
    (root / ".gpendignore").write_text("# what is scanned\n*.png\nScans/\n")
    (root / "2020" / ".gpendignore").write_text("!*.png\n")
    (root / "2019" / ".gpendignore").write_text("/a.jpg\n")
    assert seen(Source(root)) == {"a.jpg", "2020/keep.png"}


def test_a_folder_with_nomedia_is_passed_over_whole_but_for_the_source_itself(root: Path) -> None:
    (root / ".nomedia").touch()
    (root / "2020" / ".nomedia").touch()
    source = Source(root)
    assert seen(source) == {"a.jpg", "b.png", "2019/a.jpg", "2019/Scans/c.jpg"}
    scan = Scan(source)
    list(scan)
    assert scan.passed_over == {"folders with .nomedia": 1}
    assert list(Scan(source, root / "2020" / "Scans")) == []


def test_it_holds_from_the_moment_in_which_it_is_said_and_until_it_is_taken_back(root: Path) -> None:
    source = Source(root)
    (root / "2020" / ".nomedia").touch()
    assert source.sight(root / "2020" / "keep.png") is None
    (root / "2020" / ".nomedia").unlink()
    assert source.sight(root / "2020" / "keep.png") is not None


def test_lines_that_are_no_patterns_and_odd_bytes_are_passed_over(root: Path) -> None:
    (root / ".gpendignore").write_bytes(b"\xef\xbb\xbf*.png\r\n!\n\\\n\xff\xfe\n\0\n")
    assert "b.png" not in seen(Source(root))
    assert "a.jpg" in seen(Source(root))


def test_names_that_are_not_utf_8_can_be_ignored_too(root: Path) -> None:
    odd = os.fsencode(root) + b"/\xff.jpg"
    Path(os.fsdecode(odd)).write_bytes(b"x")
    assert Path(os.fsdecode(odd)).name not in seen(Source(root, ignore=["*.jpg"]))
    assert Path(os.fsdecode(odd)).name in seen(Source(root, ignore=["*.png"]))


def test_a_mark_that_is_a_folder_a_pipe_or_a_broken_link_says_nothing(root: Path) -> None:
    (root / "2020" / ".nomedia").mkdir()
    os.mkfifo(root / ".gpendignore")
    (root / "2019" / ".nomedia").symlink_to("nowhere")
    assert len(seen(Source(root))) == 6


def test_many_photos_of_few_folders_are_told_apart_with_one_look_at_each_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    inside = Ignoring.inside

    def counted(ignoring: Ignoring, outer: Rules | None, relative: str) -> Rules:
        looked.append(relative)
        if relative == "closed":
            raise PermissionError
        return inside(ignoring, outer, relative)

    monkeypatch.setattr(Ignoring, "inside", counted)
    (root / "2020" / ".gpendignore").write_text("Scans/\n")
    is_visible = Source(root).visibility()
    places = ("2019/Scans", "2020", "2020/Scans", "closed", "closed/a")
    told = [is_visible(Path(place, f"{number}.jpg")) for number in range(100) for place in places]
    assert told == [True, True, False, False, False] * 100
    assert sorted(looked) == ["", "2019", "2019/Scans", "2020", "2020/Scans", "closed", "closed/a"]


def test_patterns_hold_from_the_moment_they_are_written_and_are_compiled_once(root: Path) -> None:
    file, source = root / ".gpendignore", Source(root)
    file.write_text("a.*\n")
    ignoring._compiled.cache_clear()  # noqa: SLF001 - how often it works is what this is about
    for patterns, told in (("a.*\n", ("ignored by .gpendignore", "")), ("b.*\n", ("", "ignored by .gpendignore"))) * 2:
        file.write_text(patterns)
        for _ in range(3):
            assert (source.ignored(Path("a.jpg")), source.ignored(Path("b.png"))) == told
    assert ignoring._compiled.cache_info().misses == 2  # noqa: SLF001


def test_a_change_of_what_is_passed_over_asks_for_a_look_at_its_folder(root: Path) -> None:
    told, reader = list[Hint](), FakeReader()
    source = Source(root)
    watches = Watches(source, reader, told.append)
    (root / "2020" / ".nomedia").touch()
    with watches.scanning() as visit:
        list(Scan(source, visit=visit))
    reader.tell(root / "2020", inotify.DELETE, ".nomedia")
    assert told == [Hint(root, root / "2020", is_directory=True)]


_NAMES = st.sampled_from(["a", "b", "c.jpg", "d.png"])
_PARTS = st.sampled_from(["a", "b", "*", "**", "*.jpg", "c.jpg", "?", "[ab]", "d.*"])
_PATTERNS = st.builds(
    lambda negated, anchored, parts, ends: "!" * negated + "/" * anchored + "/".join(parts) + "/" * ends,
    st.booleans(),
    st.booleans(),
    st.lists(_PARTS, min_size=1, max_size=3),
    st.booleans(),
)


def _is_pattern(line: str) -> bool:
    """As the settings see to it before such a line comes here."""
    try:
        return bool(GitIgnoreSpec.from_lines([line]).patterns)
    except ValueError:
        return False


@given(st.lists(_PATTERNS, max_size=4), st.lists(_NAMES, min_size=1, max_size=4))
def test_any_patterns_give_an_answer_and_what_lies_in_an_ignored_folder_is_ignored(
    patterns: list[str], names: list[str]
) -> None:
    known = Ignoring(Path("/nowhere"), [line for line in patterns if _is_pattern(line)])
    path = "/".join(names)
    rules = known.rules("/".join(names[:-1]))
    if rules.why:
        assert rules.reason(path)
    if rules.reason(path, is_directory=True):
        assert known.rules(path).why


def test_what_is_ignored_is_what_git_ignores(root: Path) -> None:
    lines = ["*.png", "!/2020/keep.png", "Scans/", "/a.jpg", "2019/**/c.*"]
    (root / ".gitignore").write_text("\n".join(lines))
    subprocess.run(["git", "init", "-q", root], check=True)  # noqa: S607 - whichever git there is
    every = sorted(str(path.relative_to(root)) for path in root.rglob("*.*g"))
    command = ["git", "-C", str(root), "check-ignore", *every]
    ignored = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    assert seen(Source(root, ignore=lines)) == set(every) - set(ignored)
