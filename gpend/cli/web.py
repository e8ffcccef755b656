"""`gpend web`: the dashboard, as a process of its own."""

from pathlib import Path

import click

from gpend.cli.group import CONFIG, RefusedError, commands, settings_of


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="The port.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="A further name that browsers may call it by.")
@click.option("--new-token", is_flag=True, help="Make a token for logging in from other machines, show it, and exit.")
@CONFIG
def web(host: str, port: int, names: tuple[str, ...], config_file: Path | None, *, new_token: bool) -> None:
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

    ledger = settings_of(config_file).ledger
    if new_token:
        click.echo(f"The token, shown this once: {serving.new_token(ledger)}")
        return
    serving.serve(ledger, host, port, names, click.echo)
