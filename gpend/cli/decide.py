"""Commands with which people change gpend's mind: about single photos, and about when it works at all."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.group import CONFIG, FILE, RefusedError, commands, may_be_there, settings_of
from gpend.settings import Settings

if TYPE_CHECKING:
    from gpend.ledger import Facts

_MEANT = 3  # photos of one name that are told as what may be meant
_SOON = "within seconds if gpend runs, else at its next start"


@commands.command()
@click.argument("photos", nargs=-1, required=True, type=FILE, metavar="(PHOTO | FOLDER)...")
@click.option("--restore", is_flag=True, help="Restore every face that can be, sharp or not.")
@click.option("--leave", is_flag=True, help="Do nothing more about it; what stands stays.")
@click.option("--original", is_flag=True, help="What was restored goes to the trash, for good.")
@click.option("--automatic", is_flag=True, help="Let gpend decide again.")
@click.option("--face", type=click.IntRange(min=1), help="Only this face of one photo, as `gpend why` numbers them.")
@CONFIG
def decide(photos: tuple[Path, ...], *, face: int | None, config_file: Path | None, **said: bool) -> None:
    """Decide about single photos yourself.

    gpend keeps to it whatever the settings are, also when the photo is moved and when the ledger is lost. A folder
    stands for all photos that are in it now, and in the folders below.

    \b
    Examples:
      gpend decide --original /srv/photos/2019/anna.jpg
      gpend decide --restore --face 2 /srv/photos/2019/group.jpg
      gpend decide --leave /srv/photos/scans
    """
    from gpend.ledger import Ledger, Request

    decisions = [decision for decision, is_said in said.items() if is_said]
    if len(decisions) != 1:
        only = "only one of these can be. Nothing was changed." if decisions else "name one of these."
        raise RefusedError(f"Say what is to be done, --restore, --leave, --original or --automatic: {only}")
    settings = settings_of(config_file)
    places, count = known_places(photos, settings)
    detail: dict[str, object] = {"decision": decisions[0]}
    chosen = None if face is None else _face(places, count, face, settings.ledger)
    if chosen is not None:
        detail["box"] = chosen["box"]
    Ledger.request(settings.ledger, Request.DECIDE, places, detail)
    what = "It is" if count == 1 else f"{count:,} photos are"
    click.echo(f"Noted. {what} seen to {_SOON}.{_in_vain(chosen) if decisions == ['restore'] else ''}")


def known_places(photos: Sequence[Path], settings: Settings, *, failed: bool = False) -> tuple[list[Path], int]:
    """The paths by which the ledger knows photos and folders, and how many photos they are. Raises RefusedError.

    `failed`: films and sidecars that were set aside count too.
    """
    from gpend import absence, reports, words

    known = {photo: reports.known_as(settings.ledger, photo, failed=failed) for photo in photos}
    for photo, places in known.items():
        if not places:
            why_not = _namesakes(photo, settings.ledger) or absence.reason(photo, settings.folders)
            raise RefusedError(f"{words.plain(photo)} is not known. {why_not} Nothing was changed.")
    return [place for places in known.values() for place in places], sum(sum(each.values()) for each in known.values())


def _namesakes(photo: Path, ledger: Path) -> str:
    """What may be meant by a name that is none of a file here; "": nothing is called so."""
    from gpend import reports, words

    if photo.is_absolute() or may_be_there(photo):
        return ""
    found = [words.plain(each.photo) for each in reports.named(ledger, str(photo), _MEANT)]
    return f"Name it with its folder: {' or '.join(found)}." if found else ""


def _in_vain(face: "Facts | None") -> str:
    """What to know where a face is to be restored that gpend leaves alone whatever anybody decides."""
    from gpend import reports, words

    if face is None or face.get("verdict") not in reports.BEYOND_RESTORING:
        return ""
    return f" But that face stays as it is all the same: {words.plain(str(face.get('reason', '')))}."


def _face(places: Sequence[Path], count: int, face: int, ledger: Path) -> "Facts":
    """What is known of a face. Raises RefusedError where it is about several photos, or there is no such face."""
    from gpend import reports, words

    if len(places) != 1 or count != 1:
        raise RefusedError("--face is about one photo; name one.")
    found = reports.history(ledger, places[0])
    faces = found.faces if found else ()
    if face > len(faces):
        seen = words.count_of(len(faces), "face")
        raise RefusedError(f"gpend has seen {seen} in this photo, so there is no face {face}. Nothing was changed.")
    return faces[face - 1]


@commands.command()
@CONFIG
def pause(config_file: Path | None) -> None:
    """Begin no photo until `gpend resume`.

    New photos are still found and counted. What is being worked on is finished. It holds over restarts.

    \b
    Example:
      gpend pause
    """
    from gpend.ledger import Ledger, Request

    Ledger.request(settings_of(config_file).ledger, Request.PAUSE)
    click.echo(f"Noted. gpend rests {_SOON}; `gpend resume` ends that.")


@commands.command()
@CONFIG
def resume(config_file: Path | None) -> None:
    """Go on after `gpend pause`.

    \b
    Example:
      gpend resume
    """
    from gpend.ledger import Ledger, Request

    Ledger.request(settings_of(config_file).ledger, Request.RESUME)
    click.echo(f"Noted. gpend goes on {_SOON}.")
