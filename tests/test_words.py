"""Answers as people read them."""

from dataclasses import replace
from datetime import UTC, datetime

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend import words
from gpend.reports import Folder, History, Status, Trouble

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
STATUS = Status(
    running=True,
    counts={"waiting": 2, "working": 1, "restored": 12, "kept": 340, "failed": 1, "gone": 0},
    backlog=3,
    found_by={"event": 350, "scan": 6},
    last_activity="2024-05-01T11:58:00+00:00",
    folders=(Folder("/in", "/out", None, None, None),),
    last_errors=(Trouble("/in/a.jpg", "failed", "there is no picture in it", "2024-05-01T09:00:00+00:00", 7),),
)
HISTORY = History(
    photo="/in/a.jpg",
    state="restored",
    reason="1 face: 1 restored",
    faces=({"box": [1, 2, 31, 42], "score": 0.99, "sharpness": 0.124, "verdict": "restored", "reason": "blurred"},),
    notes=("its signature no longer matches",),
    output="/out/a.jpg",
    size=1234,
    modified="2024-04-01T00:00:00+00:00",
    sha256="a" * 64,
    output_sha256="b" * 64,
    model="gpen-256",
    settings="d1",
    version="0.1.0",
    first_seen="2024-04-30T12:00:00+00:00",
    updated="2024-05-01T11:00:00+00:00",
    found_by="scan",
    attempts=0,
    next_attempt=None,
)


def status_text(status: Status) -> str:
    return click.unstyle(words.status_text(status, NOW))


def test_status_says_how_it_is_going_in_a_few_lines() -> None:
    assert status_text(STATUS).splitlines() == [
        "gpend is running; last activity 2 minutes ago.",
        "Photos: 2 waiting, 1 working, 12 restored, 340 kept, 1 failed. Backlog: 3.",
        "Found by an event: 350; by a scan: 6.",
        "Folders:",
        "  /in → /out",
        "Last errors (`gpend why PHOTO` tells more):",
        "  /in/a.jpg  failed 3 hours ago",
        "    there is no picture in it",
    ]


def test_status_says_when_nothing_is_going_on() -> None:
    idle = replace(STATUS, running=False, counts={"waiting": 0}, last_activity=None, last_errors=(), folders=())
    said = status_text(idle)
    assert "gpend is not running; last activity never." in said
    assert "Photos: none yet." in said
    assert said.endswith("No errors.")


def test_status_says_why_a_folder_is_paused_and_what_waits_for_a_person() -> None:
    folder = Folder("/in", "/out", "the disk is full", "2024-05-01T11:00:00+00:00", "60 of 100 outputs to remove")
    said = status_text(replace(STATUS, folders=(folder,)))
    assert "paused 1 hour ago: the disk is full" in said
    assert "waits for `gpend confirm`: 60 of 100 outputs to remove" in said


def test_why_tells_the_faces_the_notes_and_the_facts() -> None:
    said = click.unstyle(words.history_text(HISTORY, NOW))
    assert said.startswith("/in/a.jpg: restored\n  1 face: 1 restored\n")
    assert "face 1 (30 by 40 px at 1, 2), sharpness 0.12: restored, blurred" in said
    assert "note: its signature no longer matches" in said
    assert "made with:     gpen-256 d1, gpend 0.1.0" in said


@pytest.mark.usefixtures("in_nepal")
def test_why_tells_times_by_the_machines_clock_as_the_page_does() -> None:
    waiting = replace(HISTORY, next_attempt="2024-05-01T19:00:00+00:00")
    said = click.unstyle(words.history_text(waiting, NOW))
    assert "found:         1 day ago (2024-04-30 17:45 +0545), by a scan" in said
    assert "last change:   1 hour ago (2024-05-01 16:45 +0545)" in said
    assert "next attempt:  2024-05-02 00:45 +0545" in said
    assert "photo:         1234 bytes, modified 2024-04-01 05:45 +0545" in said
    odd = click.unstyle(words.history_text(replace(HISTORY, modified="99999999999999 s"), NOW))
    assert "modified 99999999999999 s" in odd  # which no calendar holds


@pytest.mark.parametrize(
    ("verdict", "reason", "said"),
    [
        ("gone", "too blurred", ", sharpness 0.00: gone, too blurred"),
        ("small", "30 px wide", ", not measured: small, 30 px wide"),
        ("unsure", "it may be none", ", not measured: unsure, it may be none"),
        ("sharp", "sharpness 0.80 reaches 0.50", ": sharp, sharpness 0.80 reaches 0.50"),
    ],
)
def test_a_sharpness_is_told_once_and_only_where_it_was_measured(verdict: str, reason: str, said: str) -> None:
    face = {"box": [1, 2, 31, 42], "score": 0.9, "sharpness": 0.0, "verdict": verdict, "reason": reason}
    assert click.unstyle(words.face_lines([face])[0]) == f"  face 1 (30 by 40 px at 1, 2){said}"


def test_why_leaves_out_what_is_not_known() -> None:
    bare = replace(HISTORY, reason="", faces=(), notes=(), output=None, sha256=None, output_sha256=None, version="")
    said = click.unstyle(words.history_text(bare, NOW))
    assert not any(word in said for word in ("output", "SHA-256", "made with", "attempt", "note"))


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (None, "never"),
        ("2024-05-01T12:00:00+00:00", "just now"),
        ("2024-05-01T11:59:59+00:00", "1 second ago"),
        ("2024-05-01T13:00:00+00:00", "1 hour from now"),
        ("2024-04-01T12:00:00+00:00", "30 days ago"),
        ("9999999999999 s", "9999999999999 s"),
    ],
)
def test_how_long_ago_is_told_roughly(moment: str | None, said: str) -> None:
    assert words.ago(moment, NOW) == said


@given(st.binary(max_size=40))
def test_whatever_a_file_is_called_a_terminal_is_safe_from_it(name: bytes) -> None:
    said = words.plain(name.decode("utf-8", "surrogateescape"))
    assert said.encode("utf-8").decode("utf-8").isprintable()


@pytest.mark.parametrize(
    ("number", "named", "told"),
    [
        (0, ("photo",), "0 photos"),
        (1, ("photo",), "1 photo"),
        (2_000, ("photo",), "2,000 photos"),
        (1, ("photo waits", "photos wait"), "1 photo waits"),
        (2, ("photo waits", "photos wait"), "2 photos wait"),
    ],
)
def test_one_thing_is_told_as_one_and_several_as_several(number: int, named: tuple[str, ...], told: str) -> None:
    assert words.count_of(number, *named) == told


def test_a_face_that_is_left_alone_was_restored_by_no_network() -> None:
    face = HISTORY.faces[0] | {"verdict": "decided", "reason": "left alone, as you decided", "network": "gpen-256 (a1)"}
    told = words.history_text(replace(HISTORY, state="kept", faces=(face,)), NOW)
    assert "gpen-256 (a1)" not in told
    assert "judged with:   d1, gpend 0.1.0" in told  # made with auto, it said of what was never made
