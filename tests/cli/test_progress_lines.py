"""How far a long command is, where no bar is shown."""

from gpend.cli.progress_lines import Lines


class Said:
    """Lines that were said, by a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.lines = Lines(self.said.append, lambda: self.now)


def test_what_is_soon_done_is_told_by_nothing() -> None:
    told = Said()
    with told.lines as lines:
        task = lines.add_task("Photos", total=2)
        told.now = 14.0
        lines.advance(task)
        lines.advance(task)
    assert told.said == []


def test_a_download_is_told_in_megabytes_with_the_time_that_it_takes_further() -> None:
    told = Said()
    task = told.lines.add_task("net.pth", total=300 << 20, unit="MiB")
    told.lines.update(task, completed=100 << 20, total=300 << 20)  # which had come before
    told.now = 20.0
    told.lines.update(task, completed=120 << 20)
    assert told.said == ["net.pth: 120 of 300 MiB (40%), about 3 min left"]


def test_lines_become_rarer_and_never_stop() -> None:
    told = Said()
    task = told.lines.add_task("Photos", total=10_000)
    moments = []
    for second in range(3600):
        told.now, before = float(second), len(told.said)
        told.lines.advance(task)
        moments += [second] * (len(told.said) - before)
    assert moments == [15, 45, 105, 225, 465, *range(765, 3600, 300)]
    assert told.said[-1] == "Photos: 3,466 of 10,000 (35%), about 2 h left"


def test_where_nobody_knows_how_much_there_is_what_came_is_told() -> None:
    told = Said()
    task = told.lines.add_task("net.pth", total=None, unit="MiB")
    told.now = 15.0
    told.lines.update(task, completed=3 << 20, total=None)
    assert told.said == ["net.pth: 3 MiB"]


def test_words_that_tell_all_stand_alone() -> None:
    told = Said()
    task = told.lines.add_task("Searching", total=None, figures=False)
    told.now = 15.0
    told.lines.update(task, description="Restoring: found 9, 3 done (1 restored)  ", completed=3, total=9)
    assert told.said == ["Restoring: found 9, 3 done (1 restored)"]
