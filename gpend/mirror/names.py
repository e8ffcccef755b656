"""Which file in the output tree is for which photo (pure)."""

from pathlib import Path


def candidates(relative: Path, suffix: str) -> list[Path]:
    """Where the output for a photo may stand, the best place first; relative to the two roots.

    It has the photo's own path. With another `suffix` (such as ".jpg"), the ending is exchanged, or, where that name
    belongs to another photo, appended: IMG_1.HEIC becomes IMG_1.jpg or IMG_1.HEIC.jpg.
    """
    if not suffix or relative.suffix.lower() == suffix.lower():
        return [relative]
    return [relative.with_suffix(suffix), relative.with_name(relative.name + suffix)]
