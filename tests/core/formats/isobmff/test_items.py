"""The boxes of an AVIF or HEIF file."""

import struct

import pytest

from gpend.core.formats import isobmff
from gpend.core.formats.isobmff import Box
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from tests import photos

PHOTO = photos.avif(photos.alpha(photos.portrait()), exif=photos.exif_without_orientation(), xmp=photos.XMP)


def box(kind: bytes, content: bytes = b"") -> bytes:
    """One box."""
    return struct.pack(">I", len(content) + 8) + kind + content


def whole(photo: bytes) -> list[Box]:
    """All its boxes."""
    return list(isobmff.boxes(photo, 0, len(photo)))


def meta(photo: bytes) -> Box:
    """Its meta box."""
    return next(each for each in whole(photo) if each.kind == b"meta")


def contents(photo: bytes) -> dict[int, bytes]:
    """The data of every item."""
    return {extent.item: photo[extent.data] for extent in isobmff.extents(photo, meta(photo))}


def test_the_items_and_their_places_are_found() -> None:
    kinds = isobmff.kinds(PHOTO, meta(PHOTO))
    assert list(kinds.values()) == [b"av01", b"av01", b"Exif", b"mime"]
    assert kinds[isobmff.primary(PHOTO, meta(PHOTO))] == b"av01"
    items = {kinds[item]: data for item, data in contents(PHOTO).items()}
    assert items[b"mime"] == photos.XMP
    assert items[b"Exif"].endswith(photos.exif_without_orientation())
    assert isobmff.references(PHOTO, meta(PHOTO)) == {b"auxl", b"cdsc"}


def test_properties_belong_to_items() -> None:
    found, owned = isobmff.properties(PHOTO, meta(PHOTO))
    mine = {found[number].kind for number in owned[isobmff.primary(PHOTO, meta(PHOTO))]}
    assert mine == {b"ispe", b"pixi", b"av1C", b"colr"}


@pytest.mark.parametrize("length", [0, 1, 5000])
@pytest.mark.parametrize("number", range(4))
def test_one_items_data_are_exchanged_and_all_others_stay_reachable(number: int, length: int) -> None:
    target = isobmff.extents(PHOTO, meta(PHOTO))[number]
    after = isobmff.exchanged(PHOTO, whole(PHOTO), meta(PHOTO), {target: b"x" * length})
    assert contents(after) == contents(PHOTO) | {target.item: b"x" * length}
    kinds = [each.kind for each in isobmff.boxes(after, 0, len(after))]
    assert kinds == [each.kind for each in isobmff.boxes(PHOTO, 0, len(PHOTO))]


@pytest.mark.parametrize("number", range(4))
def test_an_item_of_no_length_may_get_one(number: int) -> None:
    target = isobmff.extents(PHOTO, meta(PHOTO))[number]
    empty = isobmff.exchanged(PHOTO, whole(PHOTO), meta(PHOTO), {target: b""})
    target = isobmff.extents(empty, meta(empty))[number]
    after = isobmff.exchanged(empty, whole(empty), meta(empty), {target: b"x" * 50})
    assert contents(after) == contents(PHOTO) | {target.item: b"x" * 50}


@pytest.mark.parametrize("lengths", [(0, 0, 0, 0), (1, 5000, 0, 7), (5000, 0, 3, 5000), (9, 9, 9, 9)])
def test_several_items_data_are_exchanged_at_once_as_one_after_the_other(lengths: tuple[int, ...]) -> None:
    targets = isobmff.extents(PHOTO, meta(PHOTO))
    new = {target: bytes([65 + number]) * lengths[number] for number, target in enumerate(targets)}
    at_once = isobmff.exchanged(PHOTO, whole(PHOTO), meta(PHOTO), dict(reversed(new.items())))
    assert contents(at_once) == {target.item: data for target, data in new.items()}
    one_by_one = PHOTO
    for number, data in enumerate(new.values()):
        target = isobmff.extents(one_by_one, meta(one_by_one))[number]
        one_by_one = isobmff.exchanged(one_by_one, whole(one_by_one), meta(one_by_one), {target: data})
    assert at_once == one_by_one


