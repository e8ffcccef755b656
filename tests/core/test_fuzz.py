"""Bad photos by the thousand: an outcome with a reason, never a crash, a hang, or memory without bounds.

GPEND_FUZZ_FLIPS sets how many random damages each kind of photo gets; 2000 is the full count, taking half an hour.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import photos
from tests.core.fuzzing import damaged
from tests.waiting import PATIENCE

FLIPS = int(os.environ.get("GPEND_FUZZ_FLIPS", "60"))
SECONDS = 5.0  # of processor time for one photo
MEGABYTES = 1000
SMALL = (
    *("jpeg-phone", "png-metadata", "png-palette", "png-profile", "webp-lossy", "webp-lossless", "tiff", "tiff-lzw"),
    *("avif", "heif", "heif-motion", "heif-long-exif"),
)
FULL = (
    *SMALL,
    *("png-profile-text", "heif-trailer", "avif-trailer"),
    *("jpeg", "jpeg-progressive", "jpeg-grey", "png", "png-16", "png-interlaced", "png-alpha", "webp-lossy-alpha"),
    *("tiff-16", "tiff-tiles", "tiff-planes", "tiff-packbits", "tiff-palette", "avif-alpha", "avif-grey"),
)


@pytest.mark.parametrize("name", FULL if FLIPS > 500 else SMALL)
def test_whatever_comes_has_an_outcome(name: str) -> None:
    if name.startswith("heif"):
        pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.core.fuzzing", name, str(FLIPS)]
    limit = 10 * (60 + FLIPS)  # seconds on a busy machine; a hang is found by the time of a single photo, or ends here
    done = subprocess.run(command, cwd=root, capture_output=True, timeout=limit, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    report = json.loads(done.stdout)
    assert not report["wrong"], report["wrong"][0][:2000]
    assert report["slowest"] < SECONDS
    assert report["peak_mb"] < MEGABYTES
    assert report["outcomes"]["IncompleteError"] >= 40  # of some 60 cuts; a video behind a whole picture may be cut off


@pytest.mark.skipif(FLIPS <= 500, reason="takes half a minute; part of the full count")
@pytest.mark.parametrize("kind", sorted(photos.LARGE))
def test_a_small_file_of_many_pixels_does_not_fill_the_memory(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(photos.large(kind))
    assert path.stat().st_size < 4_000_000
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.core.fuzzing", "--look", str(path)]
    done = subprocess.run(command, cwd=root, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    report = json.loads(done.stdout)
    assert report["long_side"] == 1280
    assert report["peak_mb"] < MEGABYTES


def test_the_damage_is_the_same_every_time() -> None:
    photo = bytes(range(256)) * 8
    one, other = (list(damaged(photo, 20, np.random.default_rng(3))) for _ in "ab")
    assert one == other
    assert len(one) == 100 + 20 + 5
