"""The group that all commands belong to, their common options, and where they find the configuration."""

import errno
import os
from collections import UserDict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from gpend import __version__, in_force
from gpend.errors import GpendError, TransientError

if TYPE_CHECKING:
    from gpend.settings import Settings

FAILED = 1
WRONG = 2

FILE = click.Path(path_type=Path, readable=False)  # what cannot be read is told by gpend, in its own words
CONFIG = click.option(
    "--config",
    "config_file",
    type=FILE,
    metavar="FILE",
    help=f"The configuration; else ${in_force.ENVIRONMENT}, else {in_force.DEFAULT}, else ~/{in_force.OWN}.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for scripts.")
STRENGTH = click.option(
    "--strength",
    type=click.FloatRange(0, 2),
    metavar="0 to 2",
    help="How much of what gpend would do to a face: 0 nothing, 1 what was measured to help, 2 all the network paints.",
)


class RefusedError(click.ClickException):
    """Something that gpend says no to, as click shows it: one message, no traceback, exit code 2."""

    exit_code = WRONG


class UndoneError(click.ClickException):
    """Something that gpend could not do, though nothing that was asked for is wrong: one message, exit code 1."""

    exit_code = FAILED


_DEFINED_IN = {
    "bench": ["bench"],
    "calibrate": ["folders"],
    "check": ["daemon"],
    "cluster": ["cluster"],
    "confirm": ["ledger"],
    "decide": ["decide"],
    "demo": ["photos"],
    "health": ["health"],
    "help": ["topics"],
    "once": ["daemon"],
    "pause": ["decide"],
    "preview": ["folders"],
    "print": ["daemon"],
    "restore": ["photos"],
    "resume": ["decide"],
    "retry": ["ledger"],
    "run": ["daemon"],
    "score": ["photos"],
    "status": ["status"],
    "train": ["training"],
    "web": ["web"],
    "weights": ["weights", "fitting", "removing"],
    "why": ["ledger"],
}
"""The modules beside this one that make each command when they are imported."""


class OnDemand(UserDict[str, click.Command]):
    """Commands by name, of which each is made when it is first asked for: who asks for one does not wait for all."""

    def __getitem__(self, name: str) -> click.Command:
        """The command, made now if it was not yet."""
        if name not in self.data:
            for module in _DEFINED_IN[name]:
                import_module(f"gpend.cli.{module}")
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        """Is there such a command?"""
        return name in _DEFINED_IN

    def __iter__(self) -> Iterator[str]:
        """The names of all."""
        return iter(_DEFINED_IN)

    def __len__(self) -> int:
        """How many there are."""
        return len(_DEFINED_IN)


def is_folder(place: Path) -> bool:
    """Is there a folder, as far as this user may look, the disk tells, and a name may be so long?"""
    try:
        return place.is_dir()
    except OSError:
        return False


def may_be_there(place: Path) -> bool:
    """Is there anything of that name, or can this user not look? Of a name that is too long there is nothing."""
    try:
        return place.exists()
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG


class Commands(click.Group):
    """A group whose commands may raise anything: what a person sees of it is one message."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except TransientError as error:
            raise UndoneError(str(error)) from error
        except GpendError as error:
            raise RefusedError(str(error)) from error
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise  # click's own ways of ending
        except Exception as error:
            raise UndoneError(_no_room(error) or _unforeseen(error)) from error


def _no_room(error: Exception) -> str:
    """That there was no room for what a command writes, as where its answer goes to a file; "" of all else."""
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ""
    where = error.filename or "where its output goes"
    return f"Not all could be written: {error.strerror} ({where}). Make room there, and ask again."


def _unforeseen(error: Exception) -> str:
    """What a report of a mistake in gpend needs, in one sentence: the error, and the way to it."""
    import traceback

    what = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")
    way = [f"{PurePath(step.filename).name}:{step.lineno}" for step in traceback.extract_tb(error.__traceback__)[-4:]]
    return (
        f"gpend met something that it does not foresee, and stopped: {what} (at {' > '.join(way)}). Please report this."
    )


@click.group(
    cls=Commands,
    commands=OnDemand(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gpend")
def commands() -> None:
    """Watch photo folders and restore the blurred faces in them.

    Restored photos go to an output folder that mirrors the watched one; your own files are only ever read.

    \b
    First steps:
      gpend demo                           see it work, on pictures that came with it
      gpend restore holiday.jpg            restore one photo into output_holiday.jpg
      gpend preview /srv/photos            see what it would do to a folder
      gpend print gpend.yaml > gpend.yaml  a documented configuration to fill in
      gpend check --config gpend.yaml      is it right?
      gpend run --config gpend.yaml        watch the folders until stopped

    Exit codes: 0 done; 1 some photo failed, or it could not be done now; 2 wrong usage or configuration.
    """


def path_of(given: Path | None) -> Path:
    """The configuration file that counts."""
    return in_force.locate(given, os.environ)


def settings_of(given: Path | None) -> "Settings":
    """The configuration. Raises ConfigurationError."""
    from gpend import config

    return config.load(path_of(given))


def with_strength(settings: "Settings", strength: float | None) -> "Settings":
    """The configuration, with the strength that a person named on the command line."""
    if strength is None:
        return settings
    return settings.model_copy(update={"restore": settings.restore.model_copy(update={"strength": strength})})


def settings_if_any(given: Path | None) -> "Settings":
    """For commands that need no configuration: that of the daemon if there is one, so that they do as it does."""
    from gpend import config
    from gpend.settings import Settings

    path = path_of(given)
    return Settings() if given is None and not path.exists() else config.load(path)
