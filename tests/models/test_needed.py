"""Which checkpoints the settings ask for, and how they come from another machine."""

from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.models import needed
from gpend.settings import CoreSettings, RestoreSettings

SETTINGS = CoreSettings(restore=RestoreSettings(model="gpen-256"))


def test_what_came_from_another_machine_is_kept_as_it_was_and_found_there(tmp_path: Path) -> None:
    entry, file = needed.entry_and_file(needed.DETECTOR, SETTINGS)
    needed.keep(entry, file, tmp_path / "kept")
    here = SETTINGS.model_copy(update={"restore": RestoreSettings(model="gpen-256", weights=tmp_path / "kept")})
    wanted = [(one.name, one.sha256 or "") for one in needed.needed(SETTINGS)]
    assert needed.lacking(wanted, here) == []


def test_another_network_of_the_same_name_is_lacking() -> None:
    assert needed.lacking([(needed.DETECTOR, "0" * 64)], SETTINGS) == [needed.DETECTOR]


@pytest.mark.parametrize("entry", ["", "[]", "{}", '{"architecture": "gpen"}'])
def test_a_description_that_makes_no_sense_is_refused(entry: str, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="does not understand"):
        needed.keep(entry, b"", tmp_path)


def test_a_file_that_is_not_what_its_description_says_is_refused(tmp_path: Path) -> None:
    entry, file = needed.entry_and_file(needed.DETECTOR, SETTINGS)
    with pytest.raises(FatalError):
        needed.keep(entry, file[:-1] + b"x", tmp_path)
