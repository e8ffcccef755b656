"""Commands around the daemon: run it, or one pass of it; what it needs before it can."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gpend import config, shipped
from gpend.cli.answers import aside, progress
from gpend.cli.companion import Companion
from gpend.cli.completion import COMPLETIONS, completion
from gpend.cli.group import CONFIG, FAILED, RefusedError, UndoneError, commands, path_of, settings_of
from gpend.progress import Progress
from gpend.settings import Settings


@commands.command()
@CONFIG
def run(config_file: Path | None) -> None:
    """Watch the folders until stopped.

    This is what the systemd service runs. SIGHUP reads the configuration again, SIGTERM or Ctrl-C ends it; whatever
    was in progress is done at the next start.

    \b
    Example:
      gpend run --config gpend.yaml
    """
    with _noting_hang_ups() as is_hung_up:
        from gpend import wiring

        path = path_of(config_file)
        settings = config.load(path)
        with Companion(path, enabled=settings.web.enabled):
            wiring.run(settings, lambda: config.load(path), path, is_hung_up)


@contextmanager
def _noting_hang_ups() -> Iterator[Callable[[], bool]]:
    """Have SIGHUP end nothing before there is a daemon to hear of it; was there one?

    A start takes seconds, and minutes where the ledger is waited for.
    """
    hung_up = threading.Event()
    before = signal.signal(signal.SIGHUP, lambda _number, _frame: hung_up.set())
    try:
        yield hung_up.is_set
    finally:
        signal.signal(signal.SIGHUP, before)


@commands.command()
@CONFIG
def once(config_file: Path | None) -> None:
    """Go through every folder once and exit.

    \b
    Example, every night by cron:
      gpend once --config gpend.yaml
    """
    from gpend import wiring, words

    settings = settings_of(config_file)
    with progress() as bar:
        task = bar.add_task("Searching", total=None, figures=False)

        def show(far: Progress) -> None:
            total = far.found if far.waiting else None  # a bar that moves to and fro where there is nothing to count
            photo = f"  {words.plain(far.photo)}" if far.waiting else ""
            bar.update(task, description=f"{far.phase}: {far}{photo}", completed=far.done, total=total)

        def tell(what: str) -> None:
            with aside(bar):
                click.echo(what, err=True)

        tally = wiring.once(settings, show, path_of(config_file), tell)
    click.echo(words.tally_text(tally))
    sys.exit(0 if tally.is_well else FAILED)


@commands.command()
@click.option("--as", "user", metavar="USER", help="Look as this user, for whom the service runs. For root.")
@click.option("--notify", is_flag=True, help="Send a message to try, as `notifications:` says.")
@CONFIG
def check(user: str | None, config_file: Path | None, *, notify: bool) -> None:
    """Is the configuration right, and are its folders usable?

    Also for the user that the service runs as, with --as: may it read the photos and write the outputs?

    \b
    Examples:
      gpend check --config gpend.yaml && systemctl reload gpend
      sudo gpend check --as anna
    """
    from gpend import checkup, wiring, words
    from gpend.cli.user import become, current
    from gpend.models.restorers import unmeasured

    if user is not None:
        become(user)
    settings = settings_of(config_file)
    problems = list(dict.fromkeys(wiring.problems(settings) + checkup.problems(settings)))
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        other = any("by this user" in problem for problem in problems) and user is None
        hint = f"\nThis user is {current()}. If gpend runs as another: sudo gpend check --as USER" if other else ""
        raise RefusedError(f"gpend cannot work with the configuration {path_of(config_file)}:\n{listed}{hint}")
    click.echo(f"The configuration {path_of(config_file)} is right.")
    for folder in settings.folders:
        click.echo(f"  {words.plain(folder.source)} → {words.plain(folder.output)}")
        for line in [*checkup.contents(folder, settings), *checkup.names_taken(folder, settings)]:
            click.echo(f"    {words.plain(line)}")
    for line in wiring.restoring(settings):
        click.echo(line)
    for line in checkup.computing(settings):
        click.echo(line)
    click.echo(f"{settings.slots} {'photos are' if settings.slots > 1 else 'photo is'} worked on at a time (`slots`).")
    for notice in [*unmeasured(settings), *wiring.notes(settings)]:
        click.echo(f"Note: {notice}")
    click.echo(wiring.protection())
    for advice in wiring.advice():
        click.echo(f"Advice: {advice}")
    if notify:
        _try_message(settings)


def _try_message(settings: Settings) -> None:
    from gpend.daemon.notifications import Message, sender

    urls = settings.notifications.urls
    if not urls:
        raise RefusedError("No message was sent: notifications.urls names nobody.")
    if not sender(urls)(Message("gpend", "This is a message to try. gpend would tell you here what it has done.")):
        raise UndoneError("The message could not be sent to all addresses. Are they right, and is there a network?")
    click.echo("A message was sent." if len(urls) == 1 else f"A message was sent to {len(urls)} addresses.")


_PRINTED = {
    "gpend.yaml": "the configuration: every setting, explained, with its default",
    "train.yaml": "the configuration of `gpend train`",
    "gpend.service": "the unit for systemd",
    "gpend-web.service": "the page as a service of its own",
    "gpend-scheduler.service": "the scheduler of a cluster",
    "gpend-worker@.service": "a worker of a cluster, one for each card",
    "gpend-user.service": "the unit for one person, without root",
    "grafana.json": "a dashboard for Grafana",
    "immich-hook": "has Immich stack a restored photo on its original",
    **{name: f"completes commands when you press Tab in {shell}" for name, shell in COMPLETIONS.items()},
}
"""What can be printed, and what it is."""

_LISTED = "\n".join(f"  {name:25}{what}" for name, what in _PRINTED.items())


@commands.command(name="print", epilog=f"\b\nNAME is one of\n{_LISTED}")
@click.argument("name", type=click.Choice(list(_PRINTED)), metavar="NAME")
def print_file(name: str) -> None:
    """Print the configuration, a systemd unit or another file.

    \b
    Examples:
      gpend print gpend.yaml > gpend.yaml
      gpend print completion.bash > ~/.local/share/bash-completion/completions/gpend
    """
    click.echo(completion(COMPLETIONS[name]) if name in COMPLETIONS else shipped.text(name), nl=False)
