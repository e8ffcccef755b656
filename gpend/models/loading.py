"""The networks that the settings ask for, found, proven and ready to run."""

from collections.abc import Callable, Collection

from gpend.core.networks import Networks
from gpend.models.device import limit_threads, resolve
from gpend.models.gpen import load_gpen
from gpend.models.retinaface import load_retinaface
from gpend.models.turn import Turn
from gpend.models.weights import DetectorCheckpoint, GpenCheckpoint, find, weights_folders
from gpend.settings import CoreSettings

DETECTOR = "retinaface_mobile0.25"


def load(settings: CoreSettings, progress: Callable[[Collection[int]], None] | None = None) -> Networks:
    """Both networks on the device that the settings name. Raises FatalError saying what to do.

    They take turns, also when called from several threads; after each, `progress` is called as `Turn` says.
    """
    folders = weights_folders(settings.restore.weights)
    restorer = find(settings.restore.model, GpenCheckpoint, folders)
    detector = find(DETECTOR, DetectorCheckpoint, folders)
    device = resolve(settings.restore.device)
    limit_threads()
    turn = Turn(progress)
    return Networks(load_retinaface(detector, device, turn), load_gpen(restorer, device, turn))