def test_two_items_that_share_data_are_not_both_exchanged() -> None:
    first, second = isobmff.extents(PHOTO, meta(PHOTO))[:2]
    shared = bytearray(PHOTO)
    struct.pack_into(">I", shared, second.offset.place, first.offset.value + 1)
    targets = isobmff.extents(bytes(shared), meta(PHOTO))[:2]
    with pytest.raises(UnsupportedError, match="share"):
        isobmff.exchanged(bytes(shared), whole(PHOTO), meta(PHOTO), dict.fromkeys(targets, b"new"))


def test_data_that_items_share_are_left_alone() -> None:
    first, second = isobmff.extents(PHOTO, meta(PHOTO))[:2]
    shared = bytearray(PHOTO)
    struct.pack_into(">I", shared, second.offset.place, first.offset.value + 1)
    with pytest.raises(UnsupportedError, match="share"):
        isobmff.exchanged(
            bytes(shared), whole(PHOTO), meta(PHOTO), {isobmff.extents(bytes(shared), meta(PHOTO))[0]: b"new"}
        )


def test_data_outside_of_the_media_are_left_alone() -> None:
    photo = PHOTO.replace(b"mdat", b"free")
    with pytest.raises(UnsupportedError, match="unusual place"):
        isobmff.exchanged(photo, whole(photo), meta(photo), {isobmff.extents(photo, meta(photo))[0]: b"new"})


def test_sizes_are_told_in_three_ways() -> None:
    long = struct.pack(">I4sQ", 1, b"long", 20) + b"four"
    rest = struct.pack(">I", 0) + b"restand more"
    found = list(isobmff.boxes(box(b"free") + long + rest, 0, 8 + 20 + len(rest)))
    assert [(each.kind, each.end - each.start, each.size.size) for each in found] == [
        (b"free", 0, 4),
        (b"long", 4, 8),
        (b"rest", len(rest) - 8, 0),
    ]


def test_a_box_beyond_the_file_is_incomplete_and_one_without_room_for_itself_is_corruption() -> None:
    with pytest.raises(IncompleteError):
        list(isobmff.boxes(box(b"free", b"1234"), 0, 11))
    with pytest.raises(PhotoError, match="smaller"):
        list(isobmff.boxes(struct.pack(">I", 7) + b"free", 0, 8))


def test_a_box_that_ends_within_a_number_is_corruption() -> None:
    reader = isobmff.Numbers(b"\1\2\3", Box(b"test", 0, 3, isobmff.Field(3, 0, 4)))
    assert reader.number(2) == 0x0102
    with pytest.raises(PhotoError, match="too early"):
        reader.number(2)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(PhotoError, match="no pitm box"):
        isobmff.primary(box(b"meta", bytes(4)), Box(b"meta", 8, 12, isobmff.Field(12, 0, 4)))


@pytest.mark.parametrize("wide", [2, 4])
def test_the_parts_of_a_picture_are_found_in_order(wide: int) -> None:
    def told(kind: bytes, item: int, *parts: int) -> bytes:
        numbers = [each.to_bytes(wide, "big") for each in (item, *parts)]
        return box(kind, numbers[0] + len(parts).to_bytes(2, "big") + b"".join(numbers[1:]))

    links = told(b"cdsc", 9, 7) + told(b"dimg", 8, 1) + told(b"dimg", 7, 3, 2, 5)
    data = box(b"meta", bytes(4) + box(b"iref", bytes([wide // 2 - 1, 0, 0, 0]) + links))
    (file,) = whole(data)
    assert isobmff.parts(data, file, 7) == (3, 2, 5)
    assert isobmff.parts(data, file, 9) == ()
    with pytest.raises(PhotoError):
        isobmff.parts(data[:-1], Box(file.kind, file.start, file.end - 1, file.size), 7)


def test_a_picture_of_one_piece_has_no_parts() -> None:
    assert isobmff.parts(PHOTO, meta(PHOTO), isobmff.primary(PHOTO, meta(PHOTO))) == ()
    data = box(b"meta", bytes(4))
    assert isobmff.parts(data, whole(data)[0], 1) == ()
