"""How answers appear on a terminal."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from gpend.cli import answers


def test_an_answer_stands_on_a_line_of_its_own_though_a_bar_is_shown() -> None:
    screen = io.StringIO()
    with Progress(console=Console(file=screen, force_terminal=True, width=80), transient=True) as bar:
        bar.add_task("Photos", total=2)
        with answers.aside(bar):
            screen.write("a.jpg: restored\n")
    before, _, after = screen.getvalue().partition("a.jpg: restored\n")
    assert "Photos" in before
    assert "Photos" in after
    assert before.endswith("\x1b[2K")  # the line was emptied


def test_without_a_terminal_progress_is_told_in_lines_and_the_answer_stays_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter(range(0, 1000, 20))
    with answers.progress(lambda: float(next(seconds))) as bar:
        task = bar.add_task("net.pth", total=2 << 20)
        bar.update(task, completed=1 << 20)
    told = capsys.readouterr()
    assert (told.out, "net.pth: " in told.err) == ("", True)


def test_without_a_terminal_there_is_nothing_but_the_answer() -> None:
    screen = io.StringIO()
    with Progress(console=Console(file=screen), disable=True) as bar, answers.aside(bar):
        screen.write("a.jpg: restored\n")
    assert screen.getvalue() == "a.jpg: restored\n"
