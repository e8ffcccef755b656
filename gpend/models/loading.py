"""The networks that the settings ask for, found, proven and ready to run."""

from collections.abc import Callable, Collection

from gpend.core.networks import Networks
from gpend.models.device import limit_threads, resolve
from gpend.models.gpen import load_gpen
from gpend.models.kernel import load_kernel
from gpend.models.retinaface import load_retinaface
from gpend.models.turn import Turn
from gpend.models.weights import (
    DetectorCheckpoint,
    GpenCheckpoint,
    KernelCheckpoint,
    find,
    load_manifest,
    weights_folders,
)
from gpend.settings import CoreSettings

DETECTOR = "retinaface_mobile0.25"
KERNEL = "blur-kernel-256"


def load(settings: CoreSettings, progress: Callable[[Collection[int]], None] | None = None) -> Networks:
    """All networks on the device that the settings name. Raises FatalError saying what to do.

    They take turns, also when called from several threads; after each, `progress` is called as `Turn` says.
    """
    folders = weights_folders(settings.restore.weights)
    restorer = find(settings.restore.model, GpenCheckpoint, folders)
    detector = find(DETECTOR, DetectorCheckpoint, folders)
    is_known = any(one.name == KERNEL for folder in folders for one in load_manifest(folder))
    estimator = find(KERNEL, KernelCheckpoint, folders) if is_known else None
    device = resolve(settings.restore.device)
    limit_threads()
    turn = Turn(progress)
    estimate = load_kernel(estimator, device, turn) if estimator else None
    return Networks(load_retinaface(detector, device, turn), load_gpen(restorer, device, turn), estimate)
