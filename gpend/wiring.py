"""The composition root: the one module that knows every part, and puts them together."""

import os
import signal
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import structlog

from gpend import cluster, config, in_force, liveness, logs
from gpend.beside import LEDGER, LEDGER_AT_HOME
from gpend.core.formats import jpeg
from gpend.core.networks import Networks
from gpend.daemon import CrashDetector, Daemon, Environment, SystemClock, Tally
from gpend.daemon import problems as problems_of_folders
from gpend.daemon.checks import Pair, known_pairs
from gpend.daemon.exporter import Exporter
from gpend.daemon.metrics import KIND, About, Metrics
from gpend.daemon.start import away, ledger_at, opened_ledger
from gpend.dispatch import Runtime
from gpend.engine import Engine, Telling, sandbox
from gpend.engine.process_engine import ProcessEngine, worker_command
from gpend.engine.protocol import Setup
from gpend.engine.sandbox import Wall
from gpend.engine.supervisor import Timeouts
from gpend.errors import ConfigurationError, FatalError, GpendError, TransientError
from gpend.ledger import Fingerprint, Ledger, Records, fingerprint_of
from gpend.ledger.access import hold_up, refusal
from gpend.ledger.faults import ForeignError, NewerError
from gpend.liveness import Answer
from gpend.models import cards, fits, memory
from gpend.models.needed import DETECTORS, needed
from gpend.models.restorers import Roll, in_use, roll, unmeasured
from gpend.models.weights import DetectorCheckpoint, find, weights_folders
from gpend.notify import Notifier
from gpend.progress import Progress
from gpend.settings import CoreSettings, EngineKind, EngineSettings, Settings

log = structlog.get_logger()

_MINUTE = 60.0
_PATIENCE = 5 * _MINUTE  # WatchdogSec in gpend.service
_STATE = Path("/var/lib/gpend")  # StateDirectory in gpend.service
_UNITS = tuple(Path(place, "gpend.service") for place in ("/etc/systemd/system", "/usr/lib/systemd/system"))
_MIB = 1 << 20
_NEEDS = {
    Wall.LIMITS: "setrlimit is refused",
    Wall.PRIVILEGES: "prctl is refused",
    Wall.LANDLOCK: "Linux 5.13 and later have it where it is switched on",
    Wall.SECCOMP: "it needs libseccomp, and a system that lets programs use it",
}
_LEVELS = ("debug", "info", "warning", "error")


def networks(settings: CoreSettings) -> Networks:
    """Both networks in this process, for one-off commands. Takes seconds. Raises FatalError saying what to do."""
    from gpend.models.loading import load  # noqa: PLC0415 - torch is not for those who start a daemon or check a file

    return load(settings)


def problems(settings: Settings) -> list[str]:
    """Every reason why a daemon would not begin to work with these settings, in words; none if all is well."""
    return _problems(settings, waits=False)


def _problems(settings: Settings, *, waits: bool, known: Container[Pair] = ()) -> list[str]:
    """The same; a daemon `waits` for some to pass, and for folders that are `known` to come back."""
    found = problems_of_folders(settings, known)
    if reason := away(settings.ledger, [folder.output for folder in settings.folders]):
        found += [] if waits else [reason]
    else:
        found += _problems_of_ledger(settings.ledger, waits=waits)
    try:
        find(DETECTORS[settings.detect.model], DetectorCheckpoint, weights_folders(settings.restore.weights))
        _roll(settings)
    except FatalError as error:
        found.append(str(error))
    return found + (cluster.problems(settings) if settings.engine.kind is EngineKind.CLUSTER else [])


