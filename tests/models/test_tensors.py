"""Only named tensors come out of a checkpoint."""

import argparse
import gzip
import io
import os
import pickle
import shutil
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from gpend.errors import FatalError
from gpend.models.tensors import read_tensors
from gpend.models.weights import DetectorCheckpoint, Proven


def _proven(file: str, content: bytes) -> Proven[DetectorCheckpoint]:
    checkpoint = DetectorCheckpoint(
        name="any", architecture="retinaface-mobile0.25", file=file, sha256="0" * 64, bytes=1, origin="", licence=""
    )
    return Proven(checkpoint, content)


def _saved(values: object, protocol: int = 2) -> bytes:
    buffer = io.BytesIO()
    torch.save(values, buffer, pickle_protocol=protocol)
    return buffer.getvalue()


def _archive(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "text")
    return buffer.getvalue()


def test_both_formats_give_float32() -> None:
    tensors = {"a": torch.ones(2, dtype=torch.float16)}
    for proven in (_proven("a.pth", _saved(tensors)), _proven("a.safetensors", safetensors.torch.save(tensors))):
        assert torch.equal(read_tensors(proven)["a"], torch.ones(2))


class _Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, ("true",))


class _Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("/tmp/trap"),))  # noqa: S108 - it is never run


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("trap.pth", pickle.dumps(_Trap(), protocol=2)),
        ("trap.pth", _saved({"a": _Trap()})),
        ("junk.pth", b"not a checkpoint"),
        ("empty.pth", b""),
        ("junk.safetensors", b"not a checkpoint"),
        ("list.pth", _saved([1, 2])),
        ("numbers.pth", _saved({"a": 1})),
    ],
)
def test_anything_else_is_refused(file: str, content: bytes) -> None:
    with pytest.raises(FatalError, match=file) as refused:
        read_tensors(_proven(file, content))
    assert len(str(refused.value)) < 300  # torch told at length how to trust the file, and of junk a number alone
    assert "tensors" in str(refused.value)


class _Trained:
    """Something that a training script keeps beside its weights."""


class _Kept(dict[str, float]):
    """One that is a dictionary, and has a state."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_Kept, (list,), {"lr": 0.1}, None, iter({"a": 1.0}.items()))


class _Makes:
    """One that is made by running something."""

    def __reduce__(self) -> tuple[object, ...]:
        return (shutil.rmtree, ("/tmp/nothing of that name",))  # noqa: S108 - it is never run


def test_what_a_training_state_holds_beside_tensors_is_passed_over_and_none_of_its_code_is_run() -> None:
    beside = {
        "args": argparse.Namespace(size=512, path=Path("/data")),
        "random": np.random.get_state(),  # noqa: NPY002 - as training scripts keep it
        "loss": np.float64(0.3),
        "day": datetime(2026, 11, 30, tzinfo=UTC),
        "kept": _Kept(),
        "counts": defaultdict(list, {"a": [1]}),
        "made": _Makes(),
        "more": [_Trained(), (_Trained(), {"x": _Trained()})],
    }
    network = {"ecd0.0.0.weight": torch.ones(1, 1)}
    for wrapped in ({"g_ema": network} | beside, beside | {"g_ema": network}):
        assert read_tensors(_proven("state.pth", _saved(wrapped))).keys() == network.keys()


def test_the_averaged_network_is_found_by_any_name_that_says_so() -> None:
    for name, average in (("state_dict", "state_dict_ema"), ("generator", "generator_EMA"), ("g", "netG_ema")):
        for names in ((name, average), (average, name)):
            nets = {one: {"ecd0.0.0.weight": torch.full((1, 1), float(one == average))} for one in names}
            assert float(read_tensors(_proven("state.pth", _saved(nets)))["ecd0.0.0.weight"]) == 1


def test_counts_that_stand_beside_the_tensors_of_a_network_are_none_of_it() -> None:
    counts = {"epoch": torch.tensor(3), "ecd0.total_ops": torch.zeros(1), "total_params": torch.zeros(1)}
    content = _saved([{"model": counts | {"ecd0.0.0.weight": torch.ones(1, 1)}}])
    assert list(read_tensors(_proven("state.pth", content))) == ["ecd0.0.0.weight"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (_saved({"a": torch.ones(1), "x": _Runs()}), r"but holds posix.system as well.*the entry g_ema"),
        (_saved({"a": torch.ones(1)}, protocol=4), "by another protocol than torch's own"),
        (_archive("net/constants.pkl"), r"a program \(TorchScript\): get the \.pth"),
        (_archive("net/readme.txt"), "an archive of other files"),
        (gzip.compress(_saved({"a": torch.ones(1)})), "packed with gzip: unpack it first"),
        (_saved({"a": torch.ones(1)})[:-100], "cut short or damaged"),
        (b"\x08\x07\x12\x07pytorch\x1a\x051.8.0" + bytes(300), r"ONNX's format: get the \.pth"),
        (_saved({"a": torch.ones(1, dtype=torch.int8).bool().to_sparse()})[:50], "cut short"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_it_seems_to_be(content: bytes, problem: str) -> None:
    with pytest.raises(FatalError, match=problem):
        read_tensors(_proven("net.pth", content))


def test_a_safetensors_is_told_by_its_content() -> None:
    assert read_tensors(_proven("net.pth", safetensors.torch.save({"a": torch.ones(1)})))["a"] == 1
