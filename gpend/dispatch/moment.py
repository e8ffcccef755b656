"""A moment on both clocks: one that people read and that may jump, one that only ever goes on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """Now."""

    utc: int  # whole seconds, for the ledger
    steady: float  # seconds of the monotonic clock, for intervals
