"""The log, set up once: events with fields, as short lines on a terminal and as JSON elsewhere.

Nothing that happens to the log happens to the work: what cannot be written is counted, and told when it can be again.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, TextIO

import structlog

from gpend.lines import ShortLines
from gpend.settings import LogFormat, LogSettings

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_SECONDS = 60.0
_TIMES = 20  # the same line, in so many seconds


def set_up(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Write all events to `stream` (standard error) from now on."""
    target = stream or sys.stderr
    on_terminal = not target.closed and target.isatty()
    is_text = on_terminal if settings.format is LogFormat.AUTO else settings.format is LogFormat.TEXT
    last = ShortLines(colours=on_terminal) if is_text else structlog.processors.JSONRenderer()
    when = clock_time if on_terminal else local_time
    stamp = when if is_text else structlog.processors.TimeStamper(fmt="iso", utc=True)
    writer = Writer(target, _lost_as_text if is_text else _lost_as_json)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            Limit(time.monotonic),
            stamp,
            structlog.processors.format_exc_info,
            printable,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=False,
    )


class Writer:
    """Writes whole lines to a stream, from any thread, and raises nothing.

    A full disk or a closed pipe costs lines and no more. They are counted, and the number stands before the next line
    that can be written. Nothing waits in a buffer, where it would come in the way of the end of the program.
    """

    def __init__(self, stream: TextIO, tell_lost: Callable[[int], str]) -> None:
        """`tell_lost` makes the line that tells how many lines were lost."""
        self._stream = stream
        self._tell_lost = tell_lost
        self._lock = threading.Lock()
        self._lost = 0
        self._is_torn = False  # a line was written in part

    def msg(self, message: str) -> None:
        """Write a line, or count it as lost."""
        with self._lock:
            told = f"{self._tell_lost(self._lost)}\n" if self._lost else ""
            torn = "\n" if self._is_torn else ""
            try:
                self._write(f"{torn}{told}{message}\n")
            except (OSError, ValueError):  # ValueError: the stream is closed
                self._lost += 1
            else:
                self._lost, self._is_torn = 0, False

    log = debug = info = warn = warning = error = critical = exception = fatal = msg

    def _write(self, text: str) -> None:
        descriptor = _descriptor(self._stream)
        if descriptor is None:
            self._stream.write(text)
            self._stream.flush()
            return
        data = memoryview(text.encode(errors="backslashreplace"))
        while data:
            data = data[os.write(descriptor, data) :]
            self._is_torn = bool(data)


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _lost_as_json(count: int) -> str:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"lines": count, "event": "log_lines_lost", "level": "warning", "timestamp": now})


def _lost_as_text(count: int) -> str:
    now = datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    return f"{now}  lost         {count} lines of this log could not be written"


def local_time(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The time as on the wall, for who reads along; its offset tells the hour that comes twice a year from itself."""
    # Not structlog's own stamp: before structlog 25.5 that of a local time has no offset, whatever its format.
    event["timestamp"] = datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")
    return event


def clock_time(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The time of the day, for who sits before the terminal."""
    event["timestamp"] = f"{datetime.now(UTC).astimezone():%H:%M:%S}"
    return event


def printable(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    r"""Every value as something that can be written: names that are not UTF-8 with their bytes shown as \xNN."""
    return {name: _printable(value) for name, value in event.items() if value is not None}


@dataclass
class Limit:
    """Lets the same line pass only so often; what was left out is told with the next one that passes."""

    clock: Callable[[], float]
    times: int = _TIMES
    seconds: float = _SECONDS
    _seen: dict[str, "_Seen"] = field(default_factory=dict)

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Pass an event on, or drop it. Events about single photos differ, and the news of each is wanted."""
        if event.get("level") in {"debug", "info"}:
            return event
        now, line = self.clock(), f"{event.get('event')} {event.get('reason', '')} {event.get('source', '')}"
        seen = self._seen.get(line)
        if seen is None or now - seen.since >= self.seconds:
            if seen is not None and seen.count > self.times:
                event["left_out"] = seen.count - self.times
            self._forget(now)
            self._seen[line] = _Seen(now)
            return event
        seen.count += 1
        if seen.count > self.times:
            raise structlog.DropEvent
        return event

    def _forget(self, now: float) -> None:
        self._seen = {line: seen for line, seen in self._seen.items() if now - seen.since < 2 * self.seconds}


@dataclass
class _Seen:
    since: float
    count: int = 1


def _printable(value: object) -> object:
    match value:
        case bool() | int() | float():
            return value
        case bytes():
            return value.decode(errors="backslashreplace")
        case PurePath():
            return os.fsencode(value).decode(errors="backslashreplace")
        case _:
            return str(value).encode(errors="backslashreplace").decode()
