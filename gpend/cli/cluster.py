"""`gpend cluster`: the other roles, for when photos are processed on more machines than this one."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from gpend.cli.group import CONFIG, FILE, RefusedError, commands, settings_if_any


def _certificates(folder: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The option for a role's keys; the machine with the photos may have those of two roles."""
    return click.option(
        "--certificates",
        type=FILE,
        metavar="DIR",
        default=Path(folder),
        show_default=True,
        envvar="GPEND_CERTIFICATES",
        help="The folder with this role's keys.",
    )


@commands.group()
def cluster() -> None:
    """Use more machines than one: certificates, scheduler, worker.

    The machine with the photos hands them to machines with graphics cards. See "NAS + GPU box" in the README. Whoever
    holds one of the keys can run programs on the workers, so keep them to your own machines.

    \b
    Example, on one machine and then on the other:
      gpend cluster scheduler
      gpend cluster worker --scheduler tls://nas:8786
    """
    from gpend import cluster as roles

    if not roles.has_extra():
        raise RefusedError(f"{roles.EXTRA}.")


@cluster.command()
@click.option("--out", type=FILE, required=True, metavar="DIR", help="Where to write; made if it is not there.")
def certificates(out: Path) -> None:
    """Make a private authority, and keys for each role.

    DIR gets a folder for each role. Copy `head` to the machine with the photos as /etc/gpend/cluster, `scheduler` there
    as /etc/gpend/cluster-scheduler, and `worker` to every machine with a graphics card as /etc/gpend/cluster. Keep
    ca-key.pem somewhere else.

    \b
    Example:
      gpend cluster certificates --out keys
    """
    from gpend.engine.cluster import certificates as authority

    try:
        folders = authority.make(out, datetime.now(UTC))
    except OSError as error:
        raise RefusedError(f"Keys cannot be written to {out}: {error.strerror}.") from error
    click.echo(f"Written, for {authority.YEARS} years: {', '.join(map(str, folders))}.")
    click.echo("Whoever holds one of these keys can run programs on the workers. Keep them to your own machines.")


@cluster.command()
@click.option("--listen", default="tls://0.0.0.0:8786", show_default=True, help="The address; tcp:// is not encrypted.")
@_certificates("/etc/gpend/cluster-scheduler")
def scheduler(listen: str, certificates: Path) -> None:
    """Be the scheduler, which knows the workers.

    It needs little memory and runs best on the machine with the photos.

    \b
    Example:
      gpend cluster scheduler --listen tls://192.168.1.10:8786
    """
    from gpend import cluster as roles

    roles.serve_scheduler(_address(listen), certificates, _tell)


@cluster.command()
@click.option("--scheduler", envvar="GPEND_SCHEDULER", metavar="ADDRESS", help="Such as tls://nas:8786.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N; a worker for each card.")
@click.option("--slots", type=click.IntRange(1, 64), default=8, show_default=True, help="Photos at a time.")
@click.option("--name", metavar="NAME", help="How it is called in `gpend status`; else after the machine.")
@click.option("--weights", type=FILE, metavar="DIR", help="A folder for further networks, looked into first.")
@click.option("--host", metavar="ADDRESS", help="The address to listen at; else all of the machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to listen at; else any.")
@_certificates("/etc/gpend/cluster")
@CONFIG
def worker(  # noqa: PLR0913 - each is an option
    *,
    scheduler: str | None,
    device: str,
    slots: int,
    name: str | None,
    weights: Path | None,
    host: str | None,
    port: int,
    certificates: Path,
    config_file: Path | None,
) -> None:
    """Be a worker: restore photos for another machine.

    It needs no access to photos, ledger or configuration. Start one for each graphics card; they may come and go.

    \b
    Example:
      gpend cluster worker --scheduler tls://nas:8786 --device cuda:0
    """
    from gpend import cluster as roles

    address = scheduler or settings_if_any(config_file).engine.scheduler
    if address is None:
        raise RefusedError("Name the scheduler: --scheduler tls://nas:8786")
    roles.serve_worker(
        roles.WorkerOptions(_address(address), certificates, name, device, slots, weights, host, port), _tell
    )


def _address(told: str) -> str:
    protocol, _, place = told.partition("://")
    if protocol not in ("tls", "tcp") or not place.rpartition(":")[2].isdigit():
        raise RefusedError(f"{told!r} is no address such as tls://nas:8786.")
    return told


def _tell(sentence: str) -> None:
    click.echo(sentence if sentence.endswith(".") else f"{sentence}.", err=True)
