"""facexlib's layers, used without the rest of facexlib, are facexlib's."""

import subprocess
import sys

import pytest
import torch
from facexlib.detection.retinaface import RetinaFace
from facexlib.parsing.parsenet import ParseNet

from gpend.models import facexlib
from gpend.models.facexlib import MobileRetinaFace


def test_the_small_detector_finds_what_facexlib_s_own_finds() -> None:
    torch.manual_seed(1)
    theirs, ours = RetinaFace(network_name="mobile0.25", device=torch.device("cpu")), MobileRetinaFace()
    missing, unexpected = ours.load_state_dict(theirs.state_dict())
    assert (missing, unexpected) == ([], [])
    picture = torch.randn(1, 3, 96, 64)
    with torch.inference_mode():
        for found, expected in zip(ours.body(picture).values(), theirs.body(picture).values(), strict=True):
            assert torch.equal(found, expected)
        levels = ours.fpn(list(ours.body(picture).values()))
        for found, expected in zip(levels, theirs.fpn(list(theirs.body(picture).values())), strict=True):
            assert torch.equal(found, expected)


def test_a_module_by_itself_is_what_facexlib_has() -> None:
    found = facexlib.module("parsing.parsenet").ParseNet(in_size=64, out_size=64, parsing_ch=3)
    theirs = ParseNet(in_size=64, out_size=64, parsing_ch=3)
    assert found.state_dict().keys() == theirs.state_dict().keys()


def test_what_lies_elsewhere_is_imported_as_python_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facexlib, "spec_from_file_location", lambda *_: None)
    assert facexlib.module.__wrapped__("parsing.parsenet").ParseNet is ParseNet


def test_the_networks_that_come_with_gpend_load_without_torchvision_and_the_compiler() -> None:
    program = (
        "import sys; from gpend.models.loading import load; from gpend.settings import CoreSettings; "
        "load(CoreSettings()); heavy = ('facexlib', 'torchvision', 'torch._dynamo', 'triton'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"
