"""How long the networks take here, beside the published way of computing the same: `python -m tests.benchmarks.models`.

The ratios are what counts: both sides of one are measured in turns, in one run, on one machine. Told is the time of the
processor, of all threads, which others who use the machine change least, and with OMP_NUM_THREADS=1 none of it is spent
on waiting. Nothing is asserted.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from facexlib.detection.retinaface import RetinaFace

from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import Form
from gpend.models.device import limit_threads
from gpend.models.gpen import load_gpen
from gpend.models.retinaface import load_retinaface
from gpend.models.tensors import read_tensors
from gpend.models.turn import Turn
from gpend.models.weights import DetectorCheckpoint, GpenCheckpoint, find, weights_folders
from tests.benchmarks.published import PublishedForm

_CPU = torch.device("cpu")
_ROUNDS = 5


def main() -> None:
    """Print a table for the restorer and one for the detector."""
    click.echo(f"PyTorch {torch.__version__}, {limit_threads()} threads; medians of {_ROUNDS}, forms measured in turns")
    with torch.inference_mode():
        _restorer()
        _detector()


def _restorer() -> None:
    proven = find("gpen-256", GpenCheckpoint, weights_folders())
    shared = load_gpen(proven, _CPU, Turn())
    plain, fused = (_network(form) for form in (Form.PLAIN, Form.FUSED))
    half = plain.narrowed(torch.bfloat16)
    published = PublishedForm(read_tensors(proven))
    for count in (1, 4):
        crops = np.random.default_rng(count).random((count, 256, 256, 3), np.float32)
        pictures = torch.from_numpy(crops).permute(0, 3, 1, 2) * 2 - 1
        contiguous = pictures.contiguous()
        apart = (plain(pictures) - published(contiguous)).norm() / published(contiguous).norm()
        click.echo(f"\nGPEN-256, {count} at a time (relative difference {apart:.1e})")
        _compare(
            {
                "published form": partial(published, contiguous),
                "shared weights, plain": partial(plain, pictures),
                "shared weights, fused": partial(fused, pictures),
                "plain in bfloat16": partial(half, pictures),
                "as gpend calls it": partial(shared, crops),
            },
            count,
        )


def _network(form: Form) -> FullGenerator:
    proven = find("gpen-256", GpenCheckpoint, weights_folders())
    with torch.device("meta"):
        network = FullGenerator(256, proven.checkpoint.channel_multiplier, proven.checkpoint.narrow)
    network.load_state_dict(read_tensors(proven), strict=True, assign=True)
    return network.prepare(form)


def _detector() -> None:
    proven = find("retinaface_mobile0.25", DetectorCheckpoint, weights_folders())
    ours = load_retinaface(proven, _CPU, Turn())
    theirs = RetinaFace(network_name="mobile0.25", device=_CPU)
    theirs.load_state_dict(read_tensors(proven), strict=False)
    read = cv2.imread(str(Path(str(files("gpend"))) / "samples" / "portrait-sharp.jpg"))
    if read is None:
        raise FileNotFoundError("the sample portrait")
    for width, height in ((640, 480), (960, 720), (1280, 960)):
        bgr = cv2.resize(read, (width, height), interpolation=cv2.INTER_AREA)
        rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
        click.echo(f"\nRetinaFace, {width} x {height}")
        _compare(
            {
                "facexlib's detect_faces": partial(theirs.detect_faces, bgr, conf_threshold=0.5),
                "as gpend calls it": partial(ours, rgb),
            },
            1,
        )


def _compare(forms: dict[str, Callable[[], object]], count: int) -> None:
    """Time every form in turns; the first is what the others are compared with."""
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    for turn in range(_ROUNDS + 1):
        for name, form in forms.items():
            start = time.process_time()
            form()
            if turn:  # the first is for warming up
                seconds[name].append((time.process_time() - start) / count)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    reference = next(iter(medians.values()))
    for name, median in medians.items():
        click.echo(f"  {name:<26} {1000 * median:8.1f} ms   {reference / median:5.2f} x")


if __name__ == "__main__":
    main()
