"""What the core says about a photo: an outcome, and a verdict with its reason for every face."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from gpend.core.wish import Box


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


WORDS = {
    Verdict.RESTORED: "restored",
    Verdict.SHARP: "sharp enough",
    Verdict.SMALL: "too small",
    Verdict.GONE: "too far gone",
    Verdict.PROFILE: "turned away or badly aligned",
    Verdict.COVERED: "partly covered",
    Verdict.BACKGROUND: "out of focus in the background",
    Verdict.HIDDEN: "perhaps blurred on purpose",
    Verdict.UNSURE: "not surely a face",
    Verdict.DECIDED: "left alone as you decided",
    Verdict.REFUSED: "left alone because restoring would not make it better",
}
"""What a person reads for each verdict, after the number of faces."""


def summary_of(verdicts: Sequence[Verdict]) -> str:
    """One line for a person: how many faces, and what became of them."""
    if not verdicts:
        return "no faces found"
    counts = Counter(verdicts)
    parts = [f"{counts[verdict]} {words}" for verdict, words in WORDS.items() if counts[verdict]]
    return f"{len(verdicts)} face{'s' if len(verdicts) > 1 else ''}: " + ", ".join(parts)


@dataclass(frozen=True)
class FaceReport:
    """One face, judged."""

    box: Box  # in pixels of the photo as it is shown, upright
    score: float  # the detector's confidence, 0 to 1
    sharpness: float | None  # 0 (gone) to 1 (crisp); None if it was not measured
    verdict: Verdict
    reason: str
    terms: dict[str, float] = field(default_factory=dict)  # every term of the measure, by name
    network: str = ""  # that made what is new in it, if it was restored

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
