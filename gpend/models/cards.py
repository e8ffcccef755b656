"""Is there a graphics card? Asked of the system, without the seconds that PyTorch takes (no torch here)."""

from pathlib import Path

_DEVICES = Path("/dev")


def seem_there(devices: Path = _DEVICES) -> bool:
    """Whether NVIDIA's driver shows one, or Windows' to the Linux within it; whether it works is another question."""
    return any(devices.glob("nvidia[0-9]*")) or (devices / "dxg").exists()


def may_serve(device: str, devices: Path = _DEVICES) -> bool:
    """Whether `restore.device` leads to one."""
    return device.startswith("cuda") or (device == "auto" and seem_there(devices))
