"""The real daemon with a fake engine, as a process: python -m tests.journeys.process ROOT SETTINGS_AS_JSON."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from gpend import logs
from gpend.core.report import Outcome
from gpend.daemon import CrashDetector, Daemon, Environment
from gpend.dispatch import Runtime
from gpend.ledger import Fingerprint, Ledger
from gpend.notify import Notifier
from gpend.settings import Settings
from tests.fakes import LocalEngine, restored_if_blurred

CALLS = "engine-calls"
"""The file with a line for each photo that the engine was given."""


def main() -> None:
    """Run until told to stop."""
    root, said = Path(sys.argv[1]), json.loads(sys.argv[2])
    seconds = said.pop("engine_seconds", 0.0)
    settings = Settings.model_validate(said)
    logs.set_up(settings.log)
    calls = os.open(root / CALLS, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def process(photo: bytes) -> Outcome:
        os.write(calls, photo[:40].split(b"\0")[0] + b"\n")
        if b"poison" in photo:
            os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(seconds)
        return restored_if_blurred(photo)

    engine = LocalEngine(process, settings.slots)
    with Ledger.open(settings.ledger) as ledger:
        runtime = Runtime(settings, engine, Fingerprint("fake", "d1", "0.1.0"))
        around = Environment(
            notifier=Notifier.from_environment(), crash_detector=CrashDetector(settings.ledger), reload=lambda: runtime
        )
        daemon = Daemon(runtime, ledger, around)
        signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
        signal.signal(signal.SIGHUP, lambda *_: daemon.hang_up())
        daemon.run()
    engine.close()


if __name__ == "__main__":
    main()
