"""One source and the tree that mirrors it, and whether they can be worked with at the moment."""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from gpend.dispatch.pause import Pause
from gpend.intake.source import Source
from gpend.mirror import Mirror, output_root

_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "it is read-only",
    errno.EIO: "the disk reports an error",
    errno.ESTALE: "the network share was replaced on its server",
    errno.ENOTCONN: "the network share is not connected",
    errno.ETIMEDOUT: "the network share does not answer",
    errno.EHOSTDOWN: "the network share's server is down",
    errno.EHOSTUNREACH: "the network share's server cannot be reached",
    errno.EACCES: "gpend may not write there",
    errno.EPERM: "gpend may not write there",
    errno.ENOENT: "it is not there",
}


@dataclass
class Pair:
    """What the daemon and the dispatcher know of one pair of the configuration."""

    id: int  # in the ledger
    source: Source
    mirror: Mirror
    minimum_free: int = 0  # bytes
    identity: str | None = None  # of the output's root; another one there is another disk, or none at all
    pause: Pause = field(default_factory=Pause)

    @property
    def root(self) -> Path:
        """The source's root."""
        return self.source.root

    def trouble(self) -> str:
        """Why nothing can be written at the moment, in words; "" if nothing speaks against it."""
        try:
            stranger = self.stranger()
            free = output_root.free(self.mirror.output)
            is_writable = os.access(self.mirror.output, os.W_OK | os.X_OK)
        except OSError as error:
            return output_trouble(self.mirror.output, error)
        if stranger:
            return stranger
        if not is_writable:
            return f"The output folder {self.mirror.output} cannot be written to."
        if free < self.minimum_free:
            return (
                f"The disk of the output folder {self.mirror.output} is nearly full: {free >> 20} MiB are free, "
                f"{self.minimum_free >> 20} MiB are to stay free."
            )
        return ""

    def stranger(self) -> str:
        """Why what stands in the output's place is not the output, in words; "" if it is. Raises OSError."""
        if self.identity in (None, output_root.identity(self.mirror.output)):
            return ""
        return (
            f"Another folder than before stands at {self.mirror.output}. Is its disk mounted? If it is to be "
            "filled anew, say `gpend confirm`."
        )


def output_trouble(output: Path, error: OSError) -> str:
    """In words, why an output could not be written."""
    return f"The output folder {output} cannot be used: {in_words(error)}."


def source_trouble(source: Path, error: OSError) -> str:
    """In words, why a photo could not be read."""
    return f"The source folder {source} cannot be read: {in_words(error)}."


def in_words(error: OSError) -> str:
    """An error of the system, said plainly."""
    return _WORDS.get(error.errno or 0, error.strerror or str(error))
