"""Which photos are asked for: a filter, as a page or a request tells it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gpend.ledger.database import Value
from gpend.ledger.rows import State


@dataclass(frozen=True)
class Choice:
    """Photos that fit all of it."""

    state: State | None = None
    folder: int | None = None
    text: str = ""  # occurs in the name, whatever its case
    verdict: str | None = None  # of a face in it
    reason: str = ""  # occurs in its reason, or in that of a face, whatever its case
    camera: str | None = None
    since: int | None = None  # taken from then on, as the camera's clock showed it, or else the file's time
    until: int | None = None  # and before that
    decided: bool = False  # a person has decided about it

    def as_data(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def from_data(cls, told: object) -> "Choice":
        """What `as_data` told. Raises ValueError, TypeError."""
        if not isinstance(told, Mapping):
            raise TypeError(told)
        state = told.get("state")
        return cls(**{**told, "state": None if state is None else State(state)})

    def values(self) -> dict[str, Value]:
        """The parameters of the statements that take a choice."""
        return {
            "state": self.state and self.state.value,
            "folder": self.folder,
            "text": _within(self.text),
            "verdict": self.verdict and f'"verdict": "{self.verdict}"',
            "reason": _within(self.reason),
            "camera": self.camera,
            "since": self.since,
            "until": self.until,
            "decided": 1 if self.decided else None,
        }


def _within(text: str) -> str | None:
    """The pattern of LIKE for what occurs in something; None: whatever."""
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%" if text else None
