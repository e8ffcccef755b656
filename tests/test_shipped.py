"""The files that came with gpend."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from PIL import Image

from gpend import shipped

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gpend.yaml", "config/gpend.yaml"),
        ("train.yaml", "config/train.yaml"),
        ("gpend.service", "systemd/gpend.service"),
        ("gpend-web.service", "systemd/gpend-web.service"),
        ("grafana.json", "config/grafana.json"),
        ("gpend-scheduler.service", "systemd/gpend-scheduler.service"),
        ("gpend-worker@.service", "systemd/gpend-worker@.service"),
        ("gpend-user.service", "systemd/user/gpend.service"),
    ],
)
def test_what_is_printed_is_what_lies_in_the_repository(name: str, path: str) -> None:
    assert shipped.text(name) == (ROOT / path).read_text()


def test_a_wheel_takes_them_all_along() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {
        "weights": "gpend/weights",
        "config/gpend.yaml": "gpend/config.yaml",
        "config/train.yaml": "gpend/train.yaml",
        "config/grafana.json": "gpend/grafana.json",
        "config/immich-hook.py": "gpend/immich-hook.py",
        "systemd": "gpend/systemd",
    }


@pytest.mark.parametrize("name", ["portrait-shaken.jpg", "portrait-blurred.jpg", "portrait-sharp.jpg", "no-faces.jpg"])
def test_every_sample_is_a_small_picture_whose_origin_is_told(name: str) -> None:
    path = shipped.sample(name)
    assert path.stat().st_size < 300_000
    assert name in path.with_name("ORIGIN.md").read_text()
    with Image.open(path) as picture:
        assert picture.getexif()[0x010F] == "gpend"
        assert picture.info["icc_profile"]


def test_nothing_that_is_gpends_own_looks_like_what_git_and_the_wheel_pass_over() -> None:
    lines = (ROOT / ".gitignore").read_text().split()
    anywhere = [line.rstrip("/") for line in lines if not line.startswith("/")]
    parts = {part for path in (ROOT / "gpend").rglob("*.py") for part in path.relative_to(ROOT).parts}
    assert [(part, pattern) for part in parts for pattern in anywhere if fnmatch(part, pattern)] == []
