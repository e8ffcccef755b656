"""Every knob, as frozen models with the defaults that suit a home NAS; config/gpend.yaml documents each key."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gpend.beside import LEDGER
from gpend.hours import hours_of
from gpend.machine import slots

Share = Annotated[float, Field(ge=0.0, le=1.0)]

_JPEG = ("jpg", "jpeg", "jpe", "jfif", "jif", "jfi", "pjpeg", "pjp", "mpo", "jps")
_SAVED = ("jpg_large", "jpg-large", "jpg_orig", "jpg:large", "jpg:orig", "png_large", "png-large", "png:large")
ENDINGS = (*_JPEG, *_SAVED, "png", "apng", "webp", "tif", "tiff", "avif", "heic", "heif", "hif")
"""What the names of photos end in: all that `core.formats.signatures` knows of the formats that gpend reads."""


def _ending(told: str) -> str:
    """Without the dot, or star and dot, that people write before it, in lower case. Raises ValueError."""
    ending = told.removeprefix("*").removeprefix(".").lower()
    if re.search(r"[*?/\s]", ending) or (told and not ending):
        raise ValueError("should be what names end in, such as jpg")
    return ending


def _endings(told: tuple[str, ...]) -> tuple[str, ...]:
    """Each once; "" stands for a name without any."""
    return tuple(dict.fromkeys(told))


def _schedule(told: str) -> str:
    """Hours that can be understood. Raises ValueError."""
    hours_of(told)
    return told


def _pattern(told: str) -> str:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only for who has patterns

    try:
        GitIgnoreSpec.from_lines([told])
    except ValueError as error:
        raise ValueError("should be a pattern as in .gitignore") from error
    return told


class Knobs(BaseModel):
    """A group of settings: immutable, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Keep(StrEnum):
    """What the output tree gets besides restored photos."""

    NONE = "none"
    COPY = "copy"  # photos that need no restoration, and sidecars
    HARDLINK = "hardlink"  # the same
    LIBRARY = "library"  # everything of the user's own, as a hard link where that can be had, or else as a copy

    @property
    def links(self) -> bool:
        """Is a hard link tried before a copy?"""
        return self in (Keep.HARDLINK, Keep.LIBRARY)


class Names(StrEnum):
    """How outputs are called."""

    KEEP = "keep"  # as their photos
    PORTABLE = "portable"  # with "_" for what Windows, and disks made for it, allow in no name


class OnDelete(StrEnum):
    """What becomes of an output whose photo was deleted."""

    TRASH = "trash"
    KEEP = "keep"
    DELETE = "delete"


class Background(StrEnum):
    """What becomes of people who are out of focus behind a sharp main face."""

    LEAVE = "leave"
    RESTORE = "restore"


class SlightShakes(StrEnum):
    """What becomes of faces that count as sharp, and that a hand shook all the same."""

    RESTORE = "restore"
    LEAVE = "leave"


class Screenshots(StrEnum):
    """What becomes of pictures of a screen."""

    LEAVE = "leave"
    RESTORE = "restore"


class TriageSettings(Knobs):
    """Which faces are worth restoring."""

    sharpness_threshold: Share = 0.5
    minimum_face_px: Annotated[int, Field(ge=16)] = 48
    minimum_score: Share = 0.9
    background: Background = Background.LEAVE
    slight_shakes: SlightShakes = SlightShakes.RESTORE
    screenshots: Screenshots = Screenshots.LEAVE


class DetectorModel(StrEnum):
    """With what faces are found."""

    MOBILE = "retinaface-mobile0.25"
    RESNET = "retinaface-resnet50"  # finds more of the small and hidden ones, and takes much longer


class DetectSettings(Knobs):
    """How faces are found."""

    model: DetectorModel = DetectorModel.MOBILE


class Grain(StrEnum):
    """What becomes of a photo's noise where a face is restored."""

    SOFTEN = "soften"  # less in the middle of the face, all of it at the border
    KEEP = "keep"
    REMOVE = "remove"


AUTO = "auto"
"""Instead of a network's name: for each face, the smallest network present that holds its detail."""


def names_file(model: str) -> bool:
    """Whether `restore.model` is a file of a person's own, not the name of a network."""
    return "/" in model or Path(model).suffix in (".pth", ".pt", ".safetensors")


class RestoreSettings(Knobs):
    """With what, and how."""

    model: str = AUTO  # or the name of a network, or the path of a checkpoint
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda or cuda:N")] = "auto"
    weights: Path | None = None  # a folder of further checkpoints, looked into first
    grain: Grain = Grain.SOFTEN
    strength: Annotated[float, Field(ge=0, le=2)] = 1.0  # against what was fitted: 0 nothing, 2 the whole change


class PhotoSettings(Knobs):
    """What is accepted as a photo, and what is written into a restored one."""

    maximum_megapixels: Annotated[float, Field(gt=0)] = 205.0
    add_tags: bool = True


class CoreSettings(Knobs):
    """All that the core needs to judge and restore one photo."""

    detect: DetectSettings = DetectSettings()
    triage: TriageSettings = TriageSettings()
    restore: RestoreSettings = RestoreSettings()
    photo: PhotoSettings = PhotoSettings()


