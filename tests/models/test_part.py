"""What has come of a file belongs to one gpend at a time, and outlasts it."""

from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.models.part import Origin, held

_ORIGIN = Origin("http://nas/network.pth", '"1"', 10)


def test_what_came_is_there_for_the_next_with_what_it_came_from(tmp_path: Path) -> None:
    place = tmp_path / "new" / "network.pth"
    with held(place) as part:
        assert (part.size, part.origin) == (0, None)
        part.begin(0, _ORIGIN)
        part.add(b"0123")
    with held(place) as part:
        assert (part.size, part.origin, part.written) == (4, _ORIGIN, 0)
        part.begin(2, Origin("http://other", "", None))
        part.add(b"45")
        assert part.path.read_bytes() == b"0145"
        assert part.origin == _ORIGIN  # of how it began


def test_nothing_is_left_beside_what_got_its_name_or_never_came(tmp_path: Path) -> None:
    with held(tmp_path / "network.pth") as part:
        part.begin(0, _ORIGIN)
    assert list(tmp_path.iterdir()) == []
    with held(tmp_path / "network.pth") as part:
        part.begin(0, _ORIGIN)
        part.add(b"0123")
        part.put()
    assert [path.name for path in tmp_path.iterdir()] == ["network.pth"]


def test_one_alone_has_it(tmp_path: Path) -> None:
    with held(tmp_path / "network.pth") as part:
        part.begin(0, _ORIGIN)
        with pytest.raises(FatalError, match=r"Another gpend is getting network\.pth"), held(tmp_path / "network.pth"):
            pass
        part.add(b"0123")
        part.put()


@pytest.mark.parametrize("note", ["", "{}", "[1]", '{"url": 1}'])
def test_a_note_that_cannot_be_read_tells_nothing(tmp_path: Path, note: str) -> None:
    with held(tmp_path / "network.pth") as part:
        part.begin(0, _ORIGIN)
        part.add(b"0")
    (tmp_path / ".gpend-network.pth.origin.part").write_text(note)
    with held(tmp_path / "network.pth") as part:
        assert part.origin is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "own").touch()
    with pytest.raises(FatalError, match="Networks cannot be written to"), held(tmp_path / "own" / "network.pth"):
        pass
