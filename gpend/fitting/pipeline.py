"""What the trials of a fit depend on besides the network and the faces: the code, and the networks before it."""

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from gpend.core.networks import Networks
from gpend.settings import CoreSettings

_PACKAGES = ("gpend.core", "gpend.fitting", "gpend.models")
_ELSEWHERE = {"restore": {"device", "weights"}}  # where networks are and compute makes no difference


def edition(networks: Networks, settings: CoreSettings) -> str:
    """A digest of the code that makes trials, of the networks before GPEN, and of the settings that they follow."""
    named = [one.name for one in (networks.estimate, networks.refine) if one is not None]
    told = (code(Path(str(files(package))) for package in _PACKAGES), named, networks.parse is not None)
    return hashlib.sha256(repr((told, settings.model_dump_json(exclude=_ELSEWHERE))).encode()).hexdigest()


def code(folders: Iterable[Path]) -> str:
    """A digest of all Python source in some folders, whatever version it calls itself."""
    found = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            found.update(f"{file.relative_to(folder)}\0".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()
