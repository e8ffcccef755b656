"""The parsing network behind the core's protocol, with seeded weights: nobody here has the published ones."""

import io

import numpy as np
import pytest
import torch
from facexlib.parsing.parsenet import ParseNet

from gpend.core.networks import ParseFaces
from gpend.errors import FatalError
from gpend.models.parsenet import Parser, load_parser, unloaded
from gpend.models.turn import Turn
from gpend.models.weights import ParserCheckpoint, Proven

_CPU = torch.device("cpu")
_TOLD = ParserCheckpoint(name="parser", architecture="parsenet", file="parser.pth", origin="", licence="")


@pytest.fixture(scope="module")
def seeded() -> ParseNet:
    torch.manual_seed(4)
    return unloaded().eval()


@pytest.fixture(scope="module")
def parse(seeded: ParseNet) -> Parser:
    buffer = io.BytesIO()
    torch.save(seeded.state_dict(), buffer)
    return load_parser(Proven(_TOLD, buffer.getvalue()), _CPU, Turn())


def test_a_pixel_is_face_as_far_as_it_is_skin_or_a_feature(parse: Parser, seeded: ParseNet) -> None:
    asked: ParseFaces = parse
    crop = np.random.default_rng(2).random((1, 512, 512, 3), np.float32)
    found = asked(crop)
    with torch.inference_mode():
        shares = torch.softmax(seeded(torch.from_numpy(crop).permute(0, 3, 1, 2) * 2 - 1)[0], 1)
    neither = shares[:, [0, 13, 14, 15, 16, 17, 18]].sum(1)  # background, hair, hat, earring, necklace, neck, clothes
    assert found.shape == (1, 512, 512)
    assert np.abs(found - (1 - neither).numpy()).max() < 1e-4


def test_crops_of_another_size_are_a_mistake_of_the_caller(parse: Parser) -> None:
    with pytest.raises(ValueError, match=r"must be \(count, 512, 512, 3\)"):
        parse(np.zeros((1, 64, 64, 3), np.float32))


def test_another_file_is_no_parser() -> None:
    buffer = io.BytesIO()
    torch.save({"encoder.0.conv2d.weight": torch.zeros(1)}, buffer)
    with pytest.raises(FatalError, match=r"parser\.pth is no ParseNet"):
        load_parser(Proven(_TOLD, buffer.getvalue()), _CPU, Turn())