def _problems_of_ledger(ledger: Path, *, waits: bool) -> list[str]:
    folder = ledger.parent
    if os.path.isdir(ledger):  # noqa: PTH112 - one that this user may not look at is told below
        return [f"The ledger {ledger} is a folder. Name a file in it: `ledger: {ledger / LEDGER.name}`."]
    if folder == _STATE and (not folder.exists() or any(unit.exists() for unit in _UNITS)):
        return []  # systemd makes it for the service, and gives it to the service's user, before that starts
    there = next((place for place in (folder, *folder.parents) if os.access(place, os.F_OK)), folder)
    if reason := hold_up(there / ledger.name):
        if os.access(there, os.W_OK) or os.access(ledger, os.F_OK):  # it is full, or could be written to once
            told = f"The ledger {ledger} cannot be written, and gpend waits until it can. {reason}"
            return [] if waits else [told]
        return [f"The ledger {ledger} cannot be made. {reason} A service has to name {there} as ReadWritePaths=."]
    if os.access(there, os.W_OK | os.X_OK) and there.is_dir():
        reason = refusal(ledger) if there == folder else ""
        return [f"The ledger {ledger} cannot be used by this user. {reason}"] if reason else _not_of_this_gpend(ledger)
    may_be_there = there == folder or not os.access(there, os.X_OK)  # this user cannot look
    what = "cannot be written to" if may_be_there else "does not exist and cannot be made"
    return [f"The folder of the ledger, {folder}, {what} by this user. Name another place for it: `ledger:`."]


def _not_of_this_gpend(ledger: Path) -> list[str]:
    try:
        with Records.read_only(ledger):
            return []
    except (ForeignError, NewerError) as error:
        return [str(error)]
    except (FatalError, TransientError):
        return []  # there is none, or gpend puts it right when it begins


def notes(settings: Settings) -> list[str]:
    """What is right for a service and not for who runs gpend by hand, in words."""
    folder = settings.ledger.parent
    if folder != _STATE or folder.exists() or os.access(folder.parent, os.W_OK):
        return []
    who = f"systemd makes {folder}, where the ledger is to be, for the service. This user cannot"
    return [f"{who}: to run gpend by hand, name a place of your own, such as `ledger: {LEDGER_AT_HOME}`."]


def restoring(settings: CoreSettings) -> list[str]:
    """Which networks restore faces under these settings, and which of those that are there do not, in words."""
    found = _roll(settings)
    each = ", each by the smallest that holds its detail" if len(found.names) > 1 else ""
    first = f"Faces are restored by {' and '.join(found.names)}{each}."
    doubts = [found.doubt] if found.doubt else []
    return [f"{first} `gpend weights list` tells of others, and how to get them.", *found.left_out, *doubts]


def _roll(settings: CoreSettings) -> Roll:
    return roll(settings.restore.model, weights_folders(settings.restore.weights), memory.limit_of(settings))


def advice() -> list[str]:
    """What could be installed so that gpend does better, in words."""
    found = []
    if jpeg.lossless_library() is None:
        found.append(
            "libturbojpeg is not installed, so a restored JPEG is saved anew as a whole instead of staying bit for bit "
            "the same outside of its faces. On Debian: apt install libturbojpeg0"
        )
    if find_spec("pillow_heif") is None:
        found.append("HEIC photos are left as they are. To restore them too: pip install pillow-heif")
    if not sandbox.has_libseccomp():
        found.append(
            "libseccomp is not installed, so less is refused to the process that opens the photos. "
            "On Debian: apt install libseccomp2"
        )
    return found


def protection() -> str:
    """How far the process that opens the photos is locked on this machine, in words; tried, which takes a second."""
    standing = sandbox.probe()
    told = ", ".join(wall for wall in Wall if wall in standing)
    if not told:
        return "Photos are opened in a process of its own. It cannot be locked on this machine."
    missing = ", ".join(f"{wall} ({_NEEDS[wall]})" for wall in Wall if wall not in standing)
    lacking = f" Not on this machine: {missing}." if missing else ""
    return f"Photos are opened in a process of its own that can only compute. It is kept to that by {told}.{lacking}"


