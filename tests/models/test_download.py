"""A published file is there whole and proven, or it is not there."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpend.errors import FatalError
from gpend.models.download import Wanted, copy, fetch
from tests.models.publisher import Publisher, published

CONTENT = bytes(range(256)) * 20_000


PART = ".gpend-network.pth.part"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with published(Publisher(CONTENT)) as one:
        yield one


def _wanted(*urls: str, content: bytes = CONTENT) -> Wanted:
    return Wanted("network.pth", urls, len(content), hashlib.sha256(content).hexdigest())


def _fetched(wanted: Wanted, folder: Path) -> Path:
    return fetch(wanted, folder, lambda _: None, lambda _done, _total: None)


def _begun(publisher: Publisher, folder: Path) -> None:
    """Two million bytes of it, that came before the connection broke for good."""
    publisher.break_after = [2_000_000, 0]
    with pytest.raises(FatalError):
        _fetched(Wanted("network.pth", (publisher.url,), None, None), folder)


def _only_content(path: Path) -> None:
    if path.read_bytes() != CONTENT:
        raise FatalError("It is no network.")


def test_a_file_is_there_under_its_name_and_nothing_else(publisher: Publisher, tmp_path: Path) -> None:
    assert _fetched(_wanted(publisher.url), tmp_path / "new").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["network.pth"]


def test_a_broken_connection_goes_on_where_it_broke(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after = [2_000_000, 1_500_000]
    assert _fetched(_wanted(publisher.url), tmp_path).read_bytes() == CONTENT
    assert publisher.asked == ["", "bytes=2000000-", "bytes=3500000-"]


def test_what_came_is_kept_for_the_next_try_and_said(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after = [1_000_000, 0]
    with pytest.raises(FatalError, match=r"could not be fetched.*What came of it, 1\.0 MiB, is kept.*--from"):
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
        (CONTENT[:-1] + b"?", "SHA-256 is not the one that is expected"),
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


def test_what_had_come_whole_when_gpend_was_killed_is_not_fetched_again(publisher: Publisher, tmp_path: Path) -> None:
    _begun(publisher, tmp_path)
    (tmp_path / PART).write_bytes(CONTENT)
    publisher.asked.clear()
    assert _fetched(Wanted("network.pth", (publisher.url,), None, None), tmp_path).read_bytes() == CONTENT
    assert publisher.asked == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize("more", [b"more", CONTENT])
def test_more_than_there_is_is_fetched_anew(publisher: Publisher, tmp_path: Path, more: bytes) -> None:
    _begun(publisher, tmp_path)
    (tmp_path / PART).write_bytes(CONTENT + more)
    assert _fetched(Wanted("network.pth", (publisher.url,), None, None), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("is_careful", [True, False])
def test_a_file_that_nobody_has_a_hash_of_is_not_made_of_two_that_were_published_one_after_the_other(
    publisher: Publisher, tmp_path: Path, *, is_careful: bool
) -> None:
    publisher.tag = '"first"'
    _begun(publisher, tmp_path)
    publisher.content, publisher.tag, publisher.is_careful = CONTENT[::-1], '"second"', is_careful
    assert _fetched(Wanted("network.pth", (publisher.url,), None, None), tmp_path).read_bytes() == CONTENT[::-1]


def test_nor_of_two_that_are_published_at_two_places(publisher: Publisher, tmp_path: Path) -> None:
    _begun(publisher, tmp_path)
    with published(Publisher(CONTENT[::-1])) as other:
        gone = f"{publisher.url[:-11]}gone.pth"
        publisher.refusals = [(404, {})]
        assert _fetched(Wanted("network.pth", (gone, other.url), None, None), tmp_path).read_bytes() == CONTENT[::-1]


def test_what_begins_elsewhere_than_was_asked_for_is_put_where_it_belongs(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after, publisher.shift = [2_000_000], 70_000
    assert _fetched(Wanted("network.pth", (publisher.url,), None, None), tmp_path).read_bytes() == CONTENT


def test_a_connection_that_breaks_often_is_gone_on_with_as_long_as_something_comes(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.break_after = [300_000] * 17
    assert _fetched(_wanted(publisher.url), tmp_path).read_bytes() == CONTENT
    assert len(publisher.asked) == 18


def test_a_place_from_which_hardly_anything_comes_is_given_up(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after = [1] * 100
    with pytest.raises(FatalError, match="the connection broke 8 times without getting any further"):
        _fetched(_wanted(publisher.url), tmp_path)


def test_what_is_sent_without_its_length_is_gone_on_with_too(publisher: Publisher, tmp_path: Path) -> None:
    publisher.break_after, publisher.tells_length = [2_000_000], False
    assert _fetched(_wanted(publisher.url), tmp_path).read_bytes() == CONTENT
    assert publisher.asked == ["", "bytes=2000000-"]


@pytest.mark.parametrize(
    "content",
    [b'{"Code": 10010205001, "Message": "no such model"}', b"<?xml version='1.0'?><Error/>", b"", b"PK\x03\x04"],
)
def test_the_next_place_is_asked_where_one_sends_something_else_of_which_nothing_is_known(
    publisher: Publisher, tmp_path: Path, content: bytes
) -> None:
    with published(Publisher(content)) as wrong:
        wanted = Wanted("network.pth", (wrong.url, publisher.url), None, None)
        assert fetch(wanted, tmp_path, _only_content, lambda _done, _total: None).read_bytes() == CONTENT


def test_a_message_that_came_instead_is_told(tmp_path: Path) -> None:
    with (
        published(Publisher(b'{"Message": "no such model"}')) as wrong,
        pytest.raises(FatalError, match=r"a message and not the file: .\"Message\": \"no such model\""),
    ):
        _fetched(Wanted("network.pth", (wrong.url,), None, None), tmp_path)


def test_what_had_come_of_it_outlasts_a_page_of_another_place(publisher: Publisher, tmp_path: Path) -> None:
    _begun(publisher, tmp_path)
    with published(Publisher(b"<html>Please log in</html>", ranges=False)) as page:
        wanted = Wanted("network.pth", (page.url,), None, hashlib.sha256(CONTENT).hexdigest())
        with pytest.raises(FatalError, match=r"is a web page.*What came of it, 1\.9 MiB, is kept"):
            _fetched(wanted, tmp_path)


def test_what_is_packed_is_not_taken_for_the_file(publisher: Publisher, tmp_path: Path) -> None:
    publisher.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(FatalError, match=r"sends the file packed \(gzip\)"):
        _fetched(_wanted(publisher.url), tmp_path)


def test_a_busy_place_is_asked_again_when_it_wants_to_be(publisher: Publisher, tmp_path: Path) -> None:
    waited: list[float] = []
    publisher.refusals = [(429, {"Retry-After": "3"})]
    fetch(_wanted(publisher.url), tmp_path, lambda _: None, lambda _done, _total: None, waited.append)
    assert waited == [3]


def test_one_that_is_busy_for_long_or_again_is_told(publisher: Publisher, tmp_path: Path) -> None:
    publisher.refusals = [(503, {"Retry-After": "600"})]
    with pytest.raises(FatalError, match=r"answers 503 .* wants to be asked again in 600 seconds"):
        _fetched(_wanted(publisher.url), tmp_path)
    publisher.refusals = [(429, {"Retry-After": "0"})] * 2
    with pytest.raises(FatalError, match="answers 429"):
        _fetched(_wanted(publisher.url), tmp_path)


def test_a_place_that_sends_in_circles_is_told_on_one_line(publisher: Publisher, tmp_path: Path) -> None:
    publisher.refusals = [(302, {"Location": "/network.pth"})] * 20
    with pytest.raises(FatalError, match="answers 302") as told:
        _fetched(_wanted(publisher.url), tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_a_proxy_that_is_in_the_way_is_named_without_its_password(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://me:secret@127.0.0.1:9")
    with pytest.raises(
        FatalError, match=r"127\.0\.0\.1: .* \(through the proxy 127\.0\.0\.1:9 of the environment"
    ) as told:
        _fetched(_wanted(publisher.url), tmp_path)
    assert "secret" not in str(told.value)
    assert publisher.asked == []


def test_two_at_once_do_not_write_the_same_file(publisher: Publisher, tmp_path: Path) -> None:
    def second(_: Path) -> None:
        with pytest.raises(FatalError, match=r"Another gpend is getting network\.pth"):
            _fetched(_wanted(publisher.url), tmp_path)

    fetch(_wanted(publisher.url), tmp_path, second, lambda _done, _total: None)
    assert [path.name for path in tmp_path.iterdir()] == ["network.pth"]
    assert len(publisher.asked) == 1


def test_a_disk_that_takes_no_more_is_told_as_that_and_not_as_the_place_s_fault(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _begun(publisher, tmp_path)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(FatalError, match=rf"cannot be written to {tmp_path}: No space left on device\..*kept"):
            _fetched(_wanted(publisher.url), tmp_path)
    assert (tmp_path / PART).stat().st_size == 2_000_000


def test_where_no_folder_can_be_made_that_is_told(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("a file")
    with pytest.raises(FatalError, match="Networks cannot be written to"):
        _fetched(_wanted(publisher.url), tmp_path / "own")


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
    with pytest.raises(FatalError, match=r"SHA-256 is not the one that is expected.*Nothing of it was taken"):
        copy(_wanted(), tmp_path, tmp_path / "own", lambda _: None)
    with pytest.raises(FatalError, match=r"holds no other\.pth"):
        copy(Wanted("other.pth", (), None, None), tmp_path, tmp_path / "own", lambda _: None)
    assert list((tmp_path / "own").iterdir()) == []


def test_it_may_have_the_name_there_that_it_is_published_under_or_be_named_itself(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.pt").write_bytes(CONTENT)
    wanted = _wanted("https://nowhere.invalid/resolve/master/pytorch_model.pt")
    assert copy(wanted, tmp_path, tmp_path / "own", lambda _: None).read_bytes() == CONTENT
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    assert copy(_wanted(), tmp_path / "mine.bin", tmp_path / "other", lambda _: None).name == "network.pth"
    with pytest.raises(FatalError, match=r"holds no network\.pth and no pytorch_model\.pt"):
        copy(wanted, tmp_path / "own" / "none", tmp_path / "other", lambda _: None)


def test_a_file_that_lies_in_its_place_already_is_looked_at_there(tmp_path: Path) -> None:
    (tmp_path / "network.pth").write_bytes(CONTENT)
    assert copy(_wanted(), tmp_path, tmp_path, lambda _: None) == tmp_path / "network.pth"
    (tmp_path / "network.pth").write_bytes(CONTENT[:5])
    with pytest.raises(FatalError, match="5 bytes instead of"):
        copy(_wanted(), tmp_path, tmp_path, lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["network.pth"]


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
