"""exiftool's view of a photo; tests that want it are skipped where it is not installed."""

import json
import shutil
import subprocess
from typing import Any

import pytest

needed = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed here")


def tags(photo: bytes) -> dict[str, Any]:
    """Every tag that exiftool finds, by group and name, binary values included."""
    read = json.loads(_asked(photo, "-a", "-u", "-G1", "-j", "-b"))[0]
    return {name: value for name, value in read.items() if not name.startswith(("System:", "Composite:", "Source"))}


def value(photo: bytes, tag: str) -> bytes:
    """One tag's bytes."""
    return _asked(photo, "-b", f"-{tag}")


def warnings(photo: bytes) -> set[str]:
    """What exiftool has to say against the file, minor things left out."""
    told = _asked(photo, "-validate", "-warning", "-error", "-a", "-s3").decode().splitlines()
    return {line for line in told if "minor" not in line and line != "OK"}


def _asked(photo: bytes, *options: str) -> bytes:
    command = ["exiftool", *options, "-"]
    return subprocess.run(command, input=photo, capture_output=True, check=False).stdout
