"""How sharp the faces of one photo are: each is measured in the pixels that suffice for it."""

from dataclasses import dataclass

from gpend.core import align, overlooked, sharpness
from gpend.core.photo import Face, Plane
from gpend.core.pixels import PhotoPixels


@dataclass(frozen=True)
class Measured:
    """A face whose sharpness is known."""

    crop: Plane  # (SIDE, SIDE, 3), 0 to 1, FFHQ-aligned; SIDE is `sharpness.SIDE`
    clean: Plane  # the same without what lies thinly before the face
    transform: align.Transform  # from the photo to the crop
    measure: sharpness.Measure

    def is_sharp(self, limit: float) -> bool:
        """Does it reach the limit? One of 1 is a person's wish to restore every face."""
        return self.measure.sharpness >= limit and limit < 1


def measured(pixels: PhotoPixels, face: Face, least: float = 0.0) -> Measured:
    """The face measured without specks; with them, where it does not even so reach the `least` that somebody wants."""
    crop, transform = pixels.crop(face, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE), sharpness.SIDE)
    scale = align.scale_of(transform)
    blocks = pixels.blockiness(face, scale)
    with_specks = sharpness.measure(crop, scale, blocks) if least else None
    if with_specks and with_specks.sharpness < least:
        return Measured(crop, crop, transform, with_specks)
    clean, measure = overlooked.measured(crop, scale, blocks, with_specks)
    return Measured(crop, clean, transform, measure)


def surely_sharp(quick: PhotoPixels, face: Face, sharp: float) -> Measured | None:
    """The measure of a face that is surely sharp in the pixels of a quick look; None where these do not tell."""
    scale = align.scale_of(align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)))
    if not quick.suffices(scale):
        return None
    one = measured(quick, face, sharp)
    return one if one.measure.sharpness >= sharp else None
