"""Commands on networks: which there are, how to get others, whether they are what they should be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpend.cli.answers import print_json, progress
from gpend.cli.group import CONFIG, FILE, JSON, RefusedError, UndoneError, commands, settings_if_any
from gpend.errors import FatalError
from gpend.settings import AUTO, DetectorModel, Settings

if TYPE_CHECKING:
    from gpend.models.transfer import Wanted
    from gpend.models.weights import AnyCheckpoint

_MIB = 1 << 20
_FROM = "the next start of gpend on, or from `systemctl reload gpend`"


@commands.group()
def weights() -> None:
    """The networks: list, fetch, verify, add.

    gpend works with the networks that came with it. Others can be fetched, once their licence is accepted; gpend
    downloads nothing by itself.

    \b
    Example:
      gpend weights fetch GPEN-BFR-512 --accept-licence
    """


@weights.command(name="list")
@JSON
@CONFIG
def list_networks(*, as_json: bool, config_file: Path | None) -> None:
    """Every network that gpend knows, and whether it is there."""
    from gpend.models.weights import known

    folders = _folders(config_file)
    there = known(folders)
    published = {one.checkpoint.name for one in there if one.checkpoint.urls}
    rows = [
        {
            "name": one.checkpoint.name,
            "architecture": one.checkpoint.architecture,
            "size": getattr(one.checkpoint, "size", None),
            "bytes": one.checkpoint.bytes,
            "file": None if one.path is None else str(one.path),
            "problem": "" if one.path is None else _wrong_size(one.checkpoint, one.path),
            "licence": one.checkpoint.licence,
            "measure": "" if one.path is None else _measure_of(one.checkpoint, folders),
        }
        for one in there
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        is_usable = row["file"] and not row["problem"]
        how = "here" if is_usable else f"cannot be used: {row['problem']}" if row["problem"] else "not here"
        shown = click.style(how, fg="green" if is_usable else "yellow")
        click.echo(f"{row['name']}  {shown}  {_mebibytes(row['bytes'])}  {row['architecture']}")
        from_folder = "" if row["name"] in published else " --from FOLDER"
        fetch_it = f"gpend weights fetch {row['name']}{from_folder}"
        places = [row["file"] or fetch_it, *([fetch_it] if row["problem"] else [])]
        measure = [row["measure"]] if row["measure"] else []
        click.echo("\n".join(f"    {one}" for one in (*places, *measure, f"licence: {row['licence']}")))


@weights.command()
@CONFIG
def path(config_file: Path | None) -> None:
    """The folder that fetched and added networks go to."""
    click.echo(_own(config_file))


@weights.command()
@click.argument("name")
@click.option("--accept-licence", is_flag=True, help="Say yes to the network's licence; asked for once.")
@click.option(
    "--from",
    "source",
    type=FILE,
    metavar="DIR",
    help="Take the file from a folder (or name it), not from the internet.",
)
@CONFIG
def fetch(name: str, source: Path | None, config_file: Path | None, *, accept_licence: bool) -> None:
    """Fetch a published network.

    A broken download goes on where it stopped. The file counts only once its size, its SHA-256 and its tensors are
    right. Proxies are taken from the environment (https_proxy).

    \b
    Examples:
      gpend weights fetch GPEN-BFR-512 --accept-licence
      gpend weights fetch GPEN-BFR-512 --from /media/stick
    """
    from gpend.models import download
    from gpend.models.install import install
    from gpend.models.weights import known

    own = _own(config_file)
    found = {one.checkpoint.name: one for one in known(_folders(config_file))}
    if name not in found:
        raise RefusedError(f"No network is called {name}; known are: {', '.join(found)}. Nothing was fetched.")
    checkpoint, path = found[name].checkpoint, found[name].path
    damage = "" if path is None else _damage(checkpoint, path)
    if path is not None and not damage:
        click.echo(f"{name} is there already: {path}")
        return
    if source is None and not checkpoint.urls:
        raise RefusedError(
            f"{name} is published nowhere that gpend knows of: it was added here, or came with gpend. With --from "
            f"FOLDER its file {checkpoint.file} is taken from there. Nothing was fetched."
        )
    _ask_consent(checkpoint, own, accept_licence=accept_licence)
    wanted = download.Wanted(checkpoint.file, checkpoint.urls, checkpoint.bytes, checkpoint.sha256)
    installed = None
    if path is not None and source is None:
        if checkpoint.sha256 is None:
            installed = _looked_at(checkpoint, wanted, path, own)
        else:
            click.echo(f"{path} is not what it should be: {damage}. It is fetched again.")
    if installed is None:
        try:
            with progress() as bar:
                task = bar.add_task(checkpoint.file, total=checkpoint.bytes, unit="MiB")
                installed = install(
                    checkpoint, wanted, source, own, lambda done, all_: bar.update(task, completed=done, total=all_)
                )
        except KeyboardInterrupt:
            raise UndoneError("Stopped. What came is kept, and the same command goes on.") from None
    click.echo(f"{name} is in {own}; its size, tensors and SHA-256 were looked at ({installed.sha256}).")
    if checkpoint.sha256 is None:
        click.echo("Nobody publishes the SHA-256 of this file. The one above is pinned from now on.")
    click.echo(_use_of(installed, settings_if_any(config_file)))
    tell_service(config_file)


@weights.command()
@click.argument("file", type=FILE)
@click.option("--name", help="What the network is called from now on; else the file's name.")
@click.option(
    "--template",
    type=click.Choice(["gpen", "ffhq"]),
    default="gpen",
    show_default=True,
    help="How its training faces were aligned: gpen for what was trained with GPEN's own code.",
)
@CONFIG
def add(file: Path, name: str | None, template: str, config_file: Path | None) -> None:
    """Add a GPEN of your own training.

    Its configuration is read from its tensors; of a whole training state the averaged generator is taken.

    \b
    Example:
      gpend weights add experiments/net_g.pth --name children-512
    """
    from gpend.models.install import add_own

    added = add_own(file, name, template, _own(config_file))
    enlarges = f" from {added.seen}" if added.seen else ""
    click.echo(
        f"{added.name}: a GPEN of {added.size} px{enlarges} (channel_multiplier {added.channel_multiplier}, narrow "
        f"{added.narrow:g}), copied to {_own(config_file)}.\n{_use_of(added, settings_if_any(config_file))}"
    )
    tell_service(config_file)


@weights.command()
@click.argument("name", required=False)
@JSON
@CONFIG
def verify(name: str | None, *, as_json: bool, config_file: Path | None) -> None:
    """Are the networks what they should be, and how fast are they here?

    Size and SHA-256 of each file; each GPEN restores a bundled face in float32 and in the precision that it would run
    in, and the two are compared.
    """
    from gpend import shipped
    from gpend.models.verification import verified
    from gpend.models.weights import known

    folders = _folders(config_file)
    device = settings_if_any(config_file).restore.device
    portrait = shipped.sample("portrait-sharp.jpg").read_bytes()
    there = [one.checkpoint for one in known(folders) if one.path is not None and name in (None, one.checkpoint.name)]
    if not there:
        raise RefusedError(f"{name} is not here. `gpend weights list` tells which networks are.")
    results = [verified(checkpoint, folders, device, portrait) for checkpoint in there]
    if as_json:
        print_json([result.as_data() for result in results])
    else:
        click.echo("\n".join(result.as_text() for result in results))
    if any(result.problem for result in results):
        raise UndoneError("Not every network is what it should be.")


def _measure_of(checkpoint: "AnyCheckpoint", folders: Sequence[Path]) -> str:
    """How much of what a GPEN paints is used, by what was measured; "" for other networks."""
    from gpend.models import fits

    if checkpoint.architecture != "gpen":
        return ""
    fitted = fits.fit_of(checkpoint.name, checkpoint.sha256, folders)
    if fitted.file is None:
        return f"{fitted.why}: it is used by half" if fitted.why else "never measured: it is used by half"
    helps = "helps nobody" if fitted.helps_nobody else "is used as far as it helps"
    helps = "does harm, and nothing of it is used" if fitted.harms else helps
    return f"measured on {fits.read(fitted.file).fitted_on}: it {helps}"


def _wrong_size(checkpoint: "AnyCheckpoint", path: Path) -> str:
    """Why a file that is there is not used, as far as its size tells; "" where it may be right."""
    if checkpoint.bytes is None:
        return "nobody has looked at it yet"
    size = path.stat().st_size
    return "" if size == checkpoint.bytes else f"it has {size} bytes instead of {checkpoint.bytes}"


def _damage(checkpoint: "AnyCheckpoint", path: Path) -> str:
    """Why a file that is there is not used; "" where it is what it should be."""
    from gpend.models.download import sha256_of

    try:
        if problem := _wrong_size(checkpoint, path):
            return problem
        return "" if sha256_of(path) == checkpoint.sha256 else "its SHA-256 is not the one that is expected"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def _looked_at(checkpoint: "AnyCheckpoint", wanted: "Wanted", path: Path, own: Path) -> "AnyCheckpoint | None":
    """A file that somebody put there, once it is proven; None where it is not the network, which is said."""
    from gpend.models.install import install

    try:
        return install(checkpoint, wanted, path.parent, own, lambda _done, _all: None)
    except FatalError as error:
        click.echo(f"{error} It is fetched instead.")
        return None


def _use_of(checkpoint: "AnyCheckpoint", settings: Settings) -> str:
    """What must be done for a network to be used, from the next start of gpend's worker on."""
    from gpend.models.memory import limit_of
    from gpend.models.restorers import DEFAULT, identities, left_out
    from gpend.models.weights import known, weights_folders

    model = settings.restore.model
    if checkpoint.architecture in list(DetectorModel):
        return f"To use it: `detect: {{model: {checkpoint.architecture}}}` in the configuration."
    if checkpoint.architecture != "gpen":
        return f"It is used from {_FROM}."
    if model == AUTO:
        folders, limit = weights_folders(settings.restore.weights), limit_of(settings)
        used = [name for name, *_ in identities(AUTO, folders, limit)]
        why_not = {one.checkpoint.name: one.why for one in left_out(folders, limit)}.get(checkpoint.name)
        if checkpoint.name not in used and not why_not:
            return (
                "`restore.model` is auto, which uses one network of each size, and has one of this size already: it "
                f"uses {' and '.join(used)}. To restore with this one: `restore: {{model: {checkpoint.name}}}`."
            )
        gpens = [one.checkpoint for one in known(folders) if one.path and one.checkpoint.architecture == "gpen"]
        others = [one.name for one in gpens if one.size == checkpoint.size and one.name != checkpoint.name]
        stead = f", in place of {' and '.join(others)}, of the same size" if others else ""
        return why_not or (
            f"It is used from {_FROM}, for the faces that it suits best{stead}: `restore.model` is auto. "
            f"Photos that are done stay as they are; `gpend retry --made-with {DEFAULT}` makes those again that "
            f"{DEFAULT} painted in, and `gpend retry --judged-with-other-settings` looks at all of them again."
        )
    return f"To restore with it: `restore: {{model: {checkpoint.name}}}` in the configuration; now it is {model}."


