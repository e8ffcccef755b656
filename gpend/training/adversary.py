"""What keeps GPEN's faces lifelike: three judges of patches at three scales, and the features of the face detector."""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from gpend.models.needed import DETECTOR
from gpend.models.retinaface import load_retinaface
from gpend.models.turn import Turn
from gpend.models.weights import DetectorCheckpoint, find, weights_folders

_MEAN = (104.0, 117.0, 123.0)  # of blue, green and red in the detector's own pictures
_FEATURES, _MATCHED, _ADVERSARIAL = 0.05, 1.0, 0.1  # weights of the losses beside the plain difference


_LEAK = 0.2  # of what is below 0, as in the published networks of this kind


class _Patches(nn.Module):
    """Logits for overlapping patches of a picture, and the features on the way there."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        widths = [3, *(min(width * 2**index, 8 * width) for index in range(depth))]
        layers = [nn.Conv2d(before, after, 4, 2, 1) for before, after in pairwise(widths)]
        self.layers = nn.ModuleList(
            spectral_norm(layer) for layer in (*layers, nn.Conv2d(widths[-1], widths[-1], 3, 1, 1))
        )
        self.head = spectral_norm(nn.Conv2d(widths[-1], 1, 3, 1, 1))

    def forward(self, picture: Tensor) -> tuple[Tensor, list[Tensor]]:
        features = []
        for layer in self.layers:
            picture = functional.leaky_relu(layer(picture), _LEAK)
            features.append(picture)
        return self.head(picture), features


class Adversary(nn.Module):
    """Tells restored faces from true ones, at the full, half and quarter scale."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.judges = nn.ModuleList(_Patches(width, depth) for depth in (3, 4, 4))

    def forward(self, picture: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        """For RGB (n, 3, h, w), 0 to 1: logits and features of each judge."""
        found = []
        for judge in self.judges:
            found.append(judge(picture * 2 - 1))
            picture = functional.avg_pool2d(picture, 2)
        return found


class FaceFeatures(nn.Module):
    """The body of the shipped face detector: what a face network sees of a face. It does not learn."""

    def __init__(self) -> None:
        super().__init__()
        proven = find(DETECTOR, DetectorCheckpoint, weights_folders())
        self.body = load_retinaface(proven, torch.device("cpu"), Turn()).body.requires_grad_(requires_grad=False)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))

    def distance(self, found: Tensor, truth: Tensor) -> Tensor:
        """Mean absolute difference of the features of RGB (n, 3, h, w), 0 to 1, summed over the stages."""
        one, two = (self._features(picture) for picture in (found, truth))
        return cast("Tensor", sum((one[key] - two[key]).abs().mean() for key in one))

    def _features(self, picture: Tensor) -> dict[str, Tensor]:
        return cast("dict[str, Tensor]", self.body(picture.flip(1) * 255 - cast("Tensor", self.mean)))


def generator_loss(found: Tensor, truth: Tensor, adversary: Adversary, features: FaceFeatures) -> Tensor:
    """What GPEN makes small for RGB (n, 3, h, w), 0 to 1: the difference, the features', and what the judges see."""
    judged = adversary(found)
    with torch.no_grad():
        wanted = adversary(truth)
    deceived = -torch.stack([logits.mean() for logits, _ in judged]).mean()
    pairs = [
        (one, two)
        for (_, ours), (_, theirs) in zip(judged, wanted, strict=True)
        for one, two in zip(ours, theirs, strict=True)
    ]
    matched = torch.stack([(one - two).abs().mean() for one, two in pairs]).mean()
    plain = functional.l1_loss(found, truth)
    return 2 * plain + _FEATURES * features.distance(found, truth) + _ADVERSARIAL * deceived + _MATCHED * matched


def adversary_loss(found: Tensor, truth: Tensor, adversary: Adversary) -> Tensor:
    """Hinge loss of the judges (Lim and Ye 2017) on RGB (n, 3, h, w), 0 to 1."""
    losses = [
        functional.relu(1 - true).mean() + functional.relu(1 + false).mean()
        for (true, _), (false, _) in zip(adversary(truth), adversary(found.detach()), strict=True)
    ]
    return torch.stack(losses).mean()