def run(
    settings: Settings,
    reload: Callable[[], Settings],
    file: Path | None = None,
    is_hung_up: Callable[[], bool] = lambda: False,
) -> None:
    """Watch the folders until SIGTERM or SIGINT; `reload` reads the configuration again on SIGHUP, from its `file`.

    `is_hung_up`: has SIGHUP come already, since the configuration was read?
    Raises ConfigurationError naming every problem at the start, and FatalError where gpend cannot go on.
    """

    def reloaded() -> Runtime:
        wanted = reload()
        runtime = reloader.change(wanted)
        _note(ledger, wanted, file)
        return runtime

    opened = _opened(settings, lambda path, outputs: opened_ledger(path, SystemClock(), outputs), waits=True)
    with opened as (ledger, reloader):
        _note(ledger, settings, file)
        metrics = Metrics(settings.ledger, reloader.about)
        reloader.note_seconds(metrics.note_seconds)
        notifier = Notifier.from_environment()
        exporter = Exporter(liveness.socket_of(settings.ledger), _answers(settings.ledger, metrics, notifier))
        around = Environment(
            notifier=notifier,
            crash_detector=CrashDetector(settings.ledger),
            listeners=(metrics,),
            reload=reloaded,
            beside=(exporter.put_back,),
        )
        daemon = Daemon(reloader.runtime, ledger, around)
        exporter.start()
        try:
            with _signals(daemon):
                if is_hung_up():
                    daemon.hang_up()
                daemon.run()
        finally:
            exporter.close()


def _note(ledger: Ledger, settings: Settings, file: Path | None) -> None:
    """For those who ask how it is going: how photos are judged, if that is what the file says at this moment too.

    Where that cannot be put on record, they work it out themselves.
    """
    with suppress(OSError, UnicodeDecodeError, GpendError):
        if file is not None:
            content = file.read_bytes()
            if config.parse(content.decode("utf-8"), name=str(file), folder=file.absolute().parent) == settings:
                in_force.note(ledger, file, content, settings)


def _answers(ledger: Path, metrics: Metrics, notifier: Notifier) -> dict[str, Callable[[], Answer]]:
    """What the daemon says to whoever asks for it."""

    def healthy() -> Answer:
        if notifier.is_well(_PATIENCE):
            return Answer(200, b"ok\n")
        return Answer(503, b"gpend makes no progress. Under systemd it is started anew by itself.\n")

    def ready() -> Answer:
        return Answer(200, b"ready\n") if notifier.is_ready else Answer(503, b"gpend is starting.\n")

    return {
        liveness.METRICS: lambda: Answer(200, metrics.text(), KIND),
        liveness.HEALTHY: healthy,
        liveness.READY: ready,
        liveness.TROUBLE: lambda: Answer(200, (notifier.trouble or hold_up(ledger)).encode(errors="replace")),
    }


