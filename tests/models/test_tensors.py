"""Only named tensors come out of a checkpoint."""

import gzip
import io
import pickle
from pathlib import Path

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


def _saved(values: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(values, buffer)
    return buffer.getvalue()


def test_both_formats_give_float32() -> None:
    tensors = {"a": torch.ones(2, dtype=torch.float16)}
    for proven in (_proven("a.pth", _saved(tensors)), _proven("a.safetensors", safetensors.torch.save(tensors))):
        assert torch.equal(read_tensors(proven)["a"], torch.ones(2))


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


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            _saved({"g_ema": {"a": torch.ones(1)}, "args": _Trained()}),
            r"but holds \S+_Trained as well.*the entry g_ema",
        ),
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
