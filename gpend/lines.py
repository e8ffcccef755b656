"""What the log says to who reads along: one short line for each event, in words. Elsewhere the same events are JSON."""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import click

_WIDTH = 11  # of the word that a line begins with
_COLOURS = {"photo_restored": "green", "photo_kept": "cyan", "photo_unsupported": "magenta", "photo_failed": "red"}
_OF_LEVELS = {"warning": "yellow", "error": "red", "critical": "red"}
_WORDS = {
    "photo_unsupported": "left",
    "photo_gone": "deleted",
    "daemon_started": "started",
    "daemon_stopped": "stopped",
    "configuration_reloaded": "reloaded",
    "configuration_refused": "refused",
    "folder_paused": "paused",
    "folder_resumed": "resumed",
    "engine_paused": "paused",
    "engine_resumed": "resumed",
    "ledger_paused": "waiting",
    "ledger_resumed": "resumed",
    "ledger_put_back": "put back",
    "brake_engaged": "asks",
    "brake_released": "goes on",
    "working_again": "goes on",
    "judged_with_other_settings": "settings",
    "request_answered": "asked",
    "folder_moved": "moved",
    "output_switched": "output",
    "last_run_crashed": "crashed",
    "trash_emptied": "trash",
    "leftovers_removed": "tidied",
}
"""The word for an event, where its name is none that a person would use."""

_MEANT = {
    "daemon_started": "gpend watches its folders ({folders})",
    "daemon_stopped": "gpend",
    "configuration_reloaded": "the changed configuration is in effect",
    "ledger_resumed": "the ledger can be written again",
    "engine_resumed": "photos are restored again",
    "working_again": "photos are restored again",
    "judged_with_other_settings": "photos judged with others than today's: {photos}; {again}",
    "leftovers_removed": "unfinished files in {output}: {files}",
    "trash_emptied": "{part} of {output}",
    "folder_moved": "{before} is {source} now, with all that is known of it; its output is {output}",
    "output_switched": "{source} goes to {output} now, no longer to {before}",
    "request_answered": "{request} {photo}",
}
"""What is said after the word, where that is not what happened to whom, and why."""

_SAID = ("reason", "what", "how_far")  # fields that hold whole sentences
_HIDDEN = frozenset(
    {"event", "level", "timestamp", "photo", "output", "faces", "restored", "known", "found", "done", "source"}
)


@dataclass(frozen=True)
class ShortLines:
    """A structlog processor that ends the chain. Values are printable already."""

    colours: bool

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        """One line, but for what an exception says."""
        name, level = str(event.get("event")), str(event.get("level"))
        word = _WORDS.get(name) or name.removeprefix("photo_").replace("_", " ")
        colour = _COLOURS.get(name) or _OF_LEVELS.get(level)
        shown = click.style(f"{word:{_WIDTH}}", fg=colour) if self.colours and colour else f"{word:{_WIDTH}}"
        told = "  ".join(part for part in _parts(name, event) if part)
        lines = f"{event.get('timestamp', '')}  {shown}  {told}".rstrip()
        return f"{lines}\n{event['exception']}" if "exception" in event else lines


def _parts(name: str, event: Mapping[str, Any]) -> list[str]:
    """What happened to whom, and why."""
    if name in _MEANT:
        return [_MEANT[name].format_map(_Lenient(event)).strip()]
    if name == "photo_restored" and event.get("faces"):
        return [_base(event), _faces(event), "known before" if event.get("known") else ""]
    said = [str(event[field]) for field in _SAID if event.get(field)]
    rest = [f"{field}={value}" for field, value in event.items() if field not in _HIDDEN and field not in _SAID]
    whom = _base(event) if "photo" in event else str(event.get("source") or event.get("output") or "")
    if any(whom and whom in sentence for sentence in said):
        whom = ""
    return [whom, *said, *rest]


class _Lenient(dict[str, Any]):
    """Fields of an event; one that is not there says nothing."""

    def __missing__(self, _key: str) -> str:
        return ""


def _base(event: Mapping[str, Any]) -> str:
    return os.fspath(PurePath(str(event.get("photo", ""))).name)


def _faces(event: Mapping[str, Any]) -> str:
    restored, faces = event.get("restored", 0), event["faces"]
    return "1 face" if faces == restored == 1 else f"{restored} of {faces} faces"
