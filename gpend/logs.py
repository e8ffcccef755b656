"""The log, set up once: events with fields, as text on a terminal and as JSON elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, TextIO

import structlog

from gpend.settings import LogFormat, LogSettings

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_SECONDS = 60.0
_TIMES = 20  # the same line, in so many seconds


def set_up(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Write all events to `stream` (standard error) from now on."""
    target = stream or sys.stderr
    is_text = target.isatty() if settings.format is LogFormat.AUTO else settings.format is LogFormat.TEXT
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=target.isatty()) if is_text else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            Limit(time.monotonic),
            local_time if is_text else structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            printable,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=False,
    )


def local_time(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The time as on the wall, for who reads along; its offset tells the hour that comes twice a year from itself."""
    # Not structlog's own stamp: before structlog 25.5 that of a local time has no offset, whatever its format.
    event["timestamp"] = datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")
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
