"""What a run of training is: its stage, its faces, its batches and rates, read from YAML."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError, field_validator

from gpend.errors import ConfigurationError
from gpend.settings import Knobs
from gpend.training.draws import GROUP


class StageName(StrEnum):
    """Which network is trained; each works on what those before it leave."""

    KERNEL = "kernel"
    REFINE = "refine"
    GPEN = "gpen"


class Licences(StrEnum):
    """Which faces may be used."""

    ALL = "all"
    FREE = "free"


class FacesSettings(Knobs):
    """A folder of aligned faces with a manifest, or of photos whose faces are aligned first."""

    folder: Path
    manifest: Path | None = None  # else manifest.csv in the folder
    photos: bool = False


class RateSettings(Knobs):
    """How large the steps are."""

    rate: Annotated[float, Field(gt=0)] = 5e-4
    warm_up: Annotated[int, Field(ge=1)] = 200
    steps: Annotated[int, Field(ge=1)] = 100_000  # over which the rate falls to a fiftieth
    clip: Annotated[float, Field(gt=0)] = 0.5
    average: Annotated[float, Field(ge=0, lt=1)] = 0.999  # of the weights that are shipped


class TrainSettings(Knobs):
    """The whole of a run."""

    stage: StageName
    faces: Annotated[tuple[FacesSettings, ...], Field(min_length=1)]
    run: Path  # checkpoint, exported weights, tables and sheets go here, outside of the repository
    licences: Licences = Licences.ALL
    begin: Path | None = None  # weights to begin from: .safetensors, or the folder of an exported network
    begin_step: Annotated[int, Field(ge=0)] = 0  # the step that those weights had come to
    kernel: Path | None = None  # the trained kernel network, for the stages after it
    refine: Path | None = None  # and the trained refining one
    seed: Annotated[int, Field(ge=0)] = 0
    batch: Annotated[int, Field(ge=GROUP, multiple_of=GROUP)] = 32
    passes: Annotated[int, Field(ge=1)] = 1  # that the refining network makes over each batch, in other parts of it
    lot: Annotated[int, Field(ge=1)] | None = None  # of so many faces a step; None: of the whole batch
    rates: RateSettings = RateSettings()
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    narrow: Annotated[float, Field(gt=0, le=1)] = 0.5  # GPEN's width against the published one's
    half: bool = True  # compute in bfloat16 where that is safe
    loaders: Annotated[int, Field(ge=0)] = 1  # processes that prepare batches
    maximum_faces: Annotated[int, Field(ge=1)] | None = None
    checkpoint_minutes: Annotated[float, Field(gt=0)] = 5.0
    log_steps: Annotated[int, Field(ge=1)] = 100
    notes: str = ""  # for the model card: what of the history of these weights no file knows
    evaluate: Annotated[int, Field(ge=0)] = 24  # held-out faces for each kind of blur; 0 for no tables

    @field_validator("run", "begin", "kernel", "refine")
    @classmethod
    def _at_home(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path else None


def load_settings(path: Path) -> TrainSettings:
    """Read a run's file; relative paths are meant from where it lies. Raises ConfigurationError naming all problems."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        settings = TrainSettings.model_validate(content or {})
    except OSError as error:
        raise ConfigurationError(f"The training file {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The training file {path} is not valid YAML: {error}.") from error
    except ValidationError as error:
        problems = "\n".join(f"  - {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ConfigurationError(f"The training file {path} is wrong:\n{problems}") from error
    return _anchored(settings, path.absolute().parent)


def _anchored(settings: TrainSettings, folder: Path) -> TrainSettings:
    paths = {name: folder / path for name in ("run", "begin", "kernel", "refine") if (path := getattr(settings, name))}
    faces = tuple(
        one.model_copy(
            update={"folder": folder / one.folder.expanduser(), "manifest": one.manifest and folder / one.manifest}
        )
        for one in settings.faces
    )
    return settings.model_copy(update={**paths, "faces": faces})
