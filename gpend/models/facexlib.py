"""Layers of facexlib without the rest of it.

facexlib imported as a whole imports torchvision, and with it PyTorch's compiler: that was 2 of 7 seconds of every
start, and 160 MiB, for nothing that gpend calls.
"""

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from torch import Tensor, nn

_PACKAGE = "facexlib"
_STAGES = ("stage1", "stage2", "stage3")  # of the MobileNet: what the pyramid is made of


@cache
def module(name: str) -> ModuleType:
    """A module of facexlib that needs no other one, such as "parsing.parsenet", executed by itself."""
    package = find_spec(_PACKAGE)
    places = list(package.submodule_search_locations or ()) if package else []
    file = Path(*places[:1], *name.split(".")).with_suffix(".py")
    spec = spec_from_file_location(f"{__name__}.{name}", file) if file.is_file() else None
    if spec is None or spec.loader is None:
        return import_module(f"{_PACKAGE}.{name}")  # it lies elsewhere, as in an archive: then all of it
    found = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


class MobileRetinaFace(nn.Module):
    """facexlib's RetinaFace "mobile0.25", put together of its own layers under its own names, without weights."""

    def __init__(self) -> None:
        """In float32 on the CPU, to be used and not trained."""
        super().__init__()
        layers = cast("Any", module("detection.retinaface_net"))
        width, backbone = 64, layers.MobileNetV1()
        self.body = Stages({name: getattr(backbone, name) for name in _STAGES})
        self.fpn = layers.FPN([width, 2 * width, 4 * width], width)
        self.ssh1, self.ssh2, self.ssh3 = (layers.SSH(width, width) for _ in _STAGES)
        self.ClassHead = layers.make_class_head(fpn_num=len(_STAGES), inchannels=width)
        self.BboxHead = layers.make_bbox_head(fpn_num=len(_STAGES), inchannels=width)
        self.LandmarkHead = layers.make_landmark_head(fpn_num=len(_STAGES), inchannels=width)
        self.eval()


class Stages(nn.ModuleDict):
    """Layers one after the other, of which each tells what it found."""

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """What each layer makes of `features`, (count, channels, height, width), after those before it."""
        found = {}
        for name, layer in self.items():
            features = layer(features)
            found[name] = features
        return found
