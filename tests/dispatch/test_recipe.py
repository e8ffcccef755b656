"""The recipe changes with what changes outcomes, and with nothing else."""

from gpend.dispatch import recipe_of
from gpend.settings import CoreSettings, RestoreSettings, Settings, TriageSettings


def test_what_changes_outcomes_changes_the_recipe() -> None:
    before = recipe_of(CoreSettings())
    assert recipe_of(CoreSettings(triage=TriageSettings(sharpness_threshold=0.3))) != before
    assert recipe_of(CoreSettings(restore=RestoreSettings(model="gpen-512"))) != before


def test_where_it_is_computed_and_how_often_folders_are_scanned_does_not() -> None:
    before = recipe_of(CoreSettings())
    assert recipe_of(CoreSettings(restore=RestoreSettings(device="cpu"))) == before
    assert recipe_of(Settings(rescan_minutes=5)) == before
