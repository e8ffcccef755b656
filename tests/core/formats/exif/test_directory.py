"""One reader of directories, for TIFF and BigTIFF, from a whole block or from a file piece by piece."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats.exif.directory import Directory, Entry, Form, UnreadableError, first, form_of, read
from gpend.core.formats.reader import InMemory
from gpend.core.formats.tiff import ending
from gpend.errors import IncompleteError

forms = st.builds(Form, st.sampled_from("<>"), st.booleans())
tags = st.integers(0, 0xFFFF)


def packed(form: Form, entries: list[tuple[int, int, int]], following: int) -> bytes:
    """A directory as bytes: tag, type and count of each entry, whose value is its number."""
    count, word = ("Q", "Q") if form.is_big else ("H", "I")
    parts = [struct.pack(f"{form.order}HH{word}{word}", *entry, number) for number, entry in enumerate(entries)]
    return struct.pack(form.order + count, len(entries)) + b"".join(parts) + struct.pack(form.order + word, following)


@given(form=forms, entries=st.lists(st.tuples(tags, tags, st.integers(0, 2**32 - 1)), max_size=5), before=st.binary())
def test_what_is_written_is_read(form: Form, entries: list[tuple[int, int, int]], before: bytes) -> None:
    found = read(InMemory(before + packed(form, entries, 77)), len(before), form)
    word = "Q" if form.is_big else "I"
    assert found.entries == tuple(
        Entry(*entry, struct.pack(form.order + word, number)) for number, entry in enumerate(entries)
    )
    assert (found.following, found.is_whole, found.form) == (77, True, form)
    assert found.end == len(before + packed(form, entries, 77))


@given(form=forms, cut=st.integers(1, 60))
def test_of_one_that_is_cut_off_is_read_what_is_there(form: Form, cut: int) -> None:
    whole = packed(form, [(256, 4, 1), (257, 4, 1)], 77)
    kept = whole[: max(0, len(whole) - cut)]
    if len(kept) < form.head:
        with pytest.raises(UnreadableError):
            read(InMemory(kept), 0, form)
    else:
        found = read(InMemory(kept), 0, form)
        assert found.is_whole == (len(found.entries) == 2)
        assert found.following == 0


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"II*\0", Form("<")),
        (b"MM\0*", Form(">")),
        (b"II+\0", Form("<", is_big=True)),
        (b"MM\0+", Form(">", is_big=True)),
        (b"IM*\0", None),
        (b"II\0*", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_how_numbers_stand(head: bytes, form: Form | None) -> None:
    assert form_of(head) == form


def test_values_stand_in_their_entry_as_long_as_they_fit() -> None:
    for form, length in ((Form("<"), 4), (Form("<", is_big=True), 8)):
        found = Directory(
            10,
            (Entry(1, 1, length, bytes(form.word)), Entry(2, 1, length + 1, b"\7".ljust(form.word, b"\0"))),
            0,
            form=form,
        )
        assert found.values(0) == (found.place(1), length)
        assert found.values(1) == (7, length + 1)


@pytest.mark.parametrize("is_big", [False, True])
def test_a_picture_of_either_kind_by_another_program_ends_where_its_pixels_end(is_big: bool) -> None:  # noqa: FBT001  # drawn
    stream = io.BytesIO()
    Image.fromarray(np.full((40, 30), 7, np.uint8)).save(stream, "TIFF", big_tiff=is_big)
    photo = stream.getvalue()
    form = form_of(photo[:4])
    assert form is not None
    assert form.is_big == is_big
    found = read(InMemory(photo), first(InMemory(photo), form), form)
    assert {256, 257, 273, 279} <= {entry.tag for entry in found.entries}
    assert ending.end(InMemory(photo)) <= len(photo)
    with pytest.raises(IncompleteError):
        ending.end(InMemory(photo[:-1]))
