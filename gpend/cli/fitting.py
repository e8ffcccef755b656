"""The command that measures how far a network helps; everything it needs is imported only by whoever asks for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.answers import progress
from gpend.cli.group import CONFIG, FILE, RefusedError, UndoneError, is_folder, settings_if_any
from gpend.cli.weights import tell_service, weights
from gpend.settings import Settings, names_file

if TYPE_CHECKING:
    from rich.progress import TaskID

    from gpend.fitting.command import Measured, Request, Tell
    from gpend.models.fits import Fitted


@dataclass(frozen=True)
class Asked:
    """On what."""

    folder: Path
    most: int
    are_photos: bool


@weights.command()
@click.argument("name")
@click.option("--faces", type=FILE, metavar="FOLDER", help="A folder of sharp faces, square and aligned as in FFHQ.")
@click.option("--photos", type=FILE, metavar="FOLDER", help="A folder of photos: gpend finds their sharp, large faces.")
@click.option("--most", type=click.IntRange(min=10), default=200, show_default=True, help="Look at so many, at most.")
@CONFIG
def fit(name: str, faces: Path | None, photos: Path | None, most: int, config_file: Path | None) -> None:
    """Measure how far a network helps, on faces that you have.

    Sharp faces seen from the front are spoiled in known ways: blurred, shaken, shrunk, darkened, made noisy,
    compressed. The network restores them, and what it paints is compared with what was there. How much of it is used
    from then on, in fine and in coarse detail and for which faces, is kept beside the network. A fifth of the people
    take no part in that: the table that is printed is of them alone. A measure that leaves them worse than without the
    network, by more than chance does, is not installed. Ctrl-C keeps what is done, and the same command goes on.

    \b
    Examples:
      gpend weights fit gpen-256 --photos /srv/photos
      gpend weights fit GPEN-BFR-512 --faces faces/ --most 400
    """
    from gpend.models import fits

    folder = faces or photos
    if folder is None or (faces and photos):
        raise RefusedError("Name one folder: --faces FOLDER of aligned faces, or --photos FOLDER. Nothing was done.")
    if not is_folder(folder):
        raise RefusedError(f"{folder} is no folder that you may look into. Nothing was done.")
    settings = settings_if_any(config_file)
    settings = settings.model_copy(update={"restore": settings.restore.model_copy(update={"model": name})})
    request, own, places = _request(name, settings, Asked(folder, most, are_photos=photos is not None))
    with progress() as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        measured = _measured(request, settings, own, tell)
    _install(measured, own, fits.fit_of(request.network, request.sha256, places))
    if not names_file(name):
        tell_service(config_file)


def _request(name: str, settings: Settings, asked: Asked) -> tuple["Request", Path, tuple[Path, ...]]:
    """What is to be measured, the folder that its measure goes to, and all folders that one is looked for in."""
    from gpend.fitting.command import Request
    from gpend.models.restorers import identities, roll
    from gpend.models.weights import folder_to_fill, weights_folders
    from gpend.settings import AUTO

    if name == AUTO:
        raise RefusedError("Name one network: each has a measure of its own (`gpend weights list`).")
    folders = weights_folders(settings.restore.weights)
    roll(name, folders)  # is it there, and what it should be?
    ((network, sha256, places),) = identities(name, folders)
    own = Path(name).parent if names_file(name) else folder_to_fill(settings.restore.weights)
    return Request(network, str(sha256), asked.folder, asked.are_photos, asked.most), own, places


def _measured(request: "Request", settings: Settings, own: Path, tell: "Tell") -> "Measured":
    from gpend import wiring
    from gpend.fitting.command import measure
    from gpend.models import fits

    work = fits.work_of(request.network, own)
    try:
        return measure(request, wiring.networks(settings), settings, work, tell)
    except KeyboardInterrupt:
        raise UndoneError(f"Stopped. What is done is kept in {work}, and the same command goes on.") from None


def _install(measured: "Measured", own: Path, before: "Fitted") -> None:
    """Say what was found, and keep it where it is no harm. Raises UndoneError where it would be.

    Then what was measured `before` stays; where nothing was, it is kept that nothing of the network is to be used.
    """
    from gpend.fitting.figures import compared, gains, table
    from gpend.models import fits

    found = measured.found
    for reason, count in measured.passed_over.most_common():
        click.echo(f"passed over: {reason}: {count}")
    click.echo(
        f"{found.network}: fitted to {found.faces} faces; {found.held_out} others, spoiled in known ways, tell what it "
        "is worth.\nDistance from the truth (less is better) of those that it paints: as they were, without it, with "
        f"it; and how many it brings nearer:\n{table(found.figures)}\n{compared(found.figures)}".rstrip()
        + "\nOf all that gpend restores with it, by any of its stages, so many come nearer to the truth than the photo "
        f"was:\n{gains(found.figures)}"
    )
    if measured.refusal:
        if before.file is not None and not before.harms:
            raise UndoneError(f"Not installed: {measured.refusal}. What was measured before stays: {before.file}.")
        place = fits.write(measured.unused, own)
        raise UndoneError(
            f"Not installed: {measured.refusal}. From the next start of gpend on, or its reload, nothing of what "
            f"{found.network} paints is used, and with `restore: {{model: auto}}` the other networks that are here "
            f"restore instead. {place} says so; another run of this command, on other faces, may find otherwise."
        )
    place = fits.write(found, own)
    if not measured.paints:
        click.echo(
            f"{found.network} helps none of these faces: where `restore.model` is auto, it is passed over from now on "
            "as long as another network is there."
        )
    click.echo(f"Installed: {place}. A running gpend takes it up when it is reloaded.")
