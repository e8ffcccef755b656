"""Does the device compute what the published network does, in every precision and form?"""

from collections.abc import Iterator

import torch

from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import Form
from tests.benchmarks.gpu.findings import Bench, Finding, Verdict, checked
from tests.benchmarks.gpu.networks import prepared, references
from tests.models.conformance import Vector, picture, weights

_EXACT = {Form.PLAIN: 1e-4, Form.FUSED: 1e-4}  # float32 without TF32
_FAST = 2e-3  # every way that gpend takes
_LARGE = 256  # pixels: above, a CPU takes too long for a run of minutes


def find_conformance(bench: Bench) -> Iterator[Finding]:
    """Every reference, in both forms, in float32 (in full, and as convolutions are computed) and in float16."""
    for one in references(bench):
        bench.needs_seconds(10)
        if one.size > _LARGE and not bench.has_card:
            yield Finding(f"GPEN-{one.size}", Verdict.SKIPPED, "takes too long on a CPU")
            continue
        for form in Form:
            network = prepared(
                weights(one.shapes), FullGenerator, (one.size, one.channel_multiplier, one.narrow), bench, form
            )
            yield from _compared(one, network, form, bench)


@torch.inference_mode()
def _compared(one: Vector, network: FullGenerator, form: Form, bench: Bench) -> Iterator[Finding]:
    seen = picture(one.size).to(bench.device)
    name = f"GPEN-{one.size}, {form}"
    with bench.backend.exact():
        apart = one.error(network(seen).cpu())
    yield checked(f"{name}, float32 in full", f"{apart:.1e}", is_right=apart < _EXACT[form], error=apart)
    apart = one.error(network(seen).cpu())
    yield checked(f"{name}, float32", f"{apart:.1e}", is_right=apart < _FAST, error=apart)
    if bench.has_card:
        apart = one.error(network.narrowed(torch.float16)(seen).cpu())
        yield checked(f"{name}, float16", f"{apart:.1e}", is_right=apart < _FAST, error=apart)
    elif form is Form.PLAIN:
        apart = one.error(network.narrowed(torch.bfloat16)(seen).cpu())
        yield Finding(f"{name}, bfloat16", Verdict.MEASURED, f"{apart:.1e}", {"error": apart})
