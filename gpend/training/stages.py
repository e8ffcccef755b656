"""The three networks as things that learn: what each is given, what it makes small, and how it takes a step."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW, Optimizer

from gpend.errors import ConfigurationError
from gpend.models.arch.kernel import KernelNetwork, heads_of
from gpend.models.arch.refine import STEP, RefineNetwork
from gpend.training import degradations, jpeg, losses
from gpend.training.adversary import Adversary, FaceFeatures, adversary_loss, generator_loss
from gpend.training.draws import SIDE, Draw, Spoil
from gpend.training.exporting import load_exported
from gpend.training.filters import Wiener
from gpend.training.gpen import TrainableGpen
from gpend.training.kernels import SIDE as KERNEL
from gpend.training.kernels import Random
from gpend.training.restoring import Restorer
from gpend.training.settings import StageName, TrainSettings

Losses: TypeAlias = dict[str, Tensor]

_PART = 192  # side of the part of a face that the refining network and its loss see: half of the work of the whole
_BETAS = (0.9, 0.98)  # short memory for the squares: steps are few
_ADVERSARIAL_BETAS = (0.0, 0.99)  # as StyleGAN was trained: no momentum against an opponent that moves
_JUDGES = 128  # channels of the adversary's first layers for a GPEN of full width
_UNEVEN = 0.25  # what the filter believes of the noise is off by so much, as a logarithm
_UNFILTERED = (0.6, 0.04)  # of faces without a kernel, and of those with one: no blur is taken out, as gpend asks often
_LIKENED = 2  # of every so many faces, one is shown to the face network, which takes as long as the one that learns
_LIKENESS = 0.05
"""Weight of what a face network sees, beside values, edges and structure: by those alone the mean of all faces that it
may have been is nearest, and that is soft and nobody's."""


class Stage(Protocol):
    """A network that learns."""

    network: nn.Module  # what is shipped, averaged over the steps
    modules: dict[str, nn.Module]  # all that learns
    optimisers: dict[str, Optimizer]
    blur_only: bool  # whether it is shown blurred faces alone

    def step(self, truth: Tensor, draw: Draw) -> Losses:
        """Learn from sharp faces (n, 3, 256, 256), spoiled as drawn; the losses, the first that of the network."""
        ...


class KernelStage:
    """Learns to tell what blurred a face."""

    blur_only = True

    def __init__(self, settings: TrainSettings, device: torch.device) -> None:
        begin = {} if settings.begin is None else load_exported(settings.begin)
        network = _kernel(begin)
        if begin:
            load_weights(network, begin, settings.begin)
        self.network: nn.Module = network.to(device)
        self.modules: dict[str, nn.Module] = {"network": self.network}
        self.optimisers: dict[str, Optimizer] = {
            "network": AdamW(self.network.parameters(), betas=_BETAS, weight_decay=1e-3)
        }
        self._settings = settings

    def step(self, truth: Tensor, draw: Draw) -> Losses:
        """As in Stage."""
        with torch.no_grad():
            photo = degradations.spoiled(jpeg.split(truth)[0], draw)
            kernels = torch.from_numpy(draw.kernels).to(truth.device)
        with _halved(self._settings, truth.device):
            logits = self.network(photo)
        loss = losses.kernel_loss(logits.float(), kernels)
        _learn(loss, self.network, self.optimisers["network"], self._settings.rates.clip)
        with torch.no_grad():
            found = torch.softmax(logits.float().flatten(1), 1).view_as(kernels)
            return {"loss": loss, "transfer": losses.transfer_error(found, kernels)}


