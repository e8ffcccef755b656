"""What a step of the run found, and what all steps are given."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import torch

from gpend.models.backend import Backend


class Verdict(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    MEASURED = "measured"


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    name: str
    verdict: Verdict
    told: str = ""
    figures: Mapping[str, object] = field(default_factory=dict)


class SkippedError(Exception):
    """Why a step cannot be had here."""


@dataclass(frozen=True)
class Bench:
    """The machine at hand, and how long it may be used."""

    device: torch.device
    backend: Backend
    shared: Path | None  # the local material with the reference vectors, where it lies beside the checkout
    until: float  # on time.monotonic

    @property
    def has_card(self) -> bool:
        """Whether it is a graphics card; else it is the CPU, which stands in for one as far as it can."""
        return self.device.type == "cuda"

    @property
    def left(self) -> float:
        """Seconds."""
        return self.until - time.monotonic()

    def needs_card(self, what: str) -> None:
        """Raises SkippedError where there is none."""
        if not self.has_card:
            raise SkippedError(f"{what} needs a graphics card")

    def needs_seconds(self, seconds: float) -> None:
        """Raises SkippedError where less time is left."""
        if self.left < seconds:
            raise SkippedError(f"it takes {seconds:.0f} s, and {max(0.0, self.left):.0f} s were left")

    def wait(self) -> None:
        """Until the device has done all that it was given."""
        if self.has_card:
            torch.cuda.synchronize(self.device)


Step: TypeAlias = Callable[[Bench], Iterator[Finding]]


def checked(name: str, told: str, *, is_right: bool, **figures: object) -> Finding:
    """A finding that passes or fails."""
    return Finding(name, Verdict.PASSED if is_right else Verdict.FAILED, told, figures)


def found_by(step: Step, bench: Bench, say: Callable[[Finding], None]) -> list[Finding]:
    """Everything that a step finds, as it finds it; what stops it is a finding too, and stops no other step."""
    name = step.__name__.removeprefix("find_").replace("_", " ")
    found: list[Finding] = []

    def add(one: Finding) -> None:
        found.append(one)
        say(one)

    try:
        for one in step(bench):
            add(one)
    except SkippedError as error:
        add(Finding(name, Verdict.SKIPPED, str(error)))
    except Exception as error:  # noqa: BLE001 - the steps after it are worth their time, whatever this one met
        lines = str(error).strip().splitlines() or [""]
        add(Finding(name, Verdict.FAILED, f"{type(error).__name__}: {lines[0]}"))
    return found
