"""The text files that came with gpend: the documented configuration, systemd units, hook, dashboard for Grafana."""

from importlib.resources import files
from pathlib import Path

_PLACES = {
    "gpend.yaml": ("config.yaml", "config/gpend.yaml"),
    "train.yaml": ("train.yaml", "config/train.yaml"),
    "gpend.service": ("systemd/gpend.service", "systemd/gpend.service"),
    "gpend-web.service": ("systemd/gpend-web.service", "systemd/gpend-web.service"),
    "gpend-scheduler.service": ("systemd/gpend-scheduler.service", "systemd/gpend-scheduler.service"),
    "gpend-worker@.service": ("systemd/gpend-worker@.service", "systemd/gpend-worker@.service"),
    "gpend-user.service": ("systemd/user/gpend.service", "systemd/user/gpend.service"),
    "grafana.json": ("grafana.json", "config/grafana.json"),
    "immich-hook": ("immich-hook.py", "config/immich-hook.py"),
}

NAMES = tuple(_PLACES)


def text(name: str) -> str:
    """One of NAMES: from the package where gpend was installed, from beside it in a checkout."""
    package = Path(str(files("gpend")))
    installed, checkout = _PLACES[name]
    path = package / installed
    return (path if path.is_file() else package.parent / checkout).read_text(encoding="utf-8")


def sample(name: str) -> Path:
    """A picture of gpend/samples."""
    return Path(str(files("gpend"))) / "samples" / name
