"""The commands: parse, call, exit code. Modules that take long to load are imported by the commands that need them."""

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gpend import __version__, config, shipped
from gpend.errors import GpendError
from gpend.settings import Settings, TriageSettings

if TYPE_CHECKING:
    from rich.progress import Progress

    from gpend.core.networks import Networks
    from gpend.single import Answer

FAILED = 1
WRONG = 2

_FILE = click.Path(path_type=Path)
_CONFIG = click.option(
    "--config",
    "config_file",
    type=_FILE,
    metavar="FILE",
    help=f"The configuration; else ${config.ENVIRONMENT}, else {config.DEFAULT}.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for scripts.")


class RefusedError(click.ClickException):
    """Something that gpend says no to, as click shows it: one message, no traceback, exit code 2."""

    exit_code = WRONG


class Commands(click.Group):
    """A group whose commands may raise GpendError."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except GpendError as error:
            raise RefusedError(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gpend")
def commands() -> None:
    """Watch photo folders and restore the blurred faces in them.

    Restored photos go to an output folder that mirrors the watched one; your own files are only ever read.

    \b
    First steps:
      gpend demo                           see it work, on pictures that came with it
      gpend restore holiday.jpg            restore one photo into output_holiday.jpg
      gpend print gpend.yaml > gpend.yaml  a documented configuration to fill in
      gpend check --config gpend.yaml      is it right?
      gpend run --config gpend.yaml        watch the folders until stopped

    Exit codes: 0 done; 1 some photo failed; 2 wrong usage or configuration.
    """


@commands.command()
@click.option(
    "--to", "folder", type=_FILE, default=Path("gpend-demo"), show_default=True, metavar="DIR", help="Where results go."
)
def demo(folder: Path) -> None:
    """See gpend work, on pictures that came with it.

    Starts the real daemon on a temporary inbox, drops in a blurred portrait, the same portrait sharp and a picture
    without faces, and tells what
    happened to each and why. The restored photo and a picture of before and after are left in DIR.

    \b
    Example:
      gpend demo --to /tmp/demo
    """
    from gpend.demo import demonstrate

    sys.exit(0 if demonstrate(folder, click.echo) else FAILED)


@commands.command()
@_CONFIG
def run(config_file: Path | None) -> None:
    """Watch the folders until stopped.

    This is what the systemd service runs. SIGHUP reads the configuration again, SIGTERM or Ctrl-C ends it; whatever
    was in progress is done at the next start.

    \b
    Example:
      gpend run --config gpend.yaml
    """
    from gpend import wiring

    path = _path(config_file)
    wiring.run(config.load(path), reload=lambda: config.load(path))


@commands.command()
@_CONFIG
def once(config_file: Path | None) -> None:
    """Go through every folder once and exit.

    \b
    Example, every night by cron:
      gpend once --config gpend.yaml
    """
    from gpend import wiring, words

    settings = _settings(config_file)
    with _progress() as bar:
        photos = bar.add_task("Searching", total=None)
        tally = wiring.once(settings, lambda far: bar.update(photos, completed=far.done, total=far.total or None))
    states = {state.value: count for state, count in tally.states.items()}
    click.echo(words.tally_text(states, tally.pauses, tally.unsettled))
    sys.exit(FAILED if "failed" in states or "incomplete" in states or tally.pauses else 0)


@commands.command()
@click.argument("photos", nargs=-1, type=_FILE, metavar="[PHOTO]...")
@click.option("-i", "--input", "inputs", multiple=True, type=_FILE, metavar="PHOTO", help="A photo; may be repeated.")
@click.option("-o", "--output", type=_FILE, help="Where the result goes; a folder if there are several photos.")
@click.option("--all-faces", is_flag=True, help="Restore faces that are sharp enough, too.")
@_CONFIG
def restore(
    photos: tuple[Path, ...],
    inputs: tuple[Path, ...],
    output: Path | None,
    *,
    all_faces: bool,
    config_file: Path | None,
) -> None:
    """Restore photos now, into new files.

    Without a PHOTO it restores the bundled sample. The result is output_<name> in the current folder unless -o says
    otherwise. A photo whose faces are sharp enough is
    left as it is, and nothing is written for it. Inputs are never overwritten, and no file that gpend did not write.

    \b
    Examples:
      gpend restore holiday.jpg
      gpend restore -o restored/ *.jpg
    """
    from gpend import single, words

    wanted = [*photos, *inputs] or [shipped.sample("portrait-blurred.jpg")]
    targets = single.targets(wanted, output, Path.cwd())
    settings = _settings_if_any(config_file)
    if all_faces:
        settings = _for_all_faces(settings)
    with _progress() as bar:
        task = bar.add_task("Loading the networks", total=len(wanted))
        networks = _networks(settings)
        failed = False
        for photo, target in zip(wanted, targets, strict=True):
            bar.update(task, description=words.plain(photo.name))
            answer = single.restore(photo, target, networks, settings)
            failed |= _tell(answer, answer.outcome)
            bar.advance(task)
    sys.exit(FAILED if failed else 0)


@commands.command()
@click.argument("photos", nargs=-1, required=True, type=_FILE, metavar="PHOTO...")
@_JSON
@_CONFIG
def score(photos: tuple[Path, ...], *, as_json: bool, config_file: Path | None) -> None:
    """Tell what gpend sees in photos; nothing is written.

    Every face is listed with its sharpness (0 is gone, 1 is crisp), the verdict and its reason: the way to find the
    threshold that suits your photos.

    \b
    Example:
      gpend score --json *.jpg
    """
    from gpend import single

    settings = _settings_if_any(config_file)
    networks = _networks(settings)
    answers = []
    for photo in photos:
        answers.append(single.score(photo, networks, settings))
        if not as_json:
            _tell(answers[-1], f"would be {answers[-1].outcome}")
    if as_json:
        _print_json([answer.as_data() for answer in answers])
    sys.exit(FAILED if any(answer.outcome == "failed" for answer in answers) else 0)


@commands.command()
@_JSON
@_CONFIG
def status(*, as_json: bool, config_file: Path | None) -> None:
    """Tell how it is going.

    Photos by state, the backlog, the last errors and the last activity.

    \b
    Example:
      gpend status --json | jq .backlog
    """
    from gpend import reports, words

    answer = reports.status(_settings(config_file).ledger)
    if as_json:
        _print_json(asdict(answer))
    else:
        click.echo(words.status_text(answer, datetime.now(UTC)))


@commands.command()
@click.argument("photo", type=_FILE)
@_JSON
@_CONFIG
def why(photo: Path, *, as_json: bool, config_file: Path | None) -> None:
    """Tell all that is known about one photo.

    Why it was restored, kept, or set aside, and what was seen in it. PHOTO is the photo itself or what gpend made
    of it.

    \b
    Example:
      gpend why /srv/photos/2019/anna.jpg
    """
    from gpend import reports, words

    settings = _settings(config_file)
    answer = reports.history(settings.ledger, photo)
    if answer is None:
        click.echo(f"{words.plain(photo)} is not known. {reports.absence(photo, settings.folders)}", err=True)
        sys.exit(FAILED)
    if as_json:
        _print_json(asdict(answer))
    else:
        click.echo(words.history_text(answer, datetime.now(UTC)))


@commands.command()
@click.argument("photos", nargs=-1, type=_FILE, metavar="[PHOTO]...")
@_CONFIG
def retry(photos: tuple[Path, ...], config_file: Path | None) -> None:
    """Try photos again; without a PHOTO, all that failed.

    A running daemon begins within seconds, else the next one to start.

    \b
    Example:
      gpend retry /srv/photos/2019/anna.jpg
    """
    from gpend import reports
    from gpend.ledger import Ledger, Request

    settings = _settings(config_file)
    located = [reports.located(photo, settings.folders) for photo in photos]
    for photo, place in zip(photos, located, strict=True):
        if place is None:
            raise RefusedError(f"{photo}: {reports.absence(photo, settings.folders)} Nothing was changed.")
    Ledger.request(settings.ledger, Request.RETRY, [place for place in located if place])
    click.echo("Noted. " + ("They are" if len(photos) != 1 else "It is") + " tried again within seconds if gpend runs.")


@commands.command()
@_CONFIG
def confirm(config_file: Path | None) -> None:
    """Allow a mass change that gpend stopped at.

    `gpend status` tells what it is. When one scan would remove or redo a large part of a folder, gpend stops and
    asks: the disk might just be absent.

    \b
    Example:
      gpend status && gpend confirm
    """
    from gpend.ledger import Ledger, Request

    Ledger.request(_settings(config_file).ledger, Request.CONFIRM)
    click.echo("Noted. gpend goes on within seconds if it runs.")


@commands.command()
@_CONFIG
def check(config_file: Path | None) -> None:
    """Is the configuration right, and are its folders usable?

    \b
    Example:
      gpend check --config gpend.yaml && systemctl reload gpend
    """
    from gpend import wiring, words

    settings = _settings(config_file)
    problems = wiring.problems(settings)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise RefusedError(f"gpend cannot work with the configuration {_path(config_file)}:\n{listed}")
    click.echo(f"The configuration {_path(config_file)} is right.")
    for folder in settings.folders:
        click.echo(f"  {words.plain(folder.source)} → {words.plain(folder.output)}")
    for advice in wiring.advice():
        click.echo(f"Advice: {advice}")


@commands.command(name="print")
@click.argument("name", type=click.Choice(shipped.NAMES))
def print_file(name: str) -> None:
    """Print the documented configuration, or a systemd unit.

    \b
    Example:
      gpend print gpend.yaml > gpend.yaml
    """
    click.echo(shipped.text(name), nl=False)


def _path(given: Path | None) -> Path:
    return config.locate(given, os.environ)


def _settings(given: Path | None) -> Settings:
    return config.load(_path(given))


def _settings_if_any(given: Path | None) -> Settings:
    """For commands that need no configuration: that of the daemon if there is one, so that they do as it does."""
    path = _path(given)
    return Settings() if given is None and not path.exists() else config.load(path)


def _for_all_faces(settings: Settings) -> Settings:
    keys = settings.triage.model_dump() | {"sharpness_threshold": 1.0}
    return settings.model_copy(update={"triage": TriageSettings(**keys)})


def _networks(settings: Settings) -> "Networks":
    from gpend import wiring

    return wiring.networks(settings)


def _progress() -> "Progress":
    """A bar where standard output is a terminal; silent elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console()
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def _tell(answer: "Answer", outcome: str) -> bool:
    """What became of a photo, with its faces; True if it failed."""
    from gpend import words

    failed = answer.outcome == "failed"
    told = answer.as_data() | {"outcome": "failed" if failed else outcome}
    click.echo(words.answer_text(told, answer.output, answer.notes), err=failed)
    return failed


def _print_json(answer: object) -> None:
    click.echo(json.dumps(answer, indent=2))
