#!/usr/bin/env python3
"""Tell Immich which photo a restored one was made of: both become one stack, with the restored one on top.

gpend runs this after each restored photo, and tells it on standard input which one that was. In gpend.yaml:

    hooks:
      on_restored: /etc/gpend/immich-hook /etc/gpend/immich.ini

and in /etc/gpend/immich.ini, which only gpend's user should be able to read:

    [immich]
    url = http://localhost:2283
    # From Immich: account settings, API keys; with the permissions asset.read, stack.create and library.update.
    api_key = 0123456789
    # Who is asked to look for new photos, from the address of the library's page; leave it out if Immich watches.
    library = 3a86ad0b-4b5c-4d6e-8f70-0123456789ab
    # What Immich does not know yet waits here.
    waiting = /var/lib/gpend/immich-waiting

    # Where Immich sees the folders that gpend knows.
    [paths]
    /srv/photos = /mnt/photos
    /srv/photos-restored = /mnt/photos-restored

Immich finds a new file after a while only. Until then the pair waits, and is tried again with the next photo, or when
this is run without anything on standard input, as by cron: immich-hook /etc/gpend/immich.ini < /dev/null

It needs Python 3.11 and nothing else, and talks to nobody but that Immich.
"""

import configparser
import fcntl
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

SECONDS = 20.0  # in all; gpend ends a hook that takes longer than hooks.seconds
TIMEOUT = 10.0  # for one answer
MOST = 100_000  # pairs that may wait; beyond it, the oldest are forgotten


@dataclass(frozen=True)
class Pair:
    """A photo and what was restored of it, as gpend knows them."""

    photo: str
    output: str


class Settings(configparser.ConfigParser):
    """What immich.ini says; paths keep their capital letters."""

    def optionxform(self, optionstr: str) -> str:
        """As in ConfigParser."""
        return optionstr


class Immich:
    """The few things that are asked of Immich, as its published description of the API has them."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise SystemExit(f"immich-hook: url should begin with http:// or https://, not {url!r}.")
        self._api = url.rstrip("/").removesuffix("/api") + "/api"
        self._key = key

    def asset(self, path: str) -> str | None:
        """The id of the asset that has exactly this path in Immich; None: it knows none yet."""
        found = self._post("/search/metadata", {"originalPath": path})
        items = found["assets"]["items"] if found else []
        return next((str(item["id"]) for item in items if item["originalPath"] == path), None)

    def stack(self, *assets: str) -> None:
        """Make a stack of assets, of which the first is on top."""
        self._post("/stacks", {"assetIds": list(assets)})

    def scan(self, library: str) -> None:
        """Have a library look for new files."""
        self._post(f"/libraries/{library}/scan", {})

    def _post(self, place: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - as JSON has it
        headers = {"x-api-key": self._key, "Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - http or https, as the constructor sees to
            self._api + place, json.dumps(body).encode(), headers, method="POST"
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - the same
            text = answer.read()
        return json.loads(text) if text else None


def main(settings: Path, told: TextIO) -> str:
    """Stack what can be stacked; what went wrong, in words, or ""."""
    known = Settings(delimiters=("=",), interpolation=None)
    if not known.read(settings) or not known.has_section("immich"):
        return f"{settings} cannot be read, or has no part [immich]."
    immich, paths = known["immich"], dict(known["paths"]) if known.has_section("paths") else {}
    try:
        server = Immich(immich["url"], immich["api_key"])
        with waiting(Path(immich["waiting"])) as pairs:
            pairs.extend(pair_of(told))
            return work(server, pairs, paths, immich.get("library", ""))
    except KeyError as error:
        return f"{settings} does not say {error.args[0]}."
    except OSError as error:
        return f"{immich['waiting']} cannot be written: {error.strerror}."


def pair_of(told: TextIO) -> list[Pair]:
    """What gpend tells; nothing, where there is nothing to read."""
    text = "" if told.isatty() else told.read().strip()
    facts = json.loads(text) if text else {}
    return [Pair(facts["photo"], facts["output"])] if facts.get("output") else []


def work(server: Immich, pairs: list[Pair], paths: dict[str, str], library: str) -> str:
    """Stack the pairs that Immich knows, the latest first, and leave the others in the list."""
    end = time.monotonic() + SECONDS
    left: list[Pair] = []
    trouble = ""
    while pairs and not trouble and time.monotonic() < end:
        pair = pairs.pop()
        try:
            if not is_stacked(server, pair, paths):
                left.append(pair)
        except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
            left.append(pair)
            trouble = in_words(error)
    if left and library and not trouble:
        try:
            server.scan(library)
        except (urllib.error.URLError, OSError) as error:
            trouble = in_words(error)
    pairs[:0] = reversed(left)
    return trouble


def is_stacked(server: Immich, pair: Pair, paths: dict[str, str]) -> bool:
    """Stack a pair; False: Immich does not know both yet."""
    restored, original = (server.asset(seen_by_immich(path, paths)) for path in (pair.output, pair.photo))
    if restored is None or original is None:
        return False
    if restored != original:
        server.stack(restored, original)
    return True


def seen_by_immich(path: str, paths: dict[str, str]) -> str:
    """The path by which Immich knows a file."""
    for ours in sorted(paths, key=len, reverse=True):
        if path.startswith(ours.rstrip("/") + "/"):
            return paths[ours].rstrip("/") + path[len(ours.rstrip("/")) :]
    return path


@contextmanager
def waiting(place: Path) -> Iterator[list[Pair]]:
    """The pairs that wait, to be changed; one at a time may change them."""
    with place.open("a+", encoding="utf-8", errors="surrogateescape") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        pairs = [Pair(*json.loads(line)) for line in file if line.strip()]
        yield pairs
        file.seek(0)
        file.truncate()
        file.writelines(json.dumps([pair.photo, pair.output]) + "\n" for pair in dict.fromkeys(pairs[-MOST:]))


def in_words(error: Exception) -> str:
    """What went wrong, and what can be done."""
    if isinstance(error, urllib.error.HTTPError):
        if error.code in (401, 403):
            return f"Immich refuses the API key ({error.code}). It needs asset.read, stack.create and library.update."
        return f"Immich answers {error.code} {error.reason} to {error.url}. It is tried again with the next photo."
    reason = getattr(error, "reason", None) or error
    return f"Immich cannot be asked: {reason}. It is tried again with the next photo."


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - one argument
        raise SystemExit(__doc__)
    problem = main(Path(sys.argv[1]), sys.stdin)
    if problem:
        raise SystemExit(f"immich-hook: {problem}")
