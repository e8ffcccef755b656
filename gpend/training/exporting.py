"""Trained weights as files: safetensors in float16, in as many parts as keep each under LARGEST bytes."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gpend.errors import ConfigurationError

LARGEST = 15 * 1024 * 1024
_SUFFIX = ".safetensors"


def export(tensors: Mapping[str, Tensor], folder: Path, name: str) -> list[Path]:
    """Write `name`.safetensors into `folder`, or `name`-1-of-N.safetensors and so on; earlier parts are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in parts(folder, name):
        old.unlink()
    shares = _shares({key: value.detach().half().cpu().contiguous() for key, value in tensors.items()})
    written = []
    for number, share in enumerate(shares, 1):
        part = f"-{number}-of-{len(shares)}" if len(shares) > 1 else ""
        written.append(folder / f"{name}{part}{_SUFFIX}")
        save_file(share, written[-1])
    return written


def parts(folder: Path, name: str) -> list[Path]:
    """The files that `export` wrote for `name`, in order."""
    whole = folder / f"{name}{_SUFFIX}"
    return [whole] if whole.is_file() else sorted(folder.glob(f"{name}-*-of-*{_SUFFIX}"))


def load_exported(path: Path) -> dict[str, Tensor]:
    """The tensors of one file, or of all parts that lie in a folder, as float32; raises ConfigurationError."""
    files = sorted(path.glob(f"*{_SUFFIX}")) if path.is_dir() else [path]
    try:
        tensors = {key: value.float() for file in files for key, value in load_file(file).items()}
    except (OSError, SafetensorError) as error:
        raise ConfigurationError(f"The weights {path} cannot be read: {error}.") from error
    if not tensors:
        raise ConfigurationError(f"There are no weights in {path}.")
    return tensors


def _shares(tensors: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Tensors in their order, a new share begun where one would grow too large."""
    shares: list[dict[str, Tensor]] = [{}]
    size = 0
    for key, value in tensors.items():
        more = value.numel() * value.element_size()
        if shares[-1] and size + more > LARGEST - (1 << 16):
            shares.append({})
            size = 0
        shares[-1][key] = value
        size += more
    return shares
