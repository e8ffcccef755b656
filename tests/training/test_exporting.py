"""Trained weights as files."""

from pathlib import Path

import pytest
import torch

from gpend.errors import ConfigurationError
from gpend.training.exporting import LARGEST, export, load_exported


def test_what_was_exported_loads_as_it_was_to_half_precision(tmp_path: Path) -> None:
    tensors = {"a": torch.randn(3, 4), "b": torch.randn(7)}
    (written,) = export(tensors, tmp_path, "kernel")
    assert written.name == "kernel.safetensors"
    assert all(torch.equal(value, tensors[key].half().float()) for key, value in load_exported(written).items())


def test_large_networks_come_in_parts_that_are_each_small_enough(tmp_path: Path) -> None:
    tensors = {str(number): torch.full((1 << 20,), float(number)) for number in range(20)}
    written = export(tensors, tmp_path, "gpen")
    assert [file.name for file in written] == [f"gpen-{number}-of-3.safetensors" for number in (1, 2, 3)]
    assert all(file.stat().st_size <= LARGEST for file in written)
    assert all(float(value[0]) == float(key) for key, value in load_exported(tmp_path).items())


def test_parts_of_an_earlier_export_do_not_stay(tmp_path: Path) -> None:
    export({str(number): torch.zeros(1 << 22) for number in range(4)}, tmp_path, "gpen")
    export({"a": torch.ones(1)}, tmp_path, "gpen")
    assert [file.name for file in tmp_path.iterdir()] == ["gpen.safetensors"]


@pytest.mark.parametrize("content", [None, b"no tensors"])
def test_what_holds_no_weights_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(ConfigurationError, match="weights"):
        load_exported(tmp_path)
