"""A published file is there whole and proven, or it is not there."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpend.errors import FatalError
from gpend.models.download import Wanted, copy, fetch
from tests.models.publisher import Publisher, published

CONTENT = bytes(range(256)) * 20_000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with published(Publisher(CONTENT)) as one:
        yield one


def _wanted(*urls: str, content: bytes = CONTENT) -> Wanted:
    return Wanted("network.pth", urls, len(content), hashlib.sha256(content).hexdigest())


def _fetched(wanted: Wanted, folder: Path) -> Path:
    return fetch(wanted, folder, lambda _: None, lambda _done, _total: None)


def test_a_file_is_there_under_its_name_and_nothing_else(publisher: Publisher, tmp_path: Path) -> None:
    assert _fetched(_wanted(publisher.url), tmp_path / "new").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["network.pth"]


def test_a_broken_connection_goes_on_where_it_broke(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after = [2_000_000, 1_500_000]
    assert _fetched(_wanted(publisher.url), tmp_path).read_bytes() == CONTENT
    assert publisher.asked == ["", "bytes=2000000-", "bytes=3500000-"]


def test_what_came_is_kept_for_the_next_try_and_said(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after = [1_000_000, 0]
    with pytest.raises(FatalError, match=r"could not be fetched.*0 MiB that came are kept.*--from"):
        _fetched(_wanted(publisher.url), tmp_path)
    assert _fetched(_wanted(publisher.url), tmp_path).read_bytes() == CONTENT
    assert publisher.asked[-1] == "bytes=1000000-"


def test_a_place_that_cannot_go_on_in_the_middle_begins_anew(publisher: Publisher, tmp_path: Path) -> None:
    publisher.ranges, publisher.break_after = False, [1_000_000]
    publisher.status = 200
    (tmp_path / ".gpend-network.pth.part").write_bytes(CONTENT[:500])
    with published(Publisher(CONTENT, ranges=False)) as whole:
        assert _fetched(_wanted(whole.url), tmp_path).read_bytes() == CONTENT


def test_what_another_day_had_begun_does_not_spoil_it(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / ".gpend-network.pth.part").write_bytes(b"something else that was published under this name")
    assert _fetched(_wanted(publisher.url), tmp_path).read_bytes() == CONTENT


def test_the_next_place_is_asked_where_one_does_not_have_it(publisher: Publisher, tmp_path: Path) -> None:
    with published(Publisher(b"Not Found", status=404)) as gone:
        assert _fetched(_wanted(gone.url, publisher.url), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "pointer to a file in Git LFS"),
        (b"<!DOCTYPE html><title>Please log in</title>", "it is a web page, not the file"),
        (CONTENT[:-1], f"{len(CONTENT) - 1} bytes instead of {len(CONTENT)}"),
        (CONTENT[:-1] + b"?", "SHA-256 is not the published one"),
    ],
)
def test_what_is_not_the_file_gets_a_sentence_and_no_name(content: bytes, problem: str, tmp_path: Path) -> None:
    with published(Publisher(content)) as wrong, pytest.raises(FatalError, match=problem):
        _fetched(_wanted(wrong.url), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"version https://git-lfs", b"  <html>no</html>"])
def test_a_page_is_seen_also_where_nothing_is_known_of_the_file(content: bytes, tmp_path: Path) -> None:
    with published(Publisher(content)) as wrong, pytest.raises(FatalError, match="not the file"):
        _fetched(Wanted("network.pth", (wrong.url,), None, None), tmp_path)


def test_a_file_of_which_nothing_is_known_is_taken_whole(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after = [70_000]
    assert _fetched(Wanted("network.pth", (publisher.url,), None, None), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("begun", [CONTENT, CONTENT + b"more", b"something else that is longer" * 200_000])
def test_what_had_come_whole_when_gpend_was_killed_is_not_fetched_again(
    publisher: Publisher, tmp_path: Path, begun: bytes
) -> None:
    (tmp_path / ".gpend-network.pth.part").write_bytes(begun)
    assert _fetched(Wanted("network.pth", (publisher.url,), None, None), tmp_path).read_bytes() == CONTENT
    assert len(publisher.asked) == (1 if begun == CONTENT else 2)


def test_what_is_not_proven_gets_no_name(publisher: Publisher, tmp_path: Path) -> None:
    def prove(_: Path) -> None:
        raise FatalError("another architecture")

    with pytest.raises(FatalError, match="another architecture"):
        fetch(_wanted(publisher.url), tmp_path, prove, lambda _done, _total: None)
    assert list(tmp_path.iterdir()) == []


def test_room_is_looked_for_first(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1 << 20

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage())
    with pytest.raises(FatalError, match=r"are needed in .*1 MiB are free there.*make room"):
        _fetched(_wanted(publisher.url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_room_that_is_to_stay_free_is_part_of_what_is_told_to_be_needed(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 60 << 20  # far more than the file has

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage())
    with pytest.raises(FatalError, match=r"^69 MiB are needed in .* 60 MiB are free there"):
        _fetched(_wanted(publisher.url), tmp_path)


def test_a_machine_without_internet_takes_the_file_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "network.pth").write_bytes(CONTENT)
    copied = copy(_wanted(), tmp_path / "stick", tmp_path / "own", lambda _: None)
    assert copied.read_bytes() == CONTENT


def test_a_wrong_file_in_that_folder_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "network.pth").write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(FatalError, match=r"SHA-256 is not the published one.*Nothing was copied"):
        copy(_wanted(), tmp_path, tmp_path / "own", lambda _: None)
    with pytest.raises(FatalError, match=r"holds no other\.pth"):
        copy(Wanted("other.pth", (), None, None), tmp_path, tmp_path / "own", lambda _: None)
    assert list((tmp_path / "own").iterdir()) == []


def test_progress_tells_how_much_is_there(publisher: Publisher, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch(_wanted(publisher.url), tmp_path, lambda _: None, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(breaks=st.lists(st.integers(1, len(CONTENT)), max_size=6), begun=st.integers(0, len(CONTENT)))
def test_however_often_it_breaks_the_content_is_right(
    breaks: list[int], begun: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("weights")
    (folder / ".gpend-network.pth.part").write_bytes(CONTENT[:begun])
    with published(Publisher(CONTENT, break_after=list(breaks))) as publisher:
        assert _fetched(_wanted(publisher.url), folder).read_bytes() == CONTENT