class FolderSettings(Knobs):
    """One source tree and the tree that mirrors it."""

    source: Path
    output: Path
    endings: Annotated[tuple[Annotated[str, AfterValidator(_ending)], ...], AfterValidator(_endings)] = (
        *ENDINGS,
        "",
    )  # of names that are looked at
    ignore: tuple[Annotated[str, AfterValidator(_pattern)], ...] = ()  # as in .gitignore, from the source
    wechat_dat: bool = False  # photos may be files that WeChat for PC keeps with the ending .dat


class BrakeSettings(Knobs):
    """How large a change of the sources must be, all at once, to wait for a person's word."""

    photos: Annotated[int, Field(ge=0)] = 50
    percent: Annotated[float, Field(ge=0, le=100)] = 5.0


class HookSettings(Knobs):
    """Programs to tell what happens, as JSON on their standard input."""

    on_restored: str | None = None
    on_failed: str | None = None
    on_paused: str | None = None
    seconds: Annotated[float, Field(gt=0)] = 30.0


class Occasion(StrEnum):
    """Of what people are told."""

    DIGEST = "digest"  # once a day: what was done
    PAUSED = "paused"
    FAILED = "failed"
    BRAKE = "brake"  # gpend asks before it goes on


class NotificationSettings(Knobs):
    """Messages to people, by apprise."""

    urls: tuple[str, ...] = ()
    about: tuple[Occasion, ...] = tuple(Occasion)
    digest_at: Annotated[
        str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description='a time of the day in quotes, such as "20:00"')
    ] = "20:00"


class LogFormat(StrEnum):
    """How log events are written: `auto` is text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


class LogSettings(Knobs):
    """What the log holds."""

    format: LogFormat = LogFormat.AUTO
    level: Annotated[
        str, Field(pattern=r"^(debug|info|warning|error)$", description="debug, info, warning or error")
    ] = "info"


class EngineKind(StrEnum):
    """Where photos are processed."""

    LOCAL = "local"
    CLUSTER = "cluster"


class Send(StrEnum):
    """What goes to the workers of a cluster."""

    PHOTOS = "photos"
    FACES = "faces"  # crops alone: everything else is done here


class Fallback(StrEnum):
    """What is done while no worker of a cluster is there."""

    NONE = "none"
    LOCAL = "local"


class EngineSettings(Knobs):
    """Where photos are processed: here, or on other machines."""

    kind: EngineKind = EngineKind.LOCAL
    scheduler: Annotated[
        str | None, Field(pattern=r"^(tls|tcp)://[^\s/]+:\d+$", description="an address such as tls://nas:8786")
    ] = None
    certificates: Path = Path("/etc/gpend/cluster")
    send: Send = Send.PHOTOS
    window_mb: Annotated[int, Field(ge=1)] = 64
    send_weights: bool = False
    fallback: Fallback = Fallback.NONE


class WebSettings(Knobs):
    """The dashboard."""

    enabled: bool = False  # `gpend run` serves it too
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8765
    names: tuple[str, ...] = ()  # further names that browsers may call it by
    trusted_header: str = ""  # in which a proxy tells who has logged in there; "": nobody is believed
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # the addresses from which it is believed


def _slots(wanted: object) -> object:
    """A number, or AUTO: what fits the machine at hand."""
    return slots() if wanted == AUTO else wanted


class Settings(CoreSettings):
    """The whole configuration."""

    folders: tuple[FolderSettings, ...] = ()
    ledger: Path = LEDGER
    engine: EngineSettings = EngineSettings()
    settle_seconds: Annotated[float, Field(ge=0)] = 10.0
    incomplete_minutes: Annotated[float, Field(ge=0)] = 60.0
    rescan_minutes: Annotated[float, Field(gt=0)] = 60.0
    poll_seconds: Annotated[float, Field(gt=0)] = 60.0
    schedule: Annotated[str, AfterValidator(_schedule), Field(description='hours in quotes, such as "22:00-07:00"')] = (
        ""  # when photos are begun; "": always
    )
    keep: Keep = Keep.NONE
    names: Names = Names.KEEP
    on_delete: OnDelete = OnDelete.TRASH
    trash_days: Annotated[int, Field(ge=1)] = 30
    minimum_free_mb: Annotated[int, Field(ge=0)] = 500
    brake: BrakeSettings = BrakeSettings()
    hooks: HookSettings = HookSettings()
    notifications: NotificationSettings = NotificationSettings()
    slots: Annotated[int, Field(ge=1, le=64), BeforeValidator(_slots)] = 1
    memory_mb: Annotated[int, Field(ge=64)] = 512
    attempts: Annotated[int, Field(ge=1)] = 3
    stall_seconds: Annotated[float, Field(ge=30)] = 300.0
    idle_unload_minutes: Annotated[float, Field(ge=0)] = 10.0
    log: LogSettings = LogSettings()
    web: WebSettings = WebSettings()

    def core(self) -> CoreSettings:
        """The part that the core is given."""
        return CoreSettings(**{name: getattr(self, name) for name in CoreSettings.model_fields})
