"""What `gpend train` does: faces, then steps until the time is over or somebody stops it, then tables and a card."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpend.models.loading import load
from gpend.settings import CoreSettings, RestoreSettings
from gpend.training import faces, judging
from gpend.training.photos import align_photos
from gpend.training.settings import FacesSettings, TrainSettings, load_settings
from gpend.training.training import Stop, Tell, load_material, minutes, train

_ALIGNED = "faces"  # in the run's folder: those that were found in photos


def run(config_file: Path, amount: float, tell: Tell, *, resume: bool) -> None:
    """Train as `config_file` says for `amount` minutes. Raises ConfigurationError or FatalError saying what to do."""
    settings = with_aligned(load_settings(config_file), tell)
    material = load_material(settings)
    with _stopping(minutes(amount), tell) as is_over:
        progress = train(settings, material, is_over, tell, resume=resume)
    judging.judge(settings, material, progress, tell)


def with_aligned(settings: TrainSettings, tell: Tell) -> TrainSettings:
    """The settings with every folder of photos replaced by the faces found there."""
    if not any(one.photos for one in settings.faces):
        return settings
    detect = load(CoreSettings(restore=RestoreSettings(device=settings.device))).detect
    found = []
    for number, one in enumerate(settings.faces):
        into = settings.run / f"{_ALIGNED}-{number}"
        if one.photos:
            count = align_photos(one.folder, one.manifest or one.folder / faces.MANIFEST, into, detect)
            tell(f"{count} sharp, large faces in {one.folder}, aligned into {into}.")
        found.append(FacesSettings(folder=into) if one.photos else one)
    return settings.model_copy(update={"faces": tuple(found)})


@contextmanager
def _stopping(is_over: Stop, tell: Tell) -> Iterator[Stop]:
    """Ends the run after the present step when the process is asked to stop, so that its checkpoint is written."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield is_over
        return
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda taken, seconds: asked.is_set() or is_over(taken, seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked.is_set():
        tell("Stopped as asked; --resume goes on from here.")
