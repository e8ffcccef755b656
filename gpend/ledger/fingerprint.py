"""The fingerprint of an outcome: network, settings and version, so that a change of one of them can be noticed."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gpend import __version__

if TYPE_CHECKING:
    from gpend.settings import CoreSettings


@dataclass(frozen=True)
class Fingerprint:
    """What an outcome depends on besides the photo."""

    model: str = ""
    digest: str = ""  # of the settings that the core was given
    version: str = ""  # gpend's


@dataclass(frozen=True)
class Judging:
    """How photos are judged under a configuration."""

    fingerprint: Fingerprint
    not_measured: tuple[str, ...] = ()  # what to know of networks that nothing was fitted for, in words
    places: tuple[Path, ...] = ()  # the networks' files, and the folders of such, that it depends on
    file: Path | None = None  # the configuration; None: not known
    mark: str = ""  # of all that it depends on, these files included; "": not known


def fingerprint_of(settings: "CoreSettings", fits: str = "") -> Fingerprint:
    """What outcomes depend on under these settings. On which device they are computed makes no difference.

    `fits` is a digest of what was fitted for the networks. Once HEIF can be read, what was set aside because it could
    not is due again.
    """
    from gpend.settings import CoreSettings  # noqa: PLC0415 - pydantic is not for those who only read the ledger

    core = {name: getattr(settings, name) for name in CoreSettings.model_fields}
    where = {"restore": {"device", "weights"}}
    told = CoreSettings(**core).model_dump_json(exclude=where) + ("+heif" if find_spec("pillow_heif") else "")
    digest = hashlib.sha256((told + fits).encode()).hexdigest()
    return Fingerprint(settings.restore.model, digest[:16], __version__)
