"""The size of what is filtered, and a photo with hardly any noise."""

from gpend.core import deconvolution
from gpend.core.blur import SIDE
from gpend.core.noise import Noise

CLEAN = Noise(1.5 / 255)
MARGIN = round(SIDE * deconvolution.MARGIN)
