"""What somebody reads who looks on: one short line for each event, in words."""

from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.lines import ShortLines

WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)


def line(event: str, **fields: object) -> str:
    told = {"event": event, "level": "info", "timestamp": "12:34:56", **fields}
    return ShortLines(colours=False)(None, "info", told)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            line("photo_restored", photo="/in/2024/IMG_1234.jpg", faces=3, restored=2, reason="3 faces: 2 restored"),
            "12:34:56  restored     IMG_1234.jpg  2 of 3 faces",
        ),
        (line("photo_restored", photo="a.jpg", faces=1, restored=1), "12:34:56  restored     a.jpg  1 face"),
        (
            line("photo_kept", photo="/in/b.jpg", reason="no faces found"),
            "12:34:56  kept         b.jpg  no faces found",
        ),
        (line("photo_unsupported", photo="/in/c.gif", reason="animated"), "12:34:56  left         c.gif  animated"),
        (line("daemon_started", folders=2), "12:34:56  started      gpend watches its folders (2)"),
        (line("daemon_stopped"), "12:34:56  stopped      gpend"),
        (line("progress", how_far="found 210, 37 done", found=210), "12:34:56  progress     found 210, 37 done"),
        (
            line("folder_paused", source="/in", reason="The disk of /in is away."),
            "12:34:56  paused       The disk of /in is away.",
        ),
        (line("watch_limit", source="/in", reason="no room"), "12:34:56  watch limit  /in  no room"),
        (line("leftovers_removed", files=1, output="/out"), "12:34:56  tidied       unfinished files in /out: 1"),
        (line("something_new", number=7), "12:34:56  something new  number=7"),
    ],
)
def test_a_line_says_what_happened_to_which_photo_and_why(told: str, said: str) -> None:
    assert told == said


def test_an_exception_stands_below_its_line() -> None:
    assert line("worker", what="lost", exception="Traceback").splitlines()[1] == "Traceback"


def test_colours_tell_what_became_of_a_photo_and_change_no_word() -> None:
    told = {"event": "photo_failed", "level": "info", "timestamp": "12:34:56", "photo": "a.jpg", "reason": "damaged"}
    coloured = ShortLines(colours=True)(None, "info", dict(told))
    assert coloured != click.unstyle(coloured) == ShortLines(colours=False)(None, "info", told)


@given(st.dictionaries(WORDS, WORDS), WORDS)
def test_any_event_has_a_line(fields: dict[str, str], event: str) -> None:
    assert isinstance(ShortLines(colours=False)(None, "info", {**fields, "event": event, "level": "info"}), str)


def test_every_event_that_has_words_of_its_own_is_one_that_is_told() -> None:
    from gpend import lines  # noqa: PLC0415 - its tables

    source = "".join(path.read_text() for path in Path(lines.__file__).parent.rglob("*.py") if path.name != "lines.py")
    for event in {*lines._WORDS, *lines._MEANT}:  # noqa: SLF001 - the tables are what is tested
        assert f'"{event}"' in source or event.startswith("photo_")
