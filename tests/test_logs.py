"""The log: events with fields, whatever the fields hold, and no flood."""

import errno
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gpend import logs
from gpend.settings import LogFormat, LogSettings
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        """As a terminal says."""
        return True


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_elsewhere_than_on_a_terminal_each_event_is_a_line_of_json() -> None:
    stream = io.StringIO()
    logs.set_up(LogSettings(), stream)
    structlog.get_logger().info("photo_restored", photo=Path("/in/a.jpg"), output=None, faces=2)
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["photo"], line["faces"]) == ("photo_restored", "info", "/in/a.jpg", 2)
    assert "output" not in line


def test_a_terminal_gets_text_unless_json_was_asked_for() -> None:
    text, asked = Terminal(), Terminal()
    logs.set_up(LogSettings(), text)
    structlog.get_logger().info("photo_restored", photo="a.jpg")
    logs.set_up(LogSettings(format=LogFormat.JSON), asked)
    structlog.get_logger().info("photo_restored", photo="a.jpg")
    assert not text.getvalue().startswith("{")
    assert "restored     a.jpg" in click.unstyle(text.getvalue())
    assert lines(asked)[0]["photo"] == "a.jpg"


@pytest.mark.usefixtures("in_nepal")
def test_times_in_text_that_is_kept_are_local_and_tell_their_offset() -> None:
    stream, before = io.StringIO(), datetime.now(UTC).replace(microsecond=0)
    logs.set_up(LogSettings(format=LogFormat.TEXT), stream)
    structlog.get_logger().info("photo_restored")
    (told,) = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", stream.getvalue())
    assert told.endswith("+05:45")
    assert before <= datetime.fromisoformat(told) <= datetime.now(UTC)


@pytest.mark.usefixtures("in_nepal")
def test_a_line_on_a_terminal_begins_with_the_time_of_the_day_there() -> None:
    stream, before = Terminal(), datetime.now(UTC)
    logs.set_up(LogSettings(), stream)
    structlog.get_logger().info("photo_restored")
    told = click.unstyle(stream.getvalue()).split("  ")[0]
    seconds = range(int((datetime.now(UTC) - before).total_seconds()) + 2)
    assert told in {f"{(before + timedelta(seconds=each)).astimezone():%H:%M:%S}" for each in seconds}


@pytest.mark.usefixtures("in_nepal")
def test_times_in_json_are_in_utc_wherever_it_runs() -> None:
    stream, before = io.StringIO(), datetime.now(UTC)
    logs.set_up(LogSettings(), stream)
    structlog.get_logger().info("photo_restored")
    told = str(lines(stream)[0]["timestamp"])
    assert told.endswith("Z")
    assert before <= datetime.fromisoformat(told) <= datetime.now(UTC)


def test_what_lies_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    logs.set_up(LogSettings(level="warning"), stream)
    structlog.get_logger().info("photo_kept")
    assert stream.getvalue() == ""


@given(name=st.binary(min_size=1).filter(lambda name: b"\0" not in name), text=st.text())
def test_whatever_a_name_holds_it_can_be_written(name: bytes, text: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", errors="strict", write_through=True)
    logs.set_up(LogSettings(format=LogFormat.JSON), stream)
    structlog.get_logger().info("photo_kept", photo=Path(os.fsdecode(name)), raw=name, text=text)
    assert json.loads(raw.getvalue())["event"] == "photo_kept"


def test_a_name_that_is_not_utf8_shows_its_bytes() -> None:
    said = logs.printable(None, "info", {"photo": Path(os.fsdecode(b"caf\xe9.jpg"))})
    assert said == {"photo": r"caf\xe9.jpg"}


def test_the_same_warning_is_written_so_often_and_the_rest_is_counted() -> None:
    moment = [0.0]
    limit = logs.Limit(lambda: moment[0], times=2, seconds=60)
    written = 0
    for _ in range(10):
        try:
            limit(None, "warning", {"event": "folder_paused", "level": "warning"})
        except structlog.DropEvent:
            continue
        written += 1
    assert written == 2
    assert limit(None, "warning", {"event": "another", "level": "warning"}) == {"event": "another", "level": "warning"}
    moment[0] = 60.0
    assert limit(None, "warning", {"event": "folder_paused", "level": "warning"})["left_out"] == 8


def test_the_memory_of_past_warnings_is_bounded() -> None:
    moment = [0.0]
    limit = logs.Limit(lambda: moment[0], seconds=60)
    for number in range(1000):
        moment[0] += 1.0
        limit(None, "warning", {"event": f"number {number}", "level": "warning"})
    assert len(limit._seen) <= 122  # noqa: SLF001  # what grows is the point


class Disk(io.StringIO):
    """A stream that cannot be written to while its disk is full."""

    is_full = False

    def write(self, text: str) -> int:
        """As a file does."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


@pytest.mark.parametrize("format_", [LogFormat.JSON, LogFormat.TEXT])
def test_what_cannot_be_written_is_counted_and_told_later_and_nobody_is_disturbed(format_: LogFormat) -> None:
    disk = Disk()
    logs.set_up(LogSettings(format=format_), disk)
    log = structlog.get_logger()
    log.info("photo_kept", photo="a.jpg")
    disk.is_full = True
    for _ in range(3):
        log.warning("folder_paused", source="/in")
    disk.is_full = False
    for _ in range(2):
        log.info("photo_kept", photo="b.jpg")
    told = disk.getvalue().splitlines()
    assert len(told) == 4
    assert ("log_lines_lost" if format_ is LogFormat.JSON else "lost") in told[1]
    assert "3" in told[1]


def test_a_log_that_is_closed_is_no_reason_to_stop() -> None:
    closed = io.StringIO()
    closed.close()
    logs.set_up(LogSettings(format=LogFormat.JSON), closed)
    structlog.get_logger().info("photo_kept")


def test_a_full_disk_or_a_closed_pipe_at_the_end_of_the_log_leaves_the_program_and_its_exit_alone() -> None:
    script = (
        "import structlog, sys; from gpend import logs; from gpend.settings import LogSettings;"
        "logs.set_up(LogSettings()); log = structlog.get_logger(); [log.info('x', n=n) for n in range(1000)];"
        "print('worked')"
    )
    command = [sys.executable, "-c", script]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stderr=full, stdout=subprocess.PIPE, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, b"worked\n")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stderr=writer, stdout=subprocess.PIPE, check=False, timeout=PATIENCE)
    os.close(writer)
    assert (done.returncode, done.stdout) == (0, b"worked\n")


def test_news_of_single_photos_is_never_left_out() -> None:
    limit = logs.Limit(lambda: 0.0, times=1)
    for _ in range(5):
        assert limit(None, "info", {"event": "photo_kept", "level": "info"})
