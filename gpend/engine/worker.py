"""The process that holds the networks: photos in through standard input, outcomes out through standard output.

Started by gpend.engine.worker_process alone. It keeps nothing and writes no file, so it can be killed at any
time; and once it has loaded its networks it is locked, see gpend.engine.sandbox.
"""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import BinaryIO

import cv2
import numpy as np

from gpend import parent
from gpend.core import codec
from gpend.core.networks import Networks
from gpend.core.pipeline import process
from gpend.core.report import Outcome, Restored
from gpend.core.wish import Wish
from gpend.engine import attempt, sandbox
from gpend.engine.elsewhere import Elsewhere, packed, unpacked
from gpend.engine.frames import receive_from_engine, send
from gpend.engine.protocol import Beat, Crops, Done, Failed, FromWorker, Photo, Ready, Refused, Setup, Unrestored
from gpend.errors import FatalError, GpendError, PhotoError
from gpend.settings import CoreSettings

_MIB = 1 << 20
_MEGA = 1e6
_BYTES_A_PIXEL = 200  # of a photo, at most, over all that is made of it: about three times what was measured
_MEMORY = 4 << 30  # address space for a slot, above that of its photo: threads reserve far more than they use


def main() -> None:
    """Serve the parent until it closes its end of the pipe."""
    _live_no_longer_than_the_parent()
    outbox = _own_standard_output()
    inbox = sys.stdin.buffer
    setup = receive_from_engine(inbox)
    if isinstance(setup, Setup):
        Service(outbox, setup).serve(inbox)
    os._exit(0)  # other threads may be deep in a photo that nobody waits for any more