def _ask_consent(checkpoint: "AnyCheckpoint", own: Path, *, accept_licence: bool) -> None:
    from gpend.models import registry

    if not checkpoint.consent or registry.has_accepted(own, checkpoint):
        return
    if not accept_licence:
        raise RefusedError(
            f"{checkpoint.name} is not gpend's. Origin: {checkpoint.origin}. Licence: {checkpoint.licence}\n"
            f"If you accept that: gpend weights fetch {checkpoint.name} --accept-licence. Nothing was fetched."
        )
    try:
        registry.accept_licence(own, checkpoint, datetime.now(UTC).date().isoformat())
    except OSError as error:
        raise FatalError(f"Networks cannot be written to {own}: {error.strerror}. Nothing was fetched.") from error


def tell_service(config_file: Path | None) -> None:
    """Say where the service of this machine does not see what was put into the folder of `gpend weights path`."""
    from gpend.models.weights import unseen_by_service

    own = _own(config_file)
    if settings_if_any(config_file).restore.weights is None and (seen := unseen_by_service(own)):
        click.echo(
            f"A gpend that runs as a service of this machine does not see {own}: it looks into {seen}, which the same "
            "command fills with sudo."
        )


def _own(config_file: Path | None) -> Path:
    from gpend.models.weights import folder_to_fill

    return folder_to_fill(settings_if_any(config_file).restore.weights)


def _folders(config_file: Path | None) -> tuple[Path, ...]:
    from gpend.models.weights import weights_folders

    return weights_folders(settings_if_any(config_file).restore.weights)


def _mebibytes(size: object) -> str:
    return f"{size / _MIB:.1f} MiB" if isinstance(size, int) else "size unknown"
