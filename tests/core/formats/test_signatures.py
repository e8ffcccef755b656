"""The table of signatures: what a file is, its first bytes decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats import Format, signatures
from gpend.core.formats.signatures import ENDINGS, SIGNATURES, Structure
from tests import photos

STRUCTURES = {
    "jpeg": Structure.JPEG,
    "png": Structure.PNG,
    "webp-lossless": Structure.RIFF,
    "tiff": Structure.TIFF,
    "avif": Structure.ISOBMFF,
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_sixteen_bytes_tell_the_structure(name: str) -> None:
    photo = photos.RESTORABLE[name](photos.portrait())
    assert signatures.structure_of(photo[: signatures.HEAD]) is STRUCTURES[name]


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_format_is_told_by_its_own_name(name: str) -> None:
    photo = photos.RESTORABLE[name](photos.portrait())
    assert signatures.name_of(photo) == signatures.format_of(photo)
    assert (signatures.format_of(photo) or "").lower() == name.split("-", maxsplit=1)[0]


@pytest.mark.parametrize("name", ["GIF", "BMP"])
def test_a_picture_that_gpend_does_not_read_has_a_name_all_the_same(name: str) -> None:
    photo = photos.KEPT["bmp" if name == "BMP" else "animated gif"]()
    assert (signatures.format_of(photo), signatures.name_of(photo)) == (None, name)


def test_a_riff_whose_form_is_not_yet_written_is_still_a_riff() -> None:
    assert signatures.structure_of(b"RIFF" + bytes(12)) is Structure.RIFF
    assert signatures.structure_of(b"RIFF\0\0\0\0WAVEfmt ") is None


@given(st.binary(max_size=40))
def test_a_beginning_belongs_to_one_signature_at_most(head: bytes) -> None:
    assert len([one for one in SIGNATURES if one.matches(head)]) <= 1
    signatures.structure_of(head)


def test_every_format_that_gpend_reads_has_an_ending_of_its_own() -> None:
    assert set(Format) <= set(ENDINGS)
    every = [ending for endings in ENDINGS.values() for ending in endings]
    assert len(every) == len(set(every))
    assert all(ending == ending.lower() and ending.startswith(".") for ending in every)
