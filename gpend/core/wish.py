"""What a person wants of the faces of one photo, whatever the settings say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gpend.settings import CoreSettings  # pydantic is not for those who only read the ledger

Box: TypeAlias = tuple[float, float, float, float]
"""As in gpend.core.photo, which would load NumPy for `gpend status`."""

_SAME = 0.5  # share of two boxes that both have, of what either has, from which they stand for one face


@dataclass(frozen=True)
class Wish:
    """Boxes are in pixels of the photo as it is shown, upright, as reports tell them."""

    every_face: bool = False  # restore all of them
    restore: tuple[Box, ...] = ()
    leave: tuple[Box, ...] = ()

    def wants(self, box: Box) -> bool:
        """Is this face to be restored, sharp or not?"""
        return not self.refuses(box) and (self.every_face or any(is_same(box, other) for other in self.restore))

    def refuses(self, box: Box) -> bool:
        """Is this face to be left alone?"""
        return any(is_same(box, other) for other in self.leave)


def is_same(box: Box, other: Box) -> bool:
    """Do two boxes stand for one face (pure)? They do where most of both is shared (Jaccard)."""
    return _jaccard(box, other) > _SAME


def eager(settings: "CoreSettings") -> "CoreSettings":
    """The settings with which a face is judged that a person wants restored."""
    triage = settings.triage.model_copy(update={"sharpness_threshold": 1.0, "minimum_score": 0.0})
    return settings.model_copy(update={"triage": triage})


def boxes_of(told: object) -> tuple[Box, ...]:
    """Boxes as JSON holds them; what is none is passed over."""
    found = told if isinstance(told, Sequence) and not isinstance(told, str) else ()
    return tuple(box for each in found if (box := box_of(each)) is not None)


def box_of(told: object) -> Box | None:
    """A box as JSON holds it; None for anything else."""
    if not isinstance(told, Sequence) or isinstance(told, str) or len(told) != 4:  # noqa: PLR2004 - a box's edges
        return None
    if not all(isinstance(edge, int | float) for edge in told):
        return None
    x0, y0, x1, y1 = (float(edge) for edge in told)
    return x0, y0, x1, y1


def _jaccard(box: Box, other: Box) -> float:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(box) + _area(other) - shared)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
