"""How wide a GPEN is at every side (no torch here)."""


def channel_widths(size: int, channel_multiplier: int, narrow: float) -> dict[int, int]:
    """Feature channels at every side from 4 to `size`, as published."""
    sides = [2**exponent for exponent in range(2, size.bit_length())]
    full = {side: 512 if side <= 32 else 16384 * channel_multiplier // side for side in sides}  # noqa: PLR2004
    return {side: int(channels * narrow) for side, channels in full.items()}