def once(
    settings: Settings,
    show: Callable[[Progress], None],
    file: Path | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> Tally:
    """One pass over every folder, `show` is told how far it is, `tell` what is waited for in the end.

    `file` holds the settings. Raises as `run` does.
    """
    quiet = settings.log.model_copy(update={"level": max(settings.log.level, "warning", key=_LEVELS.index)})
    with _opened(settings.model_copy(update={"log": quiet})) as (ledger, reloader):
        _note(ledger, settings, file)
        daemon = Daemon(reloader.runtime, ledger, Environment(tell=tell))
        with _signals(daemon):
            return daemon.once(show)


class Reloader:
    """What the daemon works with, exchanged as a whole when the configuration changes."""

    def __init__(self, settings: Settings) -> None:
        self._networks = needed(settings)
        self.runtime = Runtime(settings, _engine(settings), _fingerprint(settings))

    def note_seconds(self, note: Callable[[str, float], None]) -> None:
        """Have somebody told how long each stage of a photo's way takes, from the next loop on."""
        self.runtime = replace(self.runtime, note_seconds=note)

    def about(self) -> About:
        """With what photos are restored."""
        engine = self.runtime.engine
        device, networks = (engine.device, engine.networks) if isinstance(engine, Telling) else ("", "")
        return About(networks or self.runtime.settings.restore.model, device)

    def change(self, settings: Settings) -> Runtime:
        """Runtime for other settings; the engine stays, with its networks loaded, unless they concern it.

        Raises ConfigurationError where they are not right; then nothing has changed.
        """
        before = self.runtime
        if settings.ledger != before.settings.ledger:
            raise ConfigurationError("ledger: it cannot change while gpend runs; restart gpend for that.")
        _refuse(settings, _known(settings.ledger))
        logs.set_up(settings.log)
        is_same = _concerns_engine(settings) == _concerns_engine(before.settings)
        networks = needed(settings)
        engine = before.engine if is_same and networks == self._networks else _engine(settings)
        if engine is not before.engine:
            _tell_of_networks(settings)
        self._networks = networks
        self.runtime = Runtime(settings, engine, _fingerprint(settings), before.note_seconds)
        return self.runtime


@contextmanager
def _opened(
    settings: Settings, opened: Callable[[Path, Sequence[Path]], Ledger] = ledger_at, *, waits: bool = False
) -> Iterator[tuple[Ledger, Reloader]]:
    logs.set_up(settings.log)
    _refuse(settings, _known(settings.ledger) if waits else ())
    with opened(settings.ledger, [folder.output for folder in settings.folders]) as ledger:
        for notice in ledger.notices:
            log.warning("ledger_repaired", what=notice)
        _tell_of_networks(settings)
        reloader = Reloader(settings)
        try:
            yield ledger, reloader
        finally:
            reloader.runtime.engine.close()


def _tell_of_networks(settings: Settings) -> None:
    for left_out in _roll(settings).left_out:
        log.warning("network_left_out", what=left_out)
    for notice in unmeasured(settings):
        log.warning("network_not_measured", what=notice)


def _fingerprint(settings: Settings) -> Fingerprint:
    return fingerprint_of(settings, fits.digest_of(in_use(settings.restore)))


def _known(ledger: Path) -> set[Pair]:
    """The folders at work when gpend ran last, as far as the ledger tells now."""
    with suppress(FatalError, TransientError), Records.read_only(ledger) as records:
        return known_pairs(records.folders())
    return set()


def _refuse(settings: Settings, known: Container[Pair] = ()) -> None:
    found = _problems(settings, waits=True, known=known)
    if found:
        listed = "\n".join(f"  - {problem}" for problem in found)
        raise ConfigurationError(f"gpend cannot work with this configuration:\n{listed}")


def _engine(settings: Settings) -> Engine:
    if settings.engine.kind is EngineKind.LOCAL:
        cluster.forget_state(settings)
        engine = _local_engine(settings)
        if cards.may_serve(settings.restore.device):
            engine.warm()  # what a card needs at first, it does while the folders are looked through
        return engine
    return cluster.engine_of(
        settings, _setup(settings), lambda: _local_engine(settings), lambda what: log.info("cluster", what=what)
    )


def _local_engine(settings: Settings) -> ProcessEngine:
    setup = _setup(settings)
    on_cpu = settings.model_copy(update={"restore": settings.restore.model_copy(update={"device": "cpu"})})
    return ProcessEngine(
        worker_command(),
        setup,
        Timeouts(stall=settings.stall_seconds, idle=settings.idle_unload_minutes * _MINUTE),
        fallback=_setup(on_cpu) if settings.restore.device == "auto" else None,
        tell=lambda sentence: log.warning("worker", what=sentence),
    )


def _setup(settings: Settings) -> Setup:
    core = settings.core()
    return Setup(core.model_dump_json(), settings.slots, 2 * settings.memory_mb * _MIB)


def _concerns_engine(settings: Settings) -> tuple[Setup, float, float, EngineSettings]:
    return _setup(settings), settings.stall_seconds, settings.idle_unload_minutes, settings.engine


@contextmanager
def _signals(daemon: Daemon) -> Iterator[None]:
    """For as long as this lasts, SIGTERM and SIGINT stop the daemon, and SIGHUP has it read its configuration again."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        daemon.stop()

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        daemon.hang_up()

    wanted = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: hang_up}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
