"""What can go wrong, named by what the daemon does next.

GpendError
├── PhotoError       the photo's own fault: set aside with its reason, not tried again until it or gpend changes
│   ├── IncompleteError   the file ends before its picture does: it may still be growing
│   └── UnsupportedError  nothing is wrong with the photo, but it is of a kind that gpend keeps as it is
├── TransientError   the moment's fault: tried again later, with backoff, no attempt used up
│   └── DeviceError       the GPU failed or ran out of memory: worth trying again alone, then on the CPU
└── FatalError       gpend cannot work like this: stop and say why
    └── ConfigurationError   the configuration is wrong: every problem in one message

Messages are for people: what happened, to what, and what they can do.
"""


def as_text(words: str) -> str:
    """Words that can be written anywhere (pure): what is no text in them, as in some names, is replaced."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class GpendError(Exception):
    """Anything that gpend itself raises."""

    def __str__(self) -> str:
        """What it says, as text that can be written anywhere, also where it quotes the name of a file that is none."""
        return as_text(super().__str__())


class PhotoError(GpendError):
    """The photo cannot be processed, now or later, unless it changes."""


class IncompleteError(PhotoError):
    """The file ends before its picture does; it may still be growing."""


class UnsupportedError(PhotoError):
    """The photo is of a kind that gpend keeps as it is: animated, CMYK, HEIF without gpend[heif] and the like."""


class TransientError(GpendError):
    """The photo could not be processed at this moment; nothing is wrong with it."""


class DeviceError(TransientError):
    """The GPU failed, is gone or has too little memory."""


class FatalError(GpendError):
    """gpend cannot go on."""


class ConfigurationError(FatalError):
    """The configuration or a folder it names is unusable; the message lists every problem."""
