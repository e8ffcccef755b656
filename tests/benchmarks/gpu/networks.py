"""The networks that the steps try: seeded ones of every size, and the shipped one."""

from pathlib import Path

import torch
from torch import Tensor

from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import Form
from gpend.models.gpen import Gpen, load_gpen
from gpend.models.tensors import read_tensors
from gpend.models.turn import Turn
from gpend.models.weights import GpenCheckpoint, Proven, find, weights_folders
from tests.benchmarks.gpu.findings import Bench
from tests.benchmarks.published import PublishedForm
from tests.models.conformance import DATA, Vector, picture, vector, weights

SHAPES = {256: (1, 0.5), 512: (2, 1.0), 1024: (2, 1.0), 2048: (2, 1.0)}
"""Channel multiplier and narrowing of the published networks, by size."""


def form_on(bench: Bench) -> Form:
    """The form that gpend takes there."""
    return Form.FUSED if bench.has_card else Form.PLAIN


def tensors_of(size: int) -> dict[str, Tensor]:
    """Seeded weights under the published keys."""
    multiplier, narrow = SHAPES[size]
    with torch.device("meta"):
        shapes = {key: list(one.shape) for key, one in FullGenerator(size, multiplier, narrow).state_dict().items()}
    return weights(shapes)


def seeded(size: int, bench: Bench, form: Form | None = None) -> FullGenerator:
    """A network of a published shape, prepared, in float32 on the device."""
    multiplier, narrow = SHAPES[size]
    return prepared(tensors_of(size), FullGenerator, (size, multiplier, narrow), bench, form)


def prepared(
    tensors: dict[str, Tensor],
    kind: type[FullGenerator],
    shape: tuple[int, int, float],
    bench: Bench,
    form: Form | None = None,
) -> FullGenerator:
    """A network with these weights, prepared, in float32 on the device."""
    with torch.device("meta"):
        network = kind(*shape)
    network.load_state_dict(tensors, strict=True, assign=True)
    return network.prepare(form or form_on(bench)).to(bench.device)


def shipped() -> Proven[GpenCheckpoint]:
    """The network gpen-256 with its file."""
    return find("gpen-256", GpenCheckpoint, weights_folders())


def shipped_on(bench: Bench, kind: type[FullGenerator] = FullGenerator) -> FullGenerator:
    """The same, prepared, in float32 on the device."""
    proven = shipped()
    one = proven.checkpoint
    return prepared(read_tensors(proven), kind, (one.size, one.channel_multiplier, one.narrow), bench)


def as_gpend_loads_it(bench: Bench) -> Gpen:
    """The same, behind the core's protocol."""
    return load_gpen(shipped(), bench.device, Turn())


def references(bench: Bench) -> list[Vector]:
    """What the published network computed, where that is at hand; else what its form, written anew, computes."""
    tiny = vector("tiny-64", DATA)
    if bench.shared is not None:
        folder: Path = bench.shared / "conformance"
        return [tiny, *(vector(f"bfr-{size}", folder) for size in SHAPES)]
    return [tiny, *(_computed(size) for size in (256, 512))]


def _computed(size: int) -> Vector:
    multiplier, narrow = SHAPES[size]
    tensors = tensors_of(size)
    with torch.inference_mode():
        output = PublishedForm(tensors)(picture(size))
    return Vector(size, multiplier, narrow, {key: list(one.shape) for key, one in tensors.items()}, output, 1)
