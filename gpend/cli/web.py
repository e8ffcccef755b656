"""`gpend web`: the dashboard, as a process of its own."""

from contextlib import suppress
from pathlib import Path

import click

from gpend.cli.companion import end_with_daemon, keep_trying
from gpend.cli.group import CONFIG, RefusedError, commands, path_of, settings_of
from gpend.errors import GpendError
from gpend.settings import Settings
from gpend.stamp import Stamp


@commands.command()
@click.option("--host", help="The address to listen at.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="The port.  [default: 8765]")
@click.option("--name", "names", multiple=True, metavar="NAME", help="A further name that browsers may call it by.")
@click.option("--new-token", is_flag=True, help="Make a token for logging in from other machines, show it, and exit.")
@CONFIG
def web(
    host: str | None,
    port: int | None,
    names: tuple[str, ...],
    config_file: Path | None,
    *,
    new_token: bool,
) -> None:
    """Serve a page of every photo, before and after.

    It tells how it is going, and why each photo was restored or left alone.

    On the machine itself nobody needs to log in. From other machines it takes a token, which is shown once and can be
    replaced with --new-token; give it an address of the machine with --host, and TLS by a proxy if the network is not
    your own.

    \b
    Examples:
      gpend web --config gpend.yaml            then open http://127.0.0.1:8765/
      gpend web --host 0.0.0.0 --name nas.local
    """
    try:
        from gpend.web import serving
    except ModuleNotFoundError as error:
        raise RefusedError(f"The dashboard needs a package more ({error.name}): pip install 'gpend[web]'") from error

    settings = settings_of(config_file)
    if new_token:
        click.echo(f"The token, shown this once: {serving.new_token(settings.ledger)}")
        return
    end_with_daemon()
    given = {"host": host, "port": port, "names": names or None}
    told = {key: value for key, value in given.items() if value is not None}
    current = Current(config_file, settings)

    def serve() -> None:
        wanted = current()
        web = wanted.web.model_copy(update=told)
        serving.serve(wanted.model_copy(update={"web": web}), current, click.echo)

    keep_trying(serve)


class Current:
    """The settings as the configuration has them at the moment; while that is wrong, as they were."""

    def __init__(self, config_file: Path | None, settings: Settings) -> None:
        self._file = config_file
        self._settings = settings
        self._seen: Stamp | None = None

    def __call__(self) -> Settings:
        """Read it, if it has changed."""
        with suppress(GpendError, OSError):
            stamp = Stamp.of(path_of(self._file).stat())
            if stamp != self._seen:
                self._seen = stamp
                self._settings = settings_of(self._file)
        return self._settings
