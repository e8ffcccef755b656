"""Damage that does no harm is not corruption; what leaves pixels undefined is."""

import numpy as np
import pytest

from gpend.core import codec
from gpend.core.formats import jpeg
from gpend.core.formats.jpeg import container, damage, parsed, turbo
from gpend.core.formats.jpeg.segments import SOS, survey
from gpend.core.formats.reader import UNMARKED
from gpend.errors import IncompleteError, PhotoError
from gpend.settings import PhotoSettings
from tests.core import judges
from tests.core.formats.jpeg.material import Coding, by_opencv, by_pillow, coded, picture, touched
from tests.photos_jpeg import segment

pytestmark = pytest.mark.skipif(turbo.load() is None, reason="libturbojpeg is not installed here")

PLAIN = coded(picture(96, 128), Coding())
RESTARTED = coded(picture(96, 128), Coding(restart=2))
PROGRESSIVE = coded(picture(96, 128), Coding(progressive=True))
ANY = np.random.default_rng(7).integers(0, 255, 700, np.uint8).tobytes()  # no marker among them
MORE = {"few": b"\x12\x34\x56", "many": b"\x5a" * 900, "stuffed": b"\xff\x00\x12" * 40, "any": ANY}


def restored(photo: bytes) -> codec.Encoded:
    """The photo after its way through the codec."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    assert np.array_equal(pixels, by_opencv(photo)), "others see another picture"
    codec.overview(photo, header, 40)
    return codec.encode(photo, header, judges.brightened(pixels, 30), judges.blob(pixels), "a history")


def require_like(photo: bytes, clean: bytes) -> tuple[str, ...]:
    """Fail unless the damaged photo is restored as the clean one is; its notes."""
    got, sought = restored(photo), restored(clean)
    assert np.array_equal(by_pillow(got.photo), by_pillow(sought.photo))
    assert parsed.parse(got.photo).notes == []
    return got.notes


def with_scan_header(photo: bytes, tail: bytes) -> bytes:
    """The photo with other bytes for Ss, Se, AhAl in each scan header."""
    damaged = bytearray(photo)
    for one in survey(photo).segments:
        if one.marker == SOS:
            damaged[one.end - 3 : one.end] = tail
    return bytes(damaged)


def before_marker(photo: bytes, number: int, strays: bytes) -> bytes:
    """The photo with stray bytes before its restart marker of this number, or before its end."""
    scan = survey(photo).segments[-1]
    marker = bytes((0xFF, 0xD0 + number))
    place = photo.index(marker, scan.end)
    return photo[:place] + strays + photo[place:]


@pytest.mark.parametrize("tail", [b"\0\0\0", b"\x01\x3f\x00", b"\x00\x40\x12", b"\xff\xff\xff", b"\x00\x3f\x01"])
@pytest.mark.parametrize("photo", [PLAIN, RESTARTED, coded(picture(96, 128, grey=True), Coding("grey"))])
def test_a_wrong_scan_header_of_a_baseline_picture_does_not_matter(photo: bytes, tail: bytes) -> None:
    assert require_like(with_scan_header(photo, tail), photo) == (parsed.SCAN_HEADER,)


@pytest.mark.parametrize("strays", MORE)
@pytest.mark.parametrize("photo", [PLAIN, RESTARTED, PROGRESSIVE])
def test_bytes_between_the_last_scan_and_the_end_do_not_matter(photo: bytes, strays: str) -> None:
    notes = require_like(photo[:-2] + MORE[strays] + photo[-2:], photo)
    assert set(notes) <= {damage.STRAY_DATA}
    assert bool(notes) is (strays != "few")  # libjpeg itself does not notice a few


@pytest.mark.parametrize("number", [0, 3, 7])
def test_bytes_before_a_restart_marker_do_not_matter(number: int) -> None:
    assert require_like(before_marker(RESTARTED, number, b"\x5a" * 30), RESTARTED) == (damage.STRAY_DATA,)


def test_bytes_between_scans_do_not_matter() -> None:
    scans = [one for one in survey(PROGRESSIVE).segments if one.marker == SOS]
    for scan in (scans[0], scans[len(scans) // 2]):
        photo = PROGRESSIVE[: scan.scan_end] + b"\x5a" * 30 + PROGRESSIVE[scan.scan_end :]
        assert require_like(photo, PROGRESSIVE) == (damage.STRAY_DATA,)


def test_a_cut_that_hides_behind_stray_bytes_is_corruption() -> None:
    scan = survey(RESTARTED).segments[-1]
    ends = [
        at for at in range(scan.end, scan.scan_end - 1) if RESTARTED[at] == 0xFF and 0xD0 <= RESTARTED[at + 1] < 0xD8
    ]
    early, late = ends[2], ends[-3]
    hidden = RESTARTED[:early] + b"\x5a" * 30 + RESTARTED[early : late - 12] + RESTARTED[late:]
    with pytest.raises(PhotoError, match="corrupt"):
        jpeg.decode(hidden)


def test_stray_bytes_in_very_many_places_are_corruption() -> None:
    photo = RESTARTED
    for number in range(8):
        photo = photo.replace(bytes((0xFF, 0xD0 + number)), b"\x5a" * 30 + bytes((0xFF, 0xD0 + number)))
    with pytest.raises(PhotoError, match="many places"):
        jpeg.decode(photo)


def test_missing_restart_markers_are_corruption() -> None:
    scan = survey(RESTARTED).segments[-1]
    place = RESTARTED.index(b"\xff\xd2", scan.end)
    with pytest.raises(PhotoError, match="corrupt"):
        jpeg.decode(RESTARTED[:place] + RESTARTED[place + 2 :])


def test_a_scan_that_ends_early_is_corruption() -> None:
    with pytest.raises(PhotoError, match="corrupt"):
        jpeg.decode(PLAIN[: len(PLAIN) * 2 // 3] + b"\xff\xd9")


def test_a_segment_whose_marker_is_written_00_e1_is_kept_and_told() -> None:
    hidden = b"\x00\xe1\x00\x12a text of 16 byte"
    photo = PLAIN[:2] + segment(0xFE, b"a comment") + hidden + PLAIN[2:]
    got = restored(photo)
    assert got.notes == (parsed.STRAY_BYTES,)
    assert hidden in got.photo
    behind = PLAIN.index(b"\xff\xdb")
    assert hidden in restored(PLAIN[:behind] + hidden + PLAIN[behind:]).photo


def test_a_version_of_jfif_and_a_transform_of_adobe_that_nobody_knows_do_not_matter() -> None:
    assert PLAIN[6:11] == b"JFIF\0"
    assert require_jfif(PLAIN[:11] + b"\x07" + PLAIN[12:]) == (parsed.JFIF_VERSION,)
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\x09")
    got = restored(PLAIN[:2] + adobe + PLAIN[20:])
    assert got.notes == (parsed.ADOBE_TRANSFORM,)
    assert adobe in got.photo


def require_jfif(photo: bytes) -> tuple[str, ...]:
    """Fail unless only the restored picture differs; the notes."""
    got = restored(photo)
    assert got.photo.startswith(photo[:20])
    return got.notes


def test_only_the_blocks_under_the_mask_change_in_a_damaged_file() -> None:
    photo = with_scan_header(PLAIN[:-2] + MORE["many"] + PLAIN[-2:], b"\0\0\0")
    before, after = by_pillow(PLAIN), by_pillow(restored(photo).photo)
    cells = touched((before != after).any(2), 16, 16)
    ring = touched(judges.blob(before), 16, 16)
    grown = np.pad(ring, 1)
    near = np.logical_or.reduce([np.roll(grown, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)])
    assert not (cells & ~near[1:-1, 1:-1]).any()


@pytest.mark.parametrize("filled_with", [b"\0", b"\xff\0"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:0"])
def test_a_part_that_was_never_written_is_corruption_though_all_blocks_are_found(
    sampling: str, share: float, filled_with: bytes
) -> None:
    fine = coded(picture(256, 256), Coding(sampling, quality=96))
    begin = int(len(fine) * share) // 512 * 512
    hollow = fine[:begin] + filled_with * (4096 // len(filled_with)) + fine[begin + 4096 :]
    with pytest.raises(PhotoError, match="corrupt"):
        jpeg.decode(hollow)


@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("photo", [PLAIN, RESTARTED, PROGRESSIVE])
def test_a_photo_that_lacks_nothing_but_the_mark_of_its_end_is_restored(photo: bytes, missing: int) -> None:
    cut = photo[:-missing]
    header = codec.identify(cut, PhotoSettings())
    pixels = codec.decode(cut, header).pixels
    assert np.array_equal(pixels, by_opencv(photo))
    encoded = codec.encode(cut, header, judges.brightened(pixels, 30), judges.blob(pixels), "a history")
    whole = codec.encode(
        photo, codec.identify(photo, PhotoSettings()), judges.brightened(pixels, 30), judges.blob(pixels), "a history"
    )
    assert encoded.photo == whole.photo
    assert encoded.notes == (UNMARKED, *whole.notes)
    assert container.carried_over(cut, encoded.photo, "a history") == whole.photo


@pytest.mark.parametrize("photo", [PLAIN, RESTARTED, PROGRESSIVE])
@pytest.mark.parametrize("missing", [3, 4, 7, 60, 600])
def test_one_that_lacks_anything_of_its_picture_is_incomplete(photo: bytes, missing: int) -> None:
    for behind in (b"", b"\0" * 8, b"\0" * 5000, b"\x55\x55"):
        with pytest.raises(IncompleteError):
            codec.identify(photo[:-missing] + behind, PhotoSettings())


@pytest.mark.parametrize("behind", [b"\0" * 8, b"ftyp and more of a film"])
def test_without_the_mark_nothing_may_stand_behind_the_data(behind: bytes) -> None:
    with pytest.raises(IncompleteError):
        codec.identify(PLAIN[:-2] + behind, PhotoSettings())


def test_a_progressive_photo_without_mark_and_without_its_last_scans_is_incomplete() -> None:
    for segment_ in survey(PROGRESSIVE).segments:
        if segment_.marker == SOS and segment_.scan_end < len(PROGRESSIVE) - 2:
            with pytest.raises(IncompleteError):
                codec.identify(PROGRESSIVE[: segment_.scan_end], PhotoSettings())


def test_without_the_library_nobody_can_tell_so_it_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turbo, "load", lambda: None)
    with pytest.raises(IncompleteError):
        codec.identify(PLAIN[:-2], PhotoSettings())