class Service:
    """Answers the parent; `outbox` is written to by all slots."""

    def __init__(self, outbox: BinaryIO, setup: Setup) -> None:
        self._outbox = outbox
        self._pen = threading.Lock()
        self._settings = CoreSettings.model_validate_json(setup.settings)
        self._slots = setup.slots
        self._largest = setup.largest
        self._busy: dict[int, int] = {}  # thread → number of the photo it has
        self._elsewhere = Elsewhere(self._say, lambda: self._busy.get(threading.get_ident()))
        self._is_elsewhere = setup.elsewhere

    def serve(self, inbox: BinaryIO) -> None:
        """Load the networks and lock the process, then process photos until the pipe ends."""
        slots = ThreadPoolExecutor(self._slots, thread_name_prefix="gpend-slot")
        try:
            networks = self._loaded()
            device = self._device()
            self._lock(device)
            slots.submit(_try_out_locked, networks).result()  # the slots' threads start here: what they do is locked
        except GpendError as error:
            self._say(Refused(error))
            return
        self._say(Ready(" and ".join(one.name for one in networks.restorers), device, self._notes(networks)))
        while (message := receive_from_engine(inbox, self._largest)) is not None:
            if isinstance(message, Unrestored) or (isinstance(message, Crops) and self._is_elsewhere):
                self._elsewhere.hear(message)
            elif not isinstance(message, Setup):
                slots.submit(self._answer, message, networks)
            del message  # nor is the photo held on to here until the next one comes

    def _loaded(self) -> Networks:
        self._say(Beat(()))
        gc.disable()  # what is made now stays: looking through it for garbage took a sixth of the time
        from gpend.models.device import limit_threads  # noqa: PLC0415 - takes seconds: the first beat comes before it
        from gpend.models.loading import load  # noqa: PLC0415 - the same

        self._say(Beat(()))
        networks = load(
            self._settings,
            self._beat,
            self._elsewhere.restored if self._is_elsewhere else None,
            self._slots,
            say=lambda sentence: self._say(Beat((), sentence)),
        )
        cv2.setNumThreads(max(1, limit_threads() // self._slots))
        _try_out(networks)
        gc.freeze()  # nor is it looked through later
        gc.enable()
        return networks

    def _notes(self, networks: Networks) -> tuple[str, ...]:
        from gpend.models.loading import slower_ways  # noqa: PLC0415 - loaded already, by _loaded

        return tuple(slower_ways(networks))

    def _device(self) -> str:
        from gpend.models.device import resolve  # noqa: PLC0415 - loaded already, by _loaded

        return str(resolve(self._settings.restore.device))

    def _lock(self, device: str) -> None:
        """From here on this process can only compute."""
        codec.load_decoders()
        if device == "cpu":
            pixels = self._settings.photo.maximum_megapixels * _MEGA
            sandbox.lock(int(self._slots * (_MEMORY + _BYTES_A_PIXEL * pixels)))
        else:
            sandbox.lock(None, sandbox.library_folders())

    def _answer(self, message: Photo | Crops, networks: Networks) -> None:
        thread = threading.get_ident()
        self._busy[thread] = message.number
        try:
            if isinstance(message, Crops):
                self._say(Done(message.number, attempt(partial(_restored, networks, message), message.pixels)))
            else:
                self._say(Done(message.number, attempt(partial(self._process, networks, message.wish), message.photo)))
        except GpendError as error:
            self._say(Failed(message.number, error))
        except ValueError as error:
            self._say(Failed(message.number, PhotoError(f"gpend found no answer that it could pass on: {error}.")))
        finally:
            del self._busy[thread]

    def _process(self, networks: Networks, wish: Wish | None, photo: bytes) -> Outcome:
        outcome = process(photo, networks, self._settings, wish, time.monotonic)
        if isinstance(outcome, Restored) and len(outcome.photo) > self._largest:
            raise PhotoError(
                f"The restored photo would have {len(outcome.photo) / _MIB:.0f} MiB, twice what memory_mb allows. "
                "gpend left the photo as it is. Raise memory_mb if it is to be restored."
            )
        return outcome

    def _beat(self, threads: Collection[int]) -> None:
        """The networks have got on with the photos that these threads have."""
        self._say(Beat(tuple(self._busy[thread] for thread in threads if thread in self._busy)))

    def _say(self, message: FromWorker) -> None:
        with self._pen:
            send(self._outbox, message)


def _restored(networks: Networks, crops: Crops, pixels: bytes) -> Outcome:
    """Crops that another machine wants restored: they travel as the photo of a Restored."""
    restore = next((one for one in networks.restorers if one.name == crops.network), None)
    if restore is None or crops.side != restore.size or len(pixels) > _MOST_CROPS * 3 * crops.side**2:
        raise PhotoError(
            f"There is no network {crops.network} here for {len(pixels)} bytes of faces of {crops.side} px."
        )
    return Restored(packed(restore(unpacked(crops))), "", "", (), ())


_MOST_CROPS = 64
_REFINED = 256  # side of the crop that the refining network is tried on, in pixels


def _try_out(networks: Networks) -> None:
    """All networks compute something before the first photo: a machine that cannot run them is found out here."""
    for detect in filter(None, (networks.detect, networks.screen)):
        detect(np.zeros((64, 64, 3), np.uint8))
    for network in networks.restorers:
        network(np.full((1, network.size, network.size, 3), 0.5, np.float32))
    if networks.decode is not None:
        networks.decode.try_out()
    if networks.estimate is not None:
        side = networks.estimate.size
        networks.estimate(np.full((1, side, side), 0.5, np.float32))
    if networks.parse is not None:
        side = networks.parse.size
        networks.parse(np.full((1, side, side, 3), 0.5, np.float32))
    if networks.refine is not None:
        grey = np.full((1, _REFINED, _REFINED), 0.5, np.float32)
        networks.refine(np.repeat(grey[..., None], 3, axis=3), grey, grey)


def _try_out_locked(networks: Networks) -> None:
    """The same within the lock. Raises DeviceError or FatalError where the lock keeps them from it."""
    try:
        _try_out(networks)
    except GpendError:
        raise
    except Exception as error:
        raise FatalError(f"gpend's worker process cannot compute once it is locked: {error}.") from error


def _own_standard_output() -> BinaryIO:
    """Standard output for frames alone; what libraries print goes to standard error."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


def _live_no_longer_than_the_parent() -> None:
    """Be killed when the parent is gone, and leave it to the parent to decide upon what is signalled to all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not parent.end_with(os.getppid(), signal.SIGKILL):
        os._exit(0)


if __name__ == "__main__":
    main()
