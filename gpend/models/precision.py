"""Half precision where it is faster, and only after it has agreed with float32 on the machine it will run on."""

import torch
from torch import Tensor

from gpend.models.arch.generator import FullGenerator

MEAN_LIMIT = 0.5 / 255  # of the difference between the two pictures, on a scale of 0 to 1
PEAK_LIMIT = 8 / 255


def halved(network: FullGenerator, size: int, device: torch.device) -> FullGenerator | None:
    """A twin of a prepared float32 network in half precision, or None where float32 is to be used.

    On a CPU it is None: bfloat16 saves less than a tenth of a second for a face, not worth results that differ from
    machine to machine.
    """
    if device.type != "cuda":
        return None
    choices = [torch.float16]  # first: as fast as bfloat16, and eight times as exact where it does not overflow
    if torch.cuda.is_bf16_supported(including_emulation=False):
        choices.append(torch.bfloat16)
    twins = (network.narrowed(dtype) for dtype in choices)
    return next((twin for twin in twins if agree(network, twin, size, device)), None)


@torch.inference_mode()
def agree(network: FullGenerator, twin: FullGenerator, size: int, device: torch.device) -> bool:
    """Whether both give the same picture, within the limits, for every probe; False if the twin cannot run at all."""
    for probe in _probes(size):
        picture = probe.to(device, memory_format=torch.channels_last)
        try:
            apart = (twin(picture).clamp(-1, 1) - network(picture).clamp(-1, 1)).abs() / 2
        except RuntimeError:
            return False
        # written so that NaN, which compares false, disagrees
        if not (apart.mean().item() <= MEAN_LIMIT and apart.max().item() <= PEAK_LIMIT):
            return False
    return True


def _probes(size: int) -> list[Tensor]:
    """Pictures unlike each other: even grey, soft colours as in a blurred face, and hard noise."""
    random = torch.Generator().manual_seed(size)
    soft = torch.nn.functional.interpolate(
        torch.rand(1, 3, 8, 8, generator=random) * 2 - 1, (size, size), mode="bicubic"
    ).clamp(-1, 1)
    return [torch.zeros(1, 3, size, size), soft, torch.rand(1, 3, size, size, generator=random) * 2 - 1]
