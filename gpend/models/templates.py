"""Where the landmarks stand in the crops of a GPEN (no torch here)."""

from gpend.core.align import FFHQ_TEMPLATE, GPEN_TEMPLATE, scaled
from gpend.core.photo import Landmarks
from gpend.models.weights import GpenCheckpoint, Template

_TEMPLATES = {Template.FFHQ: FFHQ_TEMPLATE, Template.GPEN: GPEN_TEMPLATE}


def template_of(checkpoint: GpenCheckpoint) -> Landmarks:
    """The five landmarks in a crop of the checkpoint's size, in pixels."""
    return scaled(_TEMPLATES[checkpoint.template], checkpoint.size)
