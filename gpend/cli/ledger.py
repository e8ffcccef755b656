"""Commands that ask the ledger, or leave word in it for the daemon."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from gpend.cli.answers import print_json
from gpend.cli.group import CONFIG, FAILED, FILE, JSON, RefusedError, commands, settings_of


@commands.command()
@JSON
@CONFIG
def status(*, as_json: bool, config_file: Path | None) -> None:
    """Tell how it is going.

    Photos by state, the backlog, the last errors and the last activity.

    \b
    Example:
      gpend status --json | jq .backlog
    """
    from gpend import reports, words

    settings = settings_of(config_file)
    answer = reports.status(settings.ledger, settings=settings)
    if as_json:
        print_json(asdict(answer))
    else:
        click.echo(words.status_text(answer, datetime.now(UTC)))


@commands.command()
@click.argument("photo", type=FILE)
@JSON
@CONFIG
def why(photo: Path, *, as_json: bool, config_file: Path | None) -> None:
    """Tell all that is known about one photo.

    Why it was restored, kept, or set aside, and what was seen in it. PHOTO is the photo itself or what gpend made
    of it.

    \b
    Example:
      gpend why /srv/photos/2019/anna.jpg
    """
    from gpend import reports, words

    settings = settings_of(config_file)
    answer = reports.history(settings.ledger, photo)
    if answer is None:
        click.echo(f"{words.plain(photo)} is not known. {reports.absence(photo, settings.folders)}", err=True)
        sys.exit(FAILED)
    capture = _capture(Path(answer.photo))
    if as_json:
        print_json(asdict(answer) | capture)
    else:
        click.echo(words.history_text(answer, datetime.now(UTC), capture))


def _capture(photo: Path) -> dict[str, str]:
    """Camera, lens and capture date, as far as the file can be read and tells them."""
    from gpend.core.formats.described import described
    from gpend.intake.reading import ChangedError, RefusedError, read

    try:
        return asdict(described(read(photo).data))
    except (ChangedError, RefusedError, OSError):
        return {}


@commands.command()
@click.argument("photos", nargs=-1, type=FILE, metavar="[PHOTO | FOLDER]...")
@click.option(
    "--judged-with-other-settings",
    "rejudge",
    is_flag=True,
    help="All that was judged with other settings, or another network, than those of today.",
)
@CONFIG
def retry(photos: tuple[Path, ...], *, rejudge: bool, config_file: Path | None) -> None:
    """Try photos again; without a PHOTO, all that failed.

    A folder stands for all photos in it and in the folders below. A running daemon begins within seconds, else the
    next one to start.

    \b
    Examples:
      gpend retry /srv/photos/2019/anna.jpg
      gpend retry /srv/photos/2019
    """
    if rejudge:
        _rejudge(photos, config_file)
    else:
        _retry(photos, config_file)


def _rejudge(photos: tuple[Path, ...], config_file: Path | None) -> None:
    from gpend import reports
    from gpend.ledger import Ledger, Request

    if photos:
        raise RefusedError("--judged-with-other-settings means all such photos; name no PHOTO with it.")
    settings = settings_of(config_file)
    concerned = reports.status(settings.ledger, settings=settings).judged_with_other_settings
    if not concerned:
        click.echo("All photos were judged with the settings of today, so nothing was changed.")
        return
    Ledger.request(settings.ledger, Request.REJUDGE)
    click.echo(f"Noted. {concerned} are judged again, within seconds if gpend runs, else from its next start on.")


def _retry(photos: tuple[Path, ...], config_file: Path | None) -> None:
    from gpend import reports, words
    from gpend.ledger import Ledger, Request

    settings = settings_of(config_file)
    known = {photo: reports.known_as(settings.ledger, photo) for photo in photos}
    for photo, places in known.items():
        if not places:
            absence = reports.absence(photo, settings.folders)
            raise RefusedError(f"{words.plain(photo)} is not known. {absence} Nothing was changed.")
    Ledger.request(settings.ledger, Request.RETRY, [place for places in known.values() for place in places])
    count = sum(sum(places.values()) for places in known.values())
    what = "What failed is" if not photos else "It is" if count == 1 else f"{count} photos are"
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
    from gpend.ledger import Ledger, Request

    ledger = settings_of(config_file).ledger
    if not any(folder.paused or folder.waits_for_confirmation for folder in reports.status(ledger).folders):
        click.echo("Nothing waits for a confirmation, so nothing was changed.")
        return
    Ledger.request(ledger, Request.CONFIRM)
    click.echo("Noted. gpend goes on within seconds if it runs, else at its next start.")
