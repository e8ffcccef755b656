"""What the core says about a photo: an outcome, and a verdict with its reason for every face."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from gpend.core.photo import Box


class Verdict(StrEnum):
    """What was decided about one face."""

    RESTORED = "restored"
    SHARP = "sharp"  # sharp enough as it is
    SMALL = "small"  # too few pixels to restore
    GONE = "gone"  # too far gone: the network would invent
    PROFILE = "profile"  # turned away or badly aligned
    COVERED = "covered"  # something lies before the face: a mask, a hand, dark glasses
    BACKGROUND = "background"  # out of focus behind a sharp main face
    HIDDEN = "hidden"  # perhaps blurred on purpose
    UNSURE = "unsure"  # the detector is not sure that this is a face
    DECIDED = "decided"  # a person wants it left as it is
    REFUSED = "refused"  # restoring it would not help, or the result did not pass the gates


@dataclass(frozen=True)
class FaceReport:
    """One face, judged."""

    box: Box  # in pixels of the photo as it is shown, upright
    score: float  # the detector's confidence, 0 to 1
    sharpness: float | None  # 0 (gone) to 1 (crisp); None if it was not measured
    verdict: Verdict
    reason: str
    terms: dict[str, float] = field(default_factory=dict)  # every term of the measure, by name
    network: str = ""  # the restoring network that was chosen for it, if it was restored

    def as_data(self) -> dict[str, object]:
        """As JSON holds it, in the ledger and in `gpend score --json`."""
        told: dict[str, object] = {
            "box": [round(edge) for edge in self.box],
            "score": round(self.score, 4),
            "sharpness": None if self.sharpness is None else round(self.sharpness, 4),
            "verdict": self.verdict.value,
            "reason": self.reason,
        }
        return told | ({"network": self.network} if self.network else {})


@dataclass(frozen=True)
class Restored:
    """At least one face was restored; `photo` is the whole new file."""

    photo: bytes
    suffix: str  # the file name's ending if it must change (".jpg" for a HEIC source), else ""
    reason: str
    faces: tuple[FaceReport, ...]
    notes: tuple[str, ...]  # what else a person should know, such as a C2PA signature that no longer matches
    by: str = ""  # the worker of a cluster that did it; "": this machine
    seconds: dict[str, float] = field(default_factory=dict, compare=False)  # that it took, by stages.Stage


@dataclass(frozen=True)
class Kept:
    """Nothing was changed."""

    reason: str
    faces: tuple[FaceReport, ...]
    by: str = ""  # as in Restored
    seconds: dict[str, float] = field(default_factory=dict, compare=False)  # the same


Outcome: TypeAlias = Restored | Kept
