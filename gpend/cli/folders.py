"""Commands on whole folders, before gpend is let loose on them; no photo is written."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.answers import progress
from gpend.cli.group import CONFIG, FILE, STRENGTH, RefusedError, commands, is_folder, settings_if_any, with_strength
from gpend.settings import Settings

if TYPE_CHECKING:
    from gpend.preview.collect import Collection

_MOST = click.option(
    "--most", type=click.IntRange(min=1), metavar="N", help="Look at N of the photos only, drawn from all of them."
)


@commands.command()
@click.argument("folder", type=FILE)
@click.option(
    "--out", type=FILE, default=Path("gpend-preview.html"), show_default=True, metavar="FILE", help="The report."
)
@_MOST
@STRENGTH
@CONFIG
def preview(folder: Path, out: Path, most: int | None, strength: float | None, config_file: Path | None) -> None:
    """See before you decide: the faces of a folder.

    Writes one HTML page that any browser shows: the faces most in need, before and after, and a slider that shows how
    many of them lie below each threshold.

    \b
    Example:
      gpend preview --most 200 /srv/photos
      gpend preview --strength 1.5 --out more.html /srv/photos
    """
    from gpend.preview import saving
    from gpend.preview.page import page

    saving.refuse_other(out)
    settings = with_strength(settings_if_any(config_file), strength)
    collection = _collected(folder, most, settings)
    saving.save(page(collection, settings.triage.sharpness_threshold, settings.restore.strength), out)
    click.echo(f"{_extent(collection)}\nThe report: {out}")


@commands.command()
@click.argument("folder", type=FILE)
@_MOST
@CONFIG
def calibrate(folder: Path, most: int | None, config_file: Path | None) -> None:
    """Propose a threshold that suits your own photos.

    Measures the faces of a folder and looks for the sharpness near which fewest of them lie. Nothing is written.

    \b
    Example:
      gpend calibrate --most 500 /srv/photos
    """
    from gpend.preview.threshold import propose

    settings = settings_if_any(config_file)
    only_measured = settings.triage.model_copy(update={"sharpness_threshold": 0.0})
    collection = _collected(folder, most, settings.model_copy(update={"triage": only_measured}))
    proposal = propose(collection.sharpness)
    click.echo(_extent(collection))
    click.echo(f"Proposed threshold: {proposal.threshold:.2f}; {proposal.reason}.")
    if proposal.doubt:
        click.secho(f"Careful: {proposal.doubt}", fg="yellow")
    click.echo(f"{proposal.touched:.0%} of the measured faces lie below it. For your configuration:\n")
    click.echo(f"triage: {{sharpness_threshold: {proposal.threshold:.2f}}}")


def _collected(folder: Path, most: int | None, settings: Settings) -> "Collection":
    from gpend import wiring
    from gpend.cli import single
    from gpend.preview.collect import Collection, collect, photos

    if not is_folder(folder):
        raise RefusedError(f"{folder} is no folder that you may look into. Nothing was done.")
    found = _drawn(sorted(photos(folder)), most)
    networks = wiring.networks(settings)
    collection = Collection()
    with progress() as bar:
        task = bar.add_task("Photos", total=len(found))
        for collection in collect(found, lambda path: single.opened(path).data, networks, settings):
            bar.update(task, completed=collection.photos)
    return collection


def _drawn(found: Sequence[Path], most: int | None) -> Sequence[Path]:
    """`most` of the photos from all over the folder; the same ones every time."""
    if most is None or most >= len(found):
        return found
    return sorted(random.Random(most).sample(found, most))  # noqa: S311 - no secret depends on it


def _extent(collection: "Collection") -> str:
    from gpend import words

    faces = words.count_of(len(collection.sharpness), "face was", "faces were")
    failed = f"; {len(collection.failures)} could not be read" if collection.failures else ""
    return f"{faces} measured in {words.count_of(collection.photos, 'photo')}{failed}."
