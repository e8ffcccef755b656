"""Commands on single photos, which need no daemon and no configuration."""

import sys
from pathlib import Path

import click

from gpend import shipped
from gpend.cli.answers import aside, print_json, progress, tell
from gpend.cli.group import CONFIG, FAILED, FILE, JSON, commands, settings_if_any
from gpend.settings import Settings, TriageSettings


@commands.command()
@click.option(
    "--to", "folder", type=FILE, default=Path("gpend-demo"), show_default=True, metavar="DIR", help="Where results go."
)
def demo(folder: Path) -> None:
    """See gpend work, on pictures that came with it.

    Starts the real daemon on a temporary inbox, drops in a blurred portrait, the same portrait sharp and a picture
    without faces, and tells what happened to each and why. The restored photo and a picture of before and after are
    left in DIR.

    \b
    Example:
      gpend demo --to /tmp/demo
    """
    from gpend.demo import demonstrate

    sys.exit(0 if demonstrate(folder, click.echo) else FAILED)


@commands.command()
@click.argument("photos", nargs=-1, type=FILE, metavar="[PHOTO]...")
@click.option("-i", "--input", "inputs", multiple=True, type=FILE, metavar="PHOTO", help="A photo; may be repeated.")
@click.option(
    "-o",
    "--output",
    type=FILE,
    help="Where the result goes; a folder if there are several photos, or its name has no ending.",
)
@click.option("--all-faces", is_flag=True, help="Restore faces that are sharp enough, too.")
@CONFIG
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
    otherwise. A photo whose faces are sharp enough is left as it is, and nothing is written for it. Inputs are never
    overwritten, and no file that gpend did not write.

    \b
    Examples:
      gpend restore holiday.jpg
      gpend restore -o restored/ *.jpg
    """
    from gpend import wiring, words
    from gpend.cli import single

    wanted = [*photos, *inputs] or [shipped.sample("portrait-blurred.jpg")]
    targets = single.targets(wanted, output, Path.cwd())
    settings = settings_if_any(config_file)
    if all_faces:
        settings = _for_all_faces(settings)
    with progress() as bar:
        task = bar.add_task("Loading the networks", total=len(wanted))
        networks = wiring.networks(settings)
        failed = False
        for photo, target in zip(wanted, targets, strict=True):
            bar.update(task, description=words.plain(photo.name))
            answer = single.restore(photo, target, networks, settings)
            bar.advance(task)
            with aside(bar):
                failed |= tell(answer, answer.outcome)
    sys.exit(FAILED if failed else 0)


@commands.command()
@click.argument("photos", nargs=-1, required=True, type=FILE, metavar="PHOTO...")
@JSON
@CONFIG
def score(photos: tuple[Path, ...], *, as_json: bool, config_file: Path | None) -> None:
    """Tell what gpend sees in photos; nothing is written.

    Every face is listed with its sharpness (0 is gone, 1 is crisp), the verdict and its reason: the way to find the
    threshold that suits your photos.

    \b
    Example:
      gpend score --json *.jpg
    """
    from gpend import wiring
    from gpend.cli import single

    settings = settings_if_any(config_file)
    networks = wiring.networks(settings)
    answers = []
    for photo in photos:
        answers.append(single.score(photo, networks, settings))
        if not as_json:
            tell(answers[-1], f"would be {answers[-1].outcome}")
    if as_json:
        print_json([answer.as_data() for answer in answers])
    sys.exit(FAILED if any(answer.outcome == "failed" for answer in answers) else 0)


def _for_all_faces(settings: Settings) -> Settings:
    keys = settings.triage.model_dump() | {"sharpness_threshold": 1.0}
    return settings.model_copy(update={"triage": TriageSettings(**keys)})
