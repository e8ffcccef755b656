"""A published network, from its licence to the photo: fetched, verified, chosen for the faces that it suits, named."""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image

from gpend.core.fitted import CAUTIOUS, BlendFit
from gpend.core.formats import history
from gpend.models import fits
from gpend.models.recognise import Shape
from tests.models.publisher import Publisher, published
from tests.models.sharpening import sharpening
from tests.models.test_fits import found as fitted

NAME = "GPEN-BFR-512"
SHAPE = Shape(512, 1, 0.25)
"""Of the published side, and thinner: so it is fetched and computed within the patience of a test."""

_FACE = (178, 57, 95)  # left, top and side of the face in the sample, in pixels
_AROUND = 48


@dataclass(frozen=True)
class Home:
    """Where a person has gpend, and a server that publishes the network."""

    folder: Path
    publisher: Publisher

    def gpend(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line, in a process of its own."""
        proxies = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}
        around = {name: value for name, value in os.environ.items() if name not in proxies}
        around |= {"XDG_DATA_HOME": str(self.folder / "data"), "GPEND_CONFIG": str(self.folder / "gpend.yaml")}
        command = [sys.executable, "-P", "-m", "gpend", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=around, capture_output=True, text=True, timeout=900, check=False
        )

    def told(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        """What a command answers to scripts."""
        ended = self.gpend(*arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def network(self, photo: str) -> str:
        """The name of the network by which the largest face of a photo was restored, as `gpend why` tells it."""
        faces = self.told("why", f"in/{photo}")["faces"]
        return str(max(faces, key=lambda face: face["box"][2] - face["box"][0]).get("network", ""))


@pytest.fixture
def home(tmp_path: Path, samples: Path) -> Iterator[Home]:
    saved = io.BytesIO()
    torch.save(sharpening(SHAPE, amount=0.4, levels=2), saved)
    with published(Publisher(saved.getvalue())) as publisher:
        _describe(tmp_path / "own", publisher)
        settings = {
            "folders": [{"source": "in", "output": "out"}],
            "ledger": "state/ledger.sqlite",
            "settle_seconds": 0,
            "restore": {"weights": "own", "device": "cpu"},
        }
        (tmp_path / "gpend.yaml").write_text(yaml.safe_dump(settings))
        for folder in ("in", "out", "state"):
            (tmp_path / folder).mkdir()
        for name, width in (("large.jpg", 900), ("small.jpg", 120)):
            (tmp_path / "in" / name).write_bytes(_shaken(samples / "portrait-sharp.jpg", width))
        yield Home(tmp_path, publisher)


def _describe(folder: Path, publisher: Publisher) -> None:
    """What gpend knows of the network; its own manifest names places that no test can reach."""
    folder.mkdir()
    told: dict[str, object] = {"name": NAME, "architecture": "gpen", "template": "gpen", "file": f"{NAME}.pth"}
    told |= {name: value for name, value in vars(SHAPE).items() if value is not None}
    told |= {"sha256": hashlib.sha256(publisher.content).hexdigest(), "bytes": len(publisher.content)}
    told |= {"origin": "somebody", "licence": "academic use", "consent": True, "urls": [publisher.url]}
    (folder / "MANIFEST.yaml").write_text(yaml.safe_dump([told]))


def _shaken(portrait: Path, width: int) -> bytes:
    """The face of the sample, so wide, with the camera moved sideways by a twentieth of it."""
    left, top, side = _FACE
    with Image.open(portrait) as image:
        around = (left - _AROUND, top - _AROUND, left + side + _AROUND, top + round(1.3 * side) + _AROUND)
        small = np.asarray(image.convert("RGB").crop(around))
    large = cv2.resize(small, None, fx=width / side, fy=width / side, interpolation=cv2.INTER_CUBIC)
    length = round(width / 20) | 1
    shaken: NDArray[np.uint8] = np.asarray(cv2.filter2D(large, -1, np.full((1, length), 1 / length, np.float32)))
    data = io.BytesIO()
    Image.fromarray(shaken).save(data, "JPEG", quality=95)
    return data.getvalue()


def test_a_published_network_is_fetched_verified_chosen_for_large_faces_and_named(home: Home) -> None:
    home.publisher.break_after = [len(home.publisher.content) // 2]
    fetched = home.gpend("weights", "fetch", NAME, "--accept-licence")
    assert fetched.returncode == 0, fetched.stderr
    assert "is used from the next start of gpend on" in fetched.stdout
    assert len(home.publisher.asked) == 2
    assert home.publisher.asked[1].startswith("bytes=")

    listed = {row["name"]: row["file"] for row in home.told("weights", "list")}
    assert listed[NAME] == str(home.folder / "own" / f"{NAME}.pth")
    (verified,) = home.told("weights", "verify", NAME)
    assert (verified["problem"], verified["precision"], verified["error"]) == ("", "float32", 0)
    assert verified["milliseconds"] > 0
    checked = home.gpend("check").stdout
    assert f"Faces are restored by gpen-256 and {NAME}, each by the smallest that holds its detail." in checked

    once = home.gpend("once")
    assert once.returncode == 0, once.stderr
    version = f"{NAME} ({hashlib.sha256(home.publisher.content).hexdigest()[:8]})"
    assert home.network("large.jpg") == version
    assert home.network("small.jpg").startswith("gpen-256 (")
    large, small = (history.last((home.folder / "out" / name).read_bytes()) for name in ("large.jpg", "small.jpg"))
    assert f"restored with {version} from" in large
    assert "restored with gpen-256 (" in small
    assert f"with {version}" in home.gpend("why", "in/large.jpg").stdout
    assert "painted at 50% strength" in home.gpend("why", "in/large.jpg").stdout

    again = home.gpend("retry", "--made-with", NAME)
    assert f"1 photo was restored with {NAME}." in again.stdout
    assert (again.returncode, "nothing was changed" in again.stderr) == (2, True)  # nobody answered

    little = replace(CAUTIOUS.on_photo, strength=(0.4, *CAUTIOUS.on_photo.strength[1:]))
    fit = BlendFit(little, little)
    fits.write(fitted(NAME, hashlib.sha256(home.publisher.content).hexdigest(), fit=fit), home.folder / "own")
    assert f"Nothing was measured for the network {NAME}" not in home.gpend("check").stdout
    assert home.gpend("retry", "--made-with", NAME, "--yes").returncode == 0
    assert home.gpend("once").returncode == 0
    assert home.network("large.jpg") == version
    assert f"restored with {version} from" in history.last((home.folder / "out" / "large.jpg").read_bytes())
    assert "painted at 40% strength" in home.gpend("why", "in/large.jpg").stdout
