"""Numbers that are no whole bytes, read from a stranger's bytes: each is bounded, and none is read beyond them."""

from gpend.errors import PhotoError

_MOST_ZEROS = 31  # before an Exp-Golomb number: no code of these formats is longer


class Bits:
    """A stretch of bytes, read from its highest bit on."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def number(self, bits: int) -> int:
        """The next unsigned number of `bits` bits. Raises PhotoError where the bytes end before it does."""
        start, end = self._place, self._place + bits
        if end > 8 * len(self._data):
            raise PhotoError("the file is corrupt: the head of its picture ends too early")
        self._place = end
        held = int.from_bytes(self._data[start // 8 : (end + 7) // 8], "big")
        return held >> -end % 8 & (1 << bits) - 1

    def flag(self) -> bool:
        """The next bit. Raises as `number`."""
        return bool(self.number(1))

    def skip(self, bits: int) -> None:
        """Pass over so many bits. Raises as `number`."""
        self.number(bits)

    def golomb(self) -> int:
        """The next unsigned Exp-Golomb number (H.265, 9.2), below 2^32. Raises as `number`, or where it is larger."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > _MOST_ZEROS:
                raise PhotoError("the file is corrupt: the head of its picture holds no proper number")
        return (1 << zeros) - 1 + self.number(zeros)

    def signed_golomb(self) -> int:
        """The next signed Exp-Golomb number (H.265, 9.2.2). Raises as `golomb`."""
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)
