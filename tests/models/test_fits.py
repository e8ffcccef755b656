"""What was fitted for a network lies beside its weights, and counts for these weights and these terms alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gpend.core.fitted import BANDS, CAUTIOUS, BlendFit, version
from gpend.ledger import fingerprint_of
from gpend.models import fits
from gpend.models.fits import BlendFile, Half
from gpend.models.restorers import in_use
from gpend.models.weights import weights_folders
from gpend.settings import CoreSettings, RestoreSettings
from tests.fakes import shipped_fit

SHA256 = "ab" * 32


def found(network: str = "mine", sha256: str = SHA256, terms: str = "", fit: BlendFit = CAUTIOUS) -> BlendFile:
    return BlendFile(
        network=network,
        sha256=sha256,
        terms=terms or version(),
        bands=BANDS,
        fitted_on="three faces",
        faces=3,
        held_out=1,
        on_photo=Half.of(fit.on_photo),
        after_filter=Half.of(fit.after_filter),
    )


def test_the_shipped_network_has_its_own_fit() -> None:
    (shipped,) = in_use(RestoreSettings())
    assert shipped.file is not None
    assert shipped.fit != CAUTIOUS
    assert shipped.digest
    assert not shipped.notice


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = fits.write(found(fit=shipped_fit()), tmp_path)
    assert fits.read(written) == found(fit=shipped_fit())
    assert fits.fit_of("mine", SHA256, [tmp_path]).fit == shipped_fit()


def test_without_a_fit_half_is_used_and_it_is_said(tmp_path: Path) -> None:
    none = fits.fit_of("mine", SHA256, [tmp_path])
    assert none.fit == CAUTIOUS
    assert not none.digest
    assert "gpend weights fit mine" in none.notice


@pytest.mark.parametrize(
    ("written", "word"),
    [(found(sha256="cd" * 32), "other weights"), (found(terms="0-00000000"), "another version")],
)
def test_a_fit_of_other_weights_or_other_terms_is_not_used(tmp_path: Path, written: BlendFile, word: str) -> None:
    fits.write(written, tmp_path)
    told = fits.fit_of("mine", SHA256, [tmp_path])
    assert told.fit == CAUTIOUS
    assert word in told.notice


@pytest.mark.parametrize("text", ["", "{}", "[1, 2", json.dumps({"network": "mine"})])
def test_a_damaged_fit_stops_nothing(tmp_path: Path, text: str) -> None:
    fits.place_of("mine", tmp_path).write_text(text)
    told = fits.fit_of("mine", SHA256, [tmp_path])
    assert told.fit == CAUTIOUS
    assert "damaged" in told.notice


def test_a_person_s_own_fit_comes_before_the_shipped_one(tmp_path: Path) -> None:
    (shipped,) = in_use(RestoreSettings())
    assert shipped.file is not None
    own = fits.read(shipped.file).model_copy(update={"fitted_on": "my own", "on_photo": Half.of(CAUTIOUS.on_photo)})
    fits.write(own, tmp_path)
    (used,) = in_use(RestoreSettings(weights=tmp_path))
    assert used.file == fits.place_of("gpen-256", tmp_path)
    assert used.digest != shipped.digest


def test_another_fit_is_another_fingerprint() -> None:
    settings = CoreSettings()
    assert fingerprint_of(settings, "one") != fingerprint_of(settings, "other")


def test_all_shipped_folders_are_looked_into() -> None:
    assert any(fits.place_of("gpen-256", folder).is_file() for folder in weights_folders())


def test_of_one_that_does_harm_nothing_is_used_and_that_is_said(tmp_path: Path) -> None:
    nothing = BlendFit(*(replace(half, strength=(0.0,) * len(half.strength)) for half in vars(CAUTIOUS).values()))
    fits.write(found(fit=nothing).model_copy(update={"harms": "it leaves them farther from the truth"}), tmp_path)
    told = fits.fit_of("mine", SHA256, [tmp_path])
    assert (told.fit, told.helps_nobody) == (nothing, True)
    assert "does harm" in told.notice
    assert told.digest


def test_a_fit_that_does_no_harm_is_written_as_it_always_was(tmp_path: Path) -> None:
    assert "harms" not in fits.write(found(), tmp_path).read_text()
