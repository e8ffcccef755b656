"""Which photos one name in the output tree may be meant for."""

from pathlib import Path

import pytest

from gpend.mirror.claims import has_rivals, is_sole


@pytest.mark.parametrize(
    ("photos", "sole", "rivals"),
    [
        ([], True, False),
        (["Trip/a.jpg"], True, False),
        (["Trip/A.JPG"], True, True),
        (["trip/a.jpg"], True, True),
        (["Trip/a.heic"], True, False),
        (["Trip/A.heic"], True, True),
        (["Trip/a.jpg", "Trip/a.heic"], False, False),
        (["Trip/a.jpg", "Trip/A.jpg"], False, True),
        (["Trip/a.jpg", "TRIP/a.jpg"], False, True),
        (["Trip/b.jpg", "a.jpg", "Trip/more/a.jpg"], True, False),
    ],
)
def test_a_photo_may_have_its_output_wherever_its_name_leads_in_any_case(
    tmp_path: Path,
    photos: list[str],
    sole: bool,  # noqa: FBT001  # a table
    rivals: bool,  # noqa: FBT001  # a table
) -> None:
    for name in photos:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert is_sole(tmp_path, Path("Trip/a.jpg")) is sole
    assert has_rivals(tmp_path, Path("Trip/a.jpg")) is rivals


def test_where_nothing_can_be_seen_nothing_is_taken_for_granted(tmp_path: Path) -> None:
    assert not is_sole(tmp_path / "away", Path("Trip/a.jpg"))
    assert has_rivals(tmp_path / "away", Path("a.jpg"))