class RefineStage:
    """Learns to take ringing and noise out of what was filtered by estimated kernels."""

    blur_only = False

    def __init__(self, settings: TrainSettings, wiener: Wiener, device: torch.device) -> None:
        network = _begun(RefineNetwork(), settings).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network: nn.Module = network
        self.modules: dict[str, nn.Module] = {"network": self.network}
        self.optimisers: dict[str, Optimizer] = {
            "network": AdamW(self.network.parameters(), betas=_BETAS, weight_decay=1e-4)
        }
        self._settings = settings
        kernel = kernel_network(settings, device).to(memory_format=torch.channels_last)
        self._before = Restorer(_in_half(kernel, settings, device), wiener)
        self._features = FaceFeatures().to(device)

    def step(self, truth: Tensor, draw: Draw) -> Losses:
        """As in Stage, in as many steps as the settings say: preparing a face takes as long as learning from it.

        The losses are the means of all.
        """
        random = np.random.default_rng(draw.seed)
        size = self._settings.lot or len(truth)
        prepared = self._prepared(truth, draw, random)
        found = [
            self._learn_from(tuple(plane[lot] for plane in prepared), random)
            for _ in range(self._settings.passes)
            for lot in torch.split(torch.tensor(random.permutation(len(truth)), device=truth.device), size)
        ]
        return {name: torch.stack([each[name].detach() for each in found]).mean() for name in found[0]}

    @torch.no_grad()
    def _prepared(self, truth: Tensor, draw: Draw, random: Random) -> tuple[Tensor, ...]:
        """Luma and chroma of sharp faces, then the four planes that the network is given of them."""
        uneven = torch.from_numpy(np.exp(random.normal(0, _UNEVEN, len(truth))).astype(np.float32))
        unfiltered = torch.from_numpy(_unfiltered(draw.spoils, random))
        photos = degradations.spoiled(truth, draw)
        seen = self._before.filtered(photos, uneven.to(truth.device), unfiltered=unfiltered.to(truth.device))
        return *jpeg.split(truth), *seen.planes

    def _learn_from(self, prepared: tuple[Tensor, ...], random: Random) -> Losses:
        """One step, from one part of these faces, the same of each."""
        top, left = at = tuple(int(place) for place in random.integers((SIDE - _PART) // STEP + 1, size=2))
        rows, columns = (slice(place * STEP, place * STEP + _PART) for place in (top, left))
        true_luma, true_chroma, *planes = (plane[..., rows, columns].contiguous() for plane in prepared)
        with _halved(self._settings, true_luma.device):
            luma, chroma = self.network(*planes, at)
        found, true = jpeg.joined(luma, chroma).clamp(0, 1), jpeg.joined(true_luma, true_chroma)
        with _halved(self._settings, luma.device):
            features = self._features.distance(found[::_LIKENED], true[::_LIKENED])
        loss = losses.luma_loss(luma, true_luma)
        whole = loss + losses.chroma_loss(chroma, true_chroma) + _LIKENESS * features.float()
        _learn(whole, self.network, self.optimisers["network"], self._settings.rates.clip)
        with torch.no_grad():
            given = {"photo": planes[0], "weak": planes[2], "strong": planes[3]}
            return {"loss": loss, "features": features} | {
                name: losses.luma_loss(plane, true_luma) for name, plane in given.items()
            }


class GpenStage:
    """Learns to restore what the first two networks leave."""

    blur_only = False

    def __init__(self, settings: TrainSettings, wiener: Wiener, device: torch.device) -> None:
        self._restoring = TrainableGpen(SIDE, 1, settings.narrow).to(device)
        self.network: nn.Module = _begun(self._restoring.network, settings)
        self._adversary = Adversary(round(_JUDGES * settings.narrow)).to(device)
        self._features = FaceFeatures().to(device)
        self.modules: dict[str, nn.Module] = {"network": self.network, "adversary": self._adversary}
        self.optimisers: dict[str, Optimizer] = {
            "network": AdamW(self.network.parameters(), betas=_ADVERSARIAL_BETAS, weight_decay=0),
            "adversary": AdamW(self._adversary.parameters(), betas=_ADVERSARIAL_BETAS, weight_decay=0),
        }
        self._settings = settings
        kernel = kernel_network(settings, device)
        self._before = Restorer(kernel, wiener, refine_network(settings, device))

    def step(self, truth: Tensor, draw: Draw) -> Losses:
        """As in Stage."""
        with torch.no_grad():
            refined = self._before.refined(degradations.spoiled(truth, draw)).clamp(0, 1)
        with _halved(self._settings, truth.device):
            found = self._restoring(refined)
        found = found.float()
        loss = generator_loss(found, truth, self._adversary, self._features)
        _learn(loss, self.network, self.optimisers["network"], self._settings.rates.clip)
        judged = adversary_loss(found, truth, self._adversary)
        _learn(judged, self._adversary, self.optimisers["adversary"], self._settings.rates.clip)
        with torch.no_grad():
            plain, before = (losses.charbonnier(picture, truth) for picture in (found, refined))
            return {"loss": loss, "adversary": judged, "difference": plain, "before": before}


def stage_of(settings: TrainSettings, wiener: Wiener, device: torch.device) -> Stage:
    """The stage that the settings name. Raises ConfigurationError where weights that it needs are missing."""
    match settings.stage:
        case StageName.KERNEL:
            return KernelStage(settings, device)
        case StageName.REFINE:
            return RefineStage(settings, wiener, device)
        case StageName.GPEN:
            return GpenStage(settings, wiener, device)


def kernel_network(settings: TrainSettings, device: torch.device) -> nn.Module:
    """The trained network that finds kernels, which no longer learns. Raises ConfigurationError."""
    tensors = _named(settings.kernel, "kernel")
    return _trained(_kernel(tensors), tensors, settings.kernel, device)


def refine_network(settings: TrainSettings, device: torch.device) -> nn.Module:
    """The trained network that refines, which no longer learns. Raises ConfigurationError."""
    return _trained(RefineNetwork(), _named(settings.refine, "refine"), settings.refine, device)


def load_weights(network: nn.Module, tensors: Mapping[str, Tensor], origin: object) -> None:
    """Fill a network. Raises ConfigurationError where the tensors are not its own."""
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise ConfigurationError(f"{origin} holds other weights than this network's: {error}") from error


def _kernel(tensors: Mapping[str, Tensor]) -> KernelNetwork:
    """The network that these weights, or none, are for; no step changes what its kernels do not hang on."""
    return KernelNetwork(SIDE, KERNEL, heads_of(tensors))


def _named(path: Path | None, key: str) -> dict[str, Tensor]:
    if path is None:
        raise ConfigurationError(f"This stage works on what a trained network leaves: name its weights in {key}.")
    return load_exported(path)


def _trained(network: nn.Module, tensors: Mapping[str, Tensor], path: object, device: torch.device) -> nn.Module:
    load_weights(network, tensors, path)
    return network.to(device).eval().requires_grad_(requires_grad=False)


def _begun(network: nn.Module, settings: TrainSettings) -> nn.Module:
    if settings.begin is not None:
        load_weights(network, load_exported(settings.begin), settings.begin)
    return network


def _unfiltered(spoils: Sequence[Spoil], random: Random) -> NDArray[np.bool_]:
    """(n,): from which faces of a batch, spoiled so, no blur is to be taken."""
    without, despite = _UNFILTERED
    return np.array([random.random() < (despite if spoil is Spoil.BLURRED else without) for spoil in spoils])


def _in_half(network: nn.Module, settings: TrainSettings, device: torch.device) -> Callable[[Tensor], Tensor]:
    """A network that no longer learns, in half precision where the settings say so."""

    def asked(luma: Tensor) -> Tensor:
        with _halved(settings, device):
            return cast("Tensor", network(luma))

    return asked


def _halved(settings: TrainSettings, device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=settings.half)


def _learn(loss: Tensor, network: nn.Module, optimiser: Optimizer, clip: float) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    clip_grad_norm_(network.parameters(), clip)
    optimiser.step()
