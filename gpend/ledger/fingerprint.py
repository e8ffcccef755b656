"""The fingerprint of an outcome: network, settings and version, so that a change of one of them can be noticed."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec

from gpend import __version__
from gpend.settings import CoreSettings


@dataclass(frozen=True)
class Fingerprint:
    """What an outcome depends on besides the photo."""

    model: str = ""
    digest: str = ""  # of the settings that the core was given
    version: str = ""  # gpend's


def fingerprint_of(settings: CoreSettings, fits: str = "") -> Fingerprint:
    """What outcomes depend on under these settings. On which device they are computed makes no difference.

    `fits` is a digest of what was fitted for the networks. Once HEIF can be read, what was set aside because it could
    not is due again.
    """
    core = {name: getattr(settings, name) for name in CoreSettings.model_fields}
    where = {"restore": {"device", "weights"}}
    told = CoreSettings(**core).model_dump_json(exclude=where) + ("+heif" if find_spec("pillow_heif") else "")
    digest = hashlib.sha256((told + fits).encode()).hexdigest()
    return Fingerprint(settings.restore.model, digest[:16], __version__)
