"""Commands on single photos, which need no daemon and no configuration."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from gpend import shipped
from gpend.cli.answers import aside, print_json, progress, tell
from gpend.cli.group import (
    CONFIG,
    FAILED,
    FILE,
    JSON,
    STRENGTH,
    RefusedError,
    commands,
    is_folder,
    settings_if_any,
    with_strength,
)
from gpend.settings import Screenshots, Settings, TriageSettings

if TYPE_CHECKING:
    from gpend.cli.batch import Batch, Summary
    from gpend.cli.single import Replace

_STANDARD_OUTPUT = Path("-")


class Wishes(TypedDict):
    """What a person asks of the restoration itself."""

    all_faces: bool
    strength: float | None


@commands.command()
@click.option(
    "--to", "folder", type=FILE, default=Path("gpend-demo"), show_default=True, metavar="DIR", help="Where results go."
)
def demo(folder: Path) -> None:
    """See gpend work, on pictures that came with it.

    Starts the real daemon on a temporary inbox, drops in a shaken portrait, a blurred one, the same portrait sharp and
    a picture without faces, and tells what happened to each and why. The restored photos and a picture of before and
    after are left in DIR.

    \b
    Example:
      gpend demo --to /tmp/demo
    """
    from gpend.demo import demonstrate

    sys.exit(0 if demonstrate(folder, click.echo) else FAILED)


@commands.command()
@click.argument("photos", nargs=-1, type=FILE, metavar="[PHOTO | FOLDER]...")
@click.option("-i", "--input", "inputs", multiple=True, type=FILE, metavar="PHOTO", help="A photo; may be repeated.")
@click.option(
    "-o",
    "--output",
    type=FILE,
    help="A file, a folder (for several photos, or a name without ending), or - for standard output.",
)
@click.option("--force", is_flag=True, help="Replace what gpend made there before. Other files are never replaced.")
@click.option("--all-faces", is_flag=True, help="Restore faces that are sharp enough, too.")
@STRENGTH
@CONFIG
def restore(
    photos: tuple[Path, ...],
    inputs: tuple[Path, ...],
    output: Path | None,
    *,
    force: bool,
    config_file: Path | None,
    **wishes: Unpack[Wishes],
) -> None:
    """Restore photos now, into new files.

    Without a PHOTO it restores the bundled sample. The result is output_<name> in the current folder unless -o says
    otherwise. A photo whose faces are sharp enough is left as it is, and nothing is written for it. Inputs are never
    overwritten, and no file that gpend did not write. What was restored into its place before is not done again,
    unless another result is asked for, and nobody has changed the first: of several photos with --strength or
    --all-faces, of one photo also without them, where it was made with other settings.

    A folder stands for all photos in it and in the folders below; its results go into a tree like it. With -o - one
    photo goes to standard output, as it is where it needs nothing.

    \b
    Examples:
      gpend restore holiday.jpg
      gpend restore -o restored/ *.jpg
      gpend restore --strength 0.6 holiday.jpg
      gpend restore -o restored/ ~/Pictures
      gpend restore -o - holiday.jpg | display
    """
    from gpend import words
    from gpend.cli import batch

    wanted = [*photos, *inputs] or [shipped.sample("portrait-blurred.jpg")]
    settings = _as_wished(settings_if_any(config_file), wishes)
    has_folder = any(is_folder(place) for place in wanted)
    settings = settings if has_folder else _for_screenshots_too(settings)  # who names a photo means it
    if output == _STANDARD_OUTPUT:
        sys.exit(_pipe(wanted, settings))
    found = batch.collect(wanted, output, Path.cwd())
    replace = _to_replace(wishes, force=force, is_one=len(wanted) == 1 and not has_folder)
    summary = _restore(found, settings, replace, in_full=not has_folder)
    if has_folder:
        click.echo("\n".join(words.plain_lines(summary.lines(found))))
    is_done = summary.outcomes.total() == len(found)
    sys.exit(FAILED if summary.outcomes["failed"] or not is_done or found.unreadable else 0)


def _to_replace(wishes: Wishes, *, force: bool, is_one: bool) -> "Replace":
    """What results may take the place of: who says by hand how to restore does not mean what was made otherwise.

    Nor does who names one photo: the usual strength is a strength too. Of many, most were done in an earlier run.
    """
    from gpend.cli.single import Replace

    if force:
        return Replace.ALL
    is_asked = is_one or wishes["strength"] is not None or wishes["all_faces"]
    return Replace.OTHER_SETTINGS if is_asked else Replace.NOTHING


def _pipe(wanted: Sequence[Path], settings: Settings) -> int:
    """Restore one photo to standard output; what is said about it goes to standard error. The exit code."""
    from gpend import wiring
    from gpend.cli import single

    if len(wanted) != 1 or is_folder(wanted[0]):
        raise RefusedError("-o - writes one photo to standard output; name one. Nothing was done.")
    if sys.stdout.isatty():
        raise RefusedError("Standard output is this terminal, which shows no photos. Send it on: > FILE, or | PROGRAM.")
    absent = single.absent(wanted[0])
    answer, photo = (absent, b"") if absent else single.piped(wanted[0], wiring.networks(settings), settings)
    sys.stdout.buffer.write(photo)
    sys.stdout.buffer.flush()
    tell(answer, answer.outcome, to_error=True)
    return FAILED if answer.outcome == "failed" else 0


def _restore(found: "Batch", settings: Settings, replace: "Replace", *, in_full: bool) -> "Summary":
    """Restore what was found, until Ctrl-C at most. `in_full`: tell of each photo, whatever became of it."""
    from gpend import wiring, words
    from gpend.cli import batch, single

    summary = batch.Summary()
    with progress() as bar, suppress(KeyboardInterrupt):
        task = bar.add_task("Loading the networks", total=len(found))
        loaded = cache(lambda: wiring.networks(settings))  # not before there is something to restore
        for photo, target in zip(found.photos, found.targets, strict=True):
            answer = single.absent(photo)
            if answer is None:
                networks = loaded()
                bar.update(task, description=words.plain(photo.name))
                answer = single.restore(photo, target, networks, settings, replace)
            summary.note(answer)
            bar.advance(task)
            if in_full or answer.outcome != "kept":
                with aside(bar):
                    tell(answer, answer.outcome)
    return summary


@commands.command()
@click.argument("photos", nargs=-1, required=True, type=FILE, metavar="(PHOTO | FOLDER)...")
@click.option("--picture", type=FILE, metavar="OUT.png", help="Draw the faces of one photo, numbered, into a new file.")
@JSON
@CONFIG
def score(photos: tuple[Path, ...], *, picture: Path | None, as_json: bool, config_file: Path | None) -> None:
    """Tell what gpend sees in photos.

    Nothing is written but the picture that you ask for.

    Every face is listed with its sharpness (0 is gone, 1 is crisp), the verdict and its reason: the way to find the
    threshold that suits your photos. Nothing is tried: what is told as restored here is left alone after all where
    restoring it turns out not to make it better. A folder stands for all photos in it and in the folders below.

    \b
    Examples:
      gpend score --json *.jpg
      gpend score --picture faces.png holiday.jpg
      gpend score ~/Pictures
    """
    from gpend import wiring, words
    from gpend.cli import batch, drawn, single

    if picture is not None:
        drawn.refuse(picture, photos)

    settings = settings_if_any(config_file)
    found = batch.found_in(photos)
    loaded = cache(lambda: wiring.networks(settings))  # not before there is something to look at
    answers = []
    for photo in found.photos:
        answers.append(single.absent(photo) or single.score(photo, loaded(), settings))
        if picture is not None and answers[-1].seen is not None:
            drawn.write(answers[-1].seen, picture)
        if not as_json:
            tell(answers[-1], f"would be {answers[-1].outcome}")
    if as_json:
        print_json([answer.as_data() for answer in answers])
    lines = found.left_lines() if answers else [batch.NONE, *found.left_lines()]
    for line in words.plain_lines(lines):
        click.echo(line, err=as_json)
    is_failed = found.unreadable or any(answer.outcome == "failed" for answer in answers)
    sys.exit(FAILED if is_failed else 0)


def _for_screenshots_too(settings: Settings) -> Settings:
    keys = settings.triage.model_dump() | {"screenshots": Screenshots.RESTORE}
    return settings.model_copy(update={"triage": TriageSettings(**keys)})


def _as_wished(settings: Settings, wishes: Wishes) -> Settings:
    settings = with_strength(settings, wishes["strength"])
    if not wishes["all_faces"]:
        return settings
    keys = settings.triage.model_dump() | {"sharpness_threshold": 1.0}
    return settings.model_copy(update={"triage": TriageSettings(**keys)})
