"""The fingerprint changes with what changes outcomes, and with nothing else."""

import pytest

from gpend.ledger import fingerprint, fingerprint_of
from gpend.settings import CoreSettings, RestoreSettings, Settings, TriageSettings


def test_what_changes_outcomes_changes_the_recipe() -> None:
    before = fingerprint_of(CoreSettings())
    assert fingerprint_of(CoreSettings(triage=TriageSettings(sharpness_threshold=0.3))) != before
    assert fingerprint_of(CoreSettings(restore=RestoreSettings(model="gpen-512"))) != before


def test_a_format_that_can_be_read_now_is_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "find_spec", lambda _: None)
    without = fingerprint_of(CoreSettings())
    monkeypatch.setattr(fingerprint, "find_spec", lambda _: object())
    assert fingerprint_of(CoreSettings()).digest != without.digest


def test_where_it_is_computed_and_how_often_folders_are_scanned_does_not() -> None:
    before = fingerprint_of(CoreSettings())
    assert fingerprint_of(CoreSettings(restore=RestoreSettings(device="cpu"))) == before
    assert fingerprint_of(Settings(rescan_minutes=5)) == before
