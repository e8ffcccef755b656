"""What was fitted for a network, as data beside its weights: NAME.blend.json (no torch here)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gpend.core.fitted import BANDS, CAUTIOUS, QUADRATIC, STANDARD, BlendFit, Coefficients, version
from gpend.errors import FatalError
from gpend.writing import write_whole

ENDING = ".blend.json"
_DIGITS = 4  # coefficients are kept with
_Strength = Annotated[tuple[float, ...], Field(min_length=QUADRATIC, max_length=QUADRATIC)]
_Band = Annotated[tuple[float, ...], Field(min_length=STANDARD, max_length=STANDARD)]
_Shares = Annotated[tuple[_Band, ...], Field(min_length=len(BANDS), max_length=len(BANDS))]


class _Part(BaseModel):
    """One half of a file in a fit: closed, finite, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Half(_Part):
    """`blend.Coefficients` as JSON holds them."""

    strength: _Strength
    shares: _Shares

    @classmethod
    def of(cls, fitted: Coefficients) -> "Half":
        """Rounded as they are kept."""
        strength, *shares = (
            tuple(round(float(value), _DIGITS) for value in row) for row in (fitted.strength, *fitted.shares)
        )
        return cls(strength=strength, shares=tuple(shares))

    def coefficients(self) -> Coefficients:
        """As the core takes them."""
        return Coefficients(self.strength, self.shares)


class Figure(_Part):
    """What became of faces that took no part in the fit, spoiled in one way; distances are means from the truth."""

    kind: str
    faces: int
    painted: int  # of them, those that the network was let paint
    strength: float  # the mean of what is used of its change on those
    nearer: dict[str, float]  # by measure: the share of the painted ones that the network brought nearer to the truth
    photo: dict[str, float]  # by measure, over the painted ones: as the photo was
    without: dict[str, float]  # as gpend leaves them without this network
    painted_over: dict[str, float]  # with it
    restored: int = 0  # of all, those that gpend changed, by this network or before it
    gained: dict[str, float] = {}  # by measure: the share of the restored ones that came nearer than the photo was
    noise: dict[str, float] = {}  # by measure: the standard error of the mean of `painted_over` less `without`


class BlendFile(_Part):
    """The whole file."""

    network: Annotated[str, Field(pattern=r"^[^/\x00]+$")]
    sha256: str  # of the weights that it was fitted for
    terms: str  # `fitted.version()`
    bands: tuple[float, ...]
    fitted_on: str  # in words
    faces: int  # of the fit
    held_out: int  # faces for the figures
    on_photo: Half
    after_filter: Half
    figures: tuple[Figure, ...] = ()
    harms: str = ""  # where what was fitted left these people worse, and so nothing is used: how, in words

    @property
    def helps_nobody(self) -> bool:
        """Whether nothing of it is of use to those who took no part in the fit: none was painted, or some worse."""
        return bool(self.harms) or (bool(self.figures) and not any(row.painted for row in self.figures))

    @property
    def fit(self) -> BlendFit:
        """As the core takes it."""
        return BlendFit(self.on_photo.coefficients(), self.after_filter.coefficients())


@dataclass(frozen=True)
class Fitted:
    """How much of a network's change is used here, and where that stands."""

    fit: BlendFit
    file: Path | None = None  # None: the cautious default
    why: str = ""  # in words, where it is the default though a file is there
    network: str = ""
    helps_nobody: bool = False  # so it was measured
    harms: str = ""  # so it was measured, and nothing is used; in words

    @property
    def digest(self) -> str:
        """Of all that outcomes depend on; "" for the default."""
        if self.file is None:
            return ""
        return digest_of_fit(self.fit)

    @property
    def notice(self) -> str:
        """What a person should know where nothing was fitted, or what was measured is harm; else ""."""
        again = f"`gpend weights fit {self.network} --photos FOLDER` measures"
        if self.harms:
            return (
                f"What the network {self.network} paints does harm, as was measured, so nothing of it is used. Restore "
                f"with another one (`gpend weights list`). {again} it again, on your own photos."
            )
        if self.file is not None:
            return ""
        because = self.why or f"nothing was measured for the network {self.network} yet"
        return (
            f"{because[:1].upper()}{because[1:]}, so only half of what it paints is used, whatever the face. "
            f"{again} on your own photos how far it helps."
        )


def place_of(name: str, folder: Path) -> Path:
    """Where the fit of the network called `name` stands in a folder."""
    return folder / f"{name}{ENDING}"


def work_of(name: str, folder: Path) -> Path:
    """Where `gpend weights fit` keeps what is done of a measure, until it ends."""
    return folder / f".gpend-fit-{name}"


def fit_of(name: str, sha256: str | None, folders: Sequence[Path]) -> Fitted:
    """What was fitted for the network `name` of these weights: the first file that can be used, else the default."""
    why = ""
    for path in (place_of(name, folder) for folder in folders):
        if not path.is_file():
            continue
        try:
            found = _usable(path, sha256)
            return Fitted(found.fit, path, "", name, found.helps_nobody, found.harms)
        except FatalError as error:
            why = why or str(error)
    return Fitted(CAUTIOUS, None, why, name)


def digest_of_fit(fit: BlendFit) -> str:
    """The same for the same coefficients, as they are kept."""
    halves = [Half.of(half).model_dump() for half in (fit.on_photo, fit.after_filter)]
    return hashlib.sha256(json.dumps(halves).encode()).hexdigest()[:16]


def digest_of(used: Sequence[Fitted]) -> str:
    """Of all fits in use: outcomes depend on it."""
    return "+".join(one.digest for one in used)


def read(path: Path) -> BlendFile:
    """The file as it stands. Raises FatalError, a clause in words, where it cannot be read."""
    try:
        return BlendFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FatalError(f"{path} cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise FatalError(f"{path} is damaged ({error.error_count()} mistakes)") from error


def write(found: BlendFile, folder: Path) -> Path:
    """Whole or not at all, in place of an earlier one. Raises FatalError where the folder cannot be written to."""
    place = place_of(found.network, folder)
    try:
        write_whole(place, _told(found).encode())
    except OSError as error:
        raise FatalError(f"{place} cannot be written: {error.strerror}. The fit was not installed.") from error
    return place


def _told(found: BlendFile) -> str:
    """JSON with each row of coefficients on a line of its own."""
    left = {"on_photo", "after_filter", *(() if found.harms else ("harms",))}  # which gpends before it do not know
    rows = {name: value for name, value in found.model_dump().items() if name not in left}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in rows.items()]
    for name, half in (("on_photo", found.on_photo), ("after_filter", found.after_filter)):
        shares = ",\n      ".join(json.dumps(band) for band in half.shares)
        strength = json.dumps(half.strength)
        lines.append(f'  "{name}": {{\n    "strength": {strength},\n    "shares": [\n      {shares}\n    ]\n  }}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _usable(path: Path, sha256: str | None) -> BlendFile:
    found = read(path)
    if found.sha256 != sha256:
        raise FatalError(f"{path} was fitted for other weights of that name")
    if found.terms != version() or found.bands != BANDS:
        raise FatalError(f"{path} was fitted by another version of gpend")
    return found
