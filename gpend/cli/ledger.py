"""Commands that ask the ledger about photos, or leave word in it for the daemon."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.answers import agrees, print_json
from gpend.cli.decide import known_places
from gpend.cli.group import CONFIG, FAILED, FILE, JSON, RefusedError, commands, may_be_there, settings_of
from gpend.settings import Settings

if TYPE_CHECKING:
    from gpend.reports import History

_NO_NAMESAKE = (
    "There is no such file here, and gpend has taken no photo of that name. Name it with its folder: if it is passed "
    "over, you are told why."
)
_NAMESAKES = 10  # photos of one name that `why` tells of


@commands.command()
@click.argument("photo", type=FILE)
@JSON
@CONFIG
def why(photo: Path, *, as_json: bool, config_file: Path | None) -> None:
    """Tell all that is known about one photo.

    Why it was restored, kept, or set aside, and what was seen in it. PHOTO is the photo itself, what gpend made of
    it, or its name alone: then all photos of that name are told of.

    \b
    Examples:
      gpend why /srv/photos/2019/anna.jpg
      gpend why IMG_1234.jpg
    """
    from gpend import absence, gallery, reports, words

    settings = settings_of(config_file)
    answer = reports.history(settings.ledger, photo)
    answers = [answer] if answer else _named(settings.ledger, photo)
    if not answers:
        _refuse_folder(photo, settings)
        is_bare = len(photo.parts) == 1 and not may_be_there(photo)
        why_not = _NO_NAMESAKE if is_bare else absence.reason(photo, settings.folders)
        click.echo(f"{words.plain(photo)} is not known. {why_not}", err=True)
        sys.exit(FAILED)
    removed = gallery.removed_of(settings.ledger, [None if each.state == "gone" else each.output for each in answers])
    ignored = [absence.passed_over(Path(each.photo), settings.folders) for each in answers]
    if as_json:
        told = [
            asdict(each) | _capture(each) | {"passed_over": why, "output_removed": is_removed}
            for each, why, is_removed in zip(answers, ignored, removed, strict=True)
        ]
        print_json(told if len(told) > 1 else told[0])
        return
    for each, why, is_removed in zip(answers, ignored, removed, strict=True):
        click.echo(words.history_text(each, datetime.now(UTC), _capture(each)))
        if is_removed:
            click.echo("  Its output does not stand there any more. `gpend retry` with this photo makes it again.")
        if why:
            click.echo(f"  It is passed over now: {why}. What was made of it stays as it is.")
    if len(answers) == _NAMESAKES:
        click.echo(f"There may be more photos of that name than these {_NAMESAKES}; say in which folder, as 2019/NAME.")


def _refuse_folder(place: Path, settings: Settings) -> None:
    """Raise RefusedError where `place` is a folder with photos that are known."""
    from gpend import reports, words

    count = sum(reports.known_as(settings.ledger, place).values())
    if count:
        photos = words.count_of(count, "photo")
        raise RefusedError(f"{words.plain(place)} is a folder, with {photos} that gpend knows. Name one photo.")


def _named(ledger: Path, name: Path) -> "list[History]":
    """All photos of a name, or of the end of a path; none for what is there under this very path."""
    from gpend import reports

    return [] if name.is_absolute() or may_be_there(name) else reports.named(ledger, str(name), _NAMESAKES)


def _capture(history: "History") -> dict[str, str]:
    """Camera, lens and capture date, as the file tells them now; where it cannot be read, as far as it told them."""
    from gpend.core.formats.described import described
    from gpend.intake.reading import ChangedError, RefusedError, read

    try:
        return asdict(described(read(Path(history.photo)).data))
    except (ChangedError, RefusedError, OSError):
        return {"camera": history.camera, "taken": history.taken}


@commands.command()
@click.argument("photos", nargs=-1, type=FILE, metavar="[PHOTO | FOLDER]...")
@click.option(
    "--judged-with-other-settings",
    "rejudge",
    is_flag=True,
    help="All that was judged with other settings, or another network, than those of today.",
)
@click.option("--failed", is_flag=True, help="Of these, only what was set aside; without a PHOTO, all that was.")
@click.option("--all", "everything", is_flag=True, help="Every photo there is, whatever became of it.")
@click.option("--made-with", "network", metavar="NETWORK", help="What this network restored.")
@click.option("--yes", is_flag=True, help="With --made-with: do not ask.")
@CONFIG
def retry(  # noqa: PLR0913 - one for each option
    photos: tuple[Path, ...],
    *,
    rejudge: bool,
    failed: bool,
    everything: bool,
    network: str | None,
    yes: bool,
    config_file: Path | None,
) -> None:
    """Try photos again; without PHOTOs, all that failed.

    A folder stands for all photos in it and in the folders below. A running daemon begins within seconds, else the
    next one to start. What was restored before stays until the new result stands in its place.

    \b
    Examples:
      gpend retry /srv/photos/2019/anna.jpg
      gpend retry --failed /srv/photos/2019
      gpend retry --all
      gpend retry --made-with gpen-256
    """
    if rejudge + failed + everything + (network is not None) > 1:
        raise RefusedError(
            "--all, --failed, --made-with and --judged-with-other-settings mean different photos; name one of them. "
            "Nothing was changed."
        )
    if (everything or network) and photos:
        raise RefusedError("--all and --made-with name the photos; name no PHOTO with them. Nothing was changed.")
    if yes and network is None:
        raise RefusedError("--yes answers what --made-with asks; nothing else asks anything. Nothing was changed.")
    settings = settings_of(config_file)
    if network is not None:
        _retry_made_with(network, settings, is_agreed=yes)
    elif rejudge:
        _rejudge(photos, settings)
    elif everything:
        _retry_all(settings)
    else:
        _retry(photos, settings, failed=failed)


def _rejudge(photos: Sequence[Path], settings: Settings) -> None:
    from gpend import in_force, reports, words
    from gpend.ledger import Ledger, Request

    if photos:
        raise RefusedError("--judged-with-other-settings means all such photos; name no PHOTO with it.")
    judging = in_force.judging_of(settings)
    concerned = reports.status(settings.ledger, judging=judging).judged_with_other_settings
    if not concerned:
        click.echo("All photos were judged with the settings of today, so nothing was changed.")
        return
    Ledger.request(settings.ledger, Request.REJUDGE)
    what = words.count_of(concerned, "photo is", "photos are")
    click.echo(f"Noted. {what} judged again, within seconds if gpend runs, else from its next start on.")


def _retry_made_with(network: str, settings: Settings, *, is_agreed: bool) -> None:
    from gpend import progress, reports, words
    from gpend.ledger import Ledger, Request

    made = reports.made_with(settings.ledger, network)
    if not made.photos:
        click.echo(f"No photo was restored with {network}, so nothing was changed.")
        return
    count = words.count_of(len(made.photos), "photo was", "photos were")
    took = "How long is not known" if made.seconds is None else f"That took about {progress.span(made.seconds)}"
    click.echo(f"{count} restored with {network}. {took}; a larger network takes longer.")
    if not (is_agreed or agrees("Restore them again?")):
        click.echo("Nothing was changed.")
        return
    Ledger.request(settings.ledger, Request.RETRY, made.photos)
    click.echo("Noted. They are restored again, from within seconds on if gpend runs, else from its next start.")


def _retry_all(settings: Settings) -> None:
    from gpend import reports
    from gpend.ledger import Ledger, Request

    known = [reports.known_as(settings.ledger, folder.source, failed=True) for folder in settings.folders]
    places = [place for each in known for place in each]
    if not places:
        click.echo("gpend knows of no photos yet, so nothing was changed.")
        return
    Ledger.request(settings.ledger, Request.RETRY, places)
    count = sum(sum(each.values()) for each in known)
    what = "The one photo there is, is" if count == 1 else f"All {count:,} photos are"
    click.echo(f"Noted. {what} tried again, from within seconds on if gpend runs, else at its start.")


def _retry(photos: Sequence[Path], settings: Settings, *, failed: bool) -> None:
    from gpend import reports
    from gpend.ledger import Ledger, Request

    if not photos and not reports.has_failures(reports.status(settings.ledger)):
        click.echo("Nothing was set aside, so nothing was changed.")
        return
    meant, count = known_places(photos, settings, failed=True)
    if failed and photos:
        meant = reports.failed_among(settings.ledger, meant)
        count = len(meant)
        if not meant:
            click.echo("Nothing was set aside there, so nothing was changed.")
            return
    Ledger.request(settings.ledger, Request.RETRY, meant)
    what = "What failed is" if not photos else "It is" if count == 1 else f"{count:,} photos are"
    click.echo(f"Noted. {what} tried again within seconds if gpend runs, else at its next start.")


@commands.command()
@CONFIG
def confirm(config_file: Path | None) -> None:
    """Allow a mass change that gpend stopped at.

    `gpend status` tells what it is. When one scan would remove or redo a large part of a folder, gpend stops and
    asks: the disk might just be absent. A confirmation counts for what waits now, never for what may come.

    \b
    Example:
      gpend status && gpend confirm
    """
    from gpend import reports
    from gpend.ledger import Ledger, Request, asks_for_confirmation

    ledger = settings_of(config_file).ledger
    folders = reports.status(ledger).folders
    if not any(folder.waits_for_confirmation or asks_for_confirmation(folder.paused or "") for folder in folders):
        click.echo("Nothing waits for a confirmation, so nothing was changed.")
        return
    Ledger.request(ledger, Request.CONFIRM)
    click.echo("Noted. gpend goes on within seconds if it runs, else at its next start.")
