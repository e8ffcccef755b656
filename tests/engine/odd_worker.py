"""A worker that speaks gpend's language and does to each photo what the photo's bytes ask for."""

import os
import sys
import threading
import time

from gpend.core.report import Kept
from gpend.engine.frames import receive_from_engine, send
from gpend.engine.protocol import Beat, Crops, Done, Failed, Photo, Ready, Refused, Setup, Unrestored
from gpend.errors import DeviceError, FatalError, PhotoError, TransientError

_PEN = threading.Lock()


def _say(message: Ready | Refused | Beat | Done | Failed | Crops) -> None:
    with _PEN:
        send(sys.stdout.buffer, message)


def _answer(message: Photo, device: str) -> None:  # noqa: C901 - one case for each thing that a photo may ask for
    match message.photo.split(b" ")[0]:
        case b"crash":
            os.write(2, b"the very last words\n")
            os.abort()
        case b"exit":
            os._exit(7)
        case b"hang":
            threading.Event().wait()
        case b"say":
            os.write(1, message.photo[4:])
        case b"cuda" if device == "gpu":
            _say(Failed(message.number, DeviceError("the GPU is gone")))
        case b"bad":
            _say(Failed(message.number, PhotoError("not a photo")))
        case b"slow":
            for _ in range(int(message.photo[5:] or 10)):
                time.sleep(0.3)
                _say(Beat((message.number,)))
            _say(Done(message.number, Kept(device, ())))
        case b"faces":
            _say(Crops(message.number, "odd", 16, bytes(16 * 16 * 3)))
        case b"who":
            _say(Done(message.number, Kept(str(os.getpid()), ())))
        case b"tunables":
            _say(Done(message.number, Kept(os.environ["GLIBC_TUNABLES"], ())))
        case _:
            _say(Done(message.number, Kept(device, ())))


def main() -> None:
    """Answer every photo in a thread of its own."""
    setup = receive_from_engine(sys.stdin.buffer)
    assert isinstance(setup, Setup)
    if setup.settings == "broken":
        sys.exit("no module named torch")
    if setup.settings == "refused":
        _say(Refused(FatalError("no such network")))
        return
    _say(Ready("odd"))
    while (message := receive_from_engine(sys.stdin.buffer, setup.largest)) is not None:
        match message:
            case Photo():
                threading.Thread(target=_answer, args=(message, setup.settings), daemon=True).start()
            case Crops(number):
                _say(Done(number, Kept(f"restored elsewhere: {message.pixels[:5].decode()}", ())))
            case Unrestored(number, reason):
                _say(Failed(number, TransientError(reason)))
            case _:
                sys.exit("set up twice")


if __name__ == "__main__":
    main()
