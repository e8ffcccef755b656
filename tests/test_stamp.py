"""One maker of stamps, and numbers that come back from the ledger as they went in."""

import os
import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gpend.stamp import Stamp

ANY = st.integers(0, 2**64 - 1)


def status(size: int, mtime_ns: int, inode: int) -> os.stat_result:
    return os.stat_result((0, inode, 0, 1, 0, 0, size, 0, 0, 0), {"st_mtime_ns": mtime_ns})


@given(size=ANY, mtime_ns=ANY, inode=ANY)
def test_every_number_of_a_status_fits_into_sqlite(size: int, mtime_ns: int, inode: int) -> None:
    stamp = Stamp.of(status(size, mtime_ns, inode))
    database = sqlite3.connect(":memory:")
    row = database.execute("SELECT ?, ?, ?", (stamp.size, stamp.mtime_ns, stamp.inode)).fetchone()
    database.close()
    assert Stamp(*row) == stamp
    assert stamp.is_of(status(size, mtime_ns, inode))


def test_a_file_has_the_stamp_of_its_status(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"photo")
    seen = photo.stat()
    assert Stamp.of(seen) == Stamp(5, seen.st_mtime_ns, seen.st_ino)


def test_an_inode_that_the_file_system_makes_up_is_none() -> None:
    stamp = Stamp.of(status(5, 6, 7), steady_inode=False)
    assert stamp == Stamp(5, 6, 0)
    assert stamp.is_of(status(5, 6, 99))


def test_another_size_time_or_file_is_another_state() -> None:
    stamp = Stamp.of(status(5, 6, 7))
    assert not any(stamp.is_of(status(*other)) for other in ((4, 6, 7), (5, 1, 7), (5, 6, 1)))
