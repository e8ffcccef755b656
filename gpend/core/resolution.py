"""Which restoring network does a face need? The smallest whose crop holds all the detail that the face has.

A box tells how many pixels a face covers, not what they hold. A blur lets through only what is coarser than itself: two
samples within the width of its point, at half maximum, hold all of that, the rule of thumb of optics. What counts is
the narrowest direction of the blur: a face that was shaken sideways keeps its detail from top to bottom.
"""

import math
from collections.abc import Sequence

from gpend.core import align
from gpend.core.blur import Blur
from gpend.core.networks import RestoreFaces
from gpend.core.photo import Face

_FULL_WIDTH = math.sqrt(8 * math.log(2))  # of a Gaussian at half maximum, in standard deviations
_SAMPLES = 2.0  # within that width, which hold all that it lets through


def spacing(blur: Blur | None, transform: align.Transform) -> float:
    """How far apart samples may lie that hold all of a face's detail: in pixels of the photo, 1 and above.

    `transform` goes from the photo to the crop that the blur is told in. Without a blur every pixel counts.
    """
    if blur is None:
        return 1.0
    _, narrow, _ = blur.axes()
    return max(1.0, _FULL_WIDTH * narrow / align.scale_of(transform) / _SAMPLES)


def held(face: Face, network: RestoreFaces) -> float:
    """The effective pixels across a face that the network sees."""
    scale = align.scale_of(align.similarity(face.landmarks, network.template))
    return face.width * scale * network.seen / network.size


def smallest_covering(face: Face, detail: float, networks: Sequence[RestoreFaces]) -> RestoreFaces:
    """Of `networks`, the smallest first, the first that holds `detail` effective pixels across the face.

    Where none does it is the last, whose change is added to the photo's own detail and takes nothing away.
    """
    return next((network for network in networks if held(face, network) >= detail), networks[-1])


def network_for(
    face: Face, blur: Blur | None, transform: align.Transform, networks: Sequence[RestoreFaces]
) -> RestoreFaces:
    """The network that a face is restored with; the arguments are those of `spacing` and `smallest_covering`."""
    return smallest_covering(face, face.width / spacing(blur, transform), networks)
