"""Screenshots of the real dashboard, after the real daemon has worked: python -m tests.screenshots FOLDER.

The photos are in the public domain (gpend/samples, and matplotlib's where that is installed), blurred here as hands,
dark rooms and lenses do. With --photos DIR, photos of your own are shown instead. It takes Chromium with
its driver, the extra `web`, and a few minutes; fonts are those of this machine (Inter and WenQuanYi look well).
"""

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.applications import Starlette

from gpend import config
from gpend.ledger import Choice, Ledger, Records, State
from gpend.web.app import application
from gpend.web.security import LOOPBACK, Sessions
from tests.web.serving import served

Picture = NDArray[np.uint8]
SAMPLES = Path(__file__).resolve().parents[1] / "gpend" / "samples"
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
_OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage")


def softened(picture: Picture, sigma: float) -> Picture:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def shaken(picture: Picture, length: int, angle: float) -> Picture:
    """By a hand that moved."""
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    step = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length / 2
    ends = [tuple(int(edge) for edge in np.rint(length + sign * step)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def dark(picture: Picture, sigma: float) -> Picture:
    """With noise, as in a dim room."""
    noise = np.random.default_rng(3).normal(0, 7, picture.shape)
    return np.clip(softened(picture, sigma) * 0.75 + noise, 0, 255).astype(np.uint8)


def pictures() -> dict[str, Picture]:
    """What there is to show, by name."""
    collins = np.asarray(Image.open(SAMPLES / "portrait-sharp.jpg").convert("RGB"))
    found = {
        "2019/05/IMG_2041.jpg": softened(collins, 2.2),
        "2019/05/IMG_2042.jpg": shaken(collins, 9, 30),
        "2019/05/IMG_2043.jpg": dark(collins, 1.6),
        "2019/05/IMG_2044.jpg": collins,
        "2019/06/IMG_2102.jpg": np.asarray(Image.open(SAMPLES / "no-faces.jpg").convert("RGB")),
        "2020/01/mmexport1578.jpg": np.asarray(Image.fromarray(softened(collins, 1.4)[:, ::-1]).resize((384, 384))),
    }
    if find_spec("matplotlib"):
        from matplotlib import get_data_path  # noqa: PLC0415 - optional

        hopper = np.asarray(Image.open(Path(get_data_path(), "sample_data", "grace_hopper.jpg")).convert("RGB"))
        found |= {
            "2021/12/DSC00318.jpg": softened(hopper, 2.4),
            "2021/12/DSC00319.jpg": shaken(hopper, 10, 100),
            "2021/12/DSC00320.jpg": hopper,
        }
    return found


@contextmanager
def world(folder: Path, own: Path | None) -> Iterator[Path]:
    """A configuration whose photos the daemon has gone through."""
    for name, picture in pictures().items() if own is None else ():
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "Apple", "iPhone 8"
        Image.fromarray(picture).save(folder / "photos" / name, quality=92, exif=exif)
    if own is not None:
        shutil.copytree(own, folder / "photos")
    (folder / "photos" / "2019").mkdir(parents=True, exist_ok=True)
    (folder / "photos" / "2019" / "scan.jpg").write_bytes(b"this is no picture")
    (folder / "photos" / "2019" / "IMG_2050.CR2").write_bytes(b"II*\0")
    (folder / "restored").mkdir()
    path = folder / "gpend.yaml"
    path.write_text(
        "folders: [{source: photos, output: restored}]\nledger: state/ledger.sqlite\nsettle_seconds: 0\n"
        "incomplete_minutes: 0\nrestore: {device: cpu}\n"
    )
    subprocess.run([sys.executable, "-m", "gpend", "once", "--config", path], check=False)
    yield path


def shown(path: Path) -> Starlette:
    """The dashboard of this configuration."""
    settings = config.load(path)
    return application(settings.ledger, Sessions(None, LOOPBACK), settings.ledger.parent / "cache", lambda: settings)


def take(address: str, pages: dict[str, str], folder: Path) -> None:
    """Every page, in light and dark, at a desk and on a phone, and the first in Chinese."""
    from selenium import webdriver  # noqa: PLC0415 - optional

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in _OPTIONS:
        options.add_argument(option)
    driver: Any = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        for scheme in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            for size, shown in SIZES.items():
                for name, page in pages.items():
                    _shoot(driver, address + page, shown, folder / f"{name}-{size}-{scheme}.webp")
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": "zh-CN"}})
        _shoot(driver, address + pages["overview"], SIZES["desktop"], folder / "overview-desktop-zh.webp")
    finally:
        driver.quit()


def _shoot(driver: Any, address: str, size: tuple[int, int], file: Path) -> None:  # noqa: ANN401 - Selenium's driver
    width, height = size
    shown = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shown)
    driver.get(address)
    driver.execute_async_script(_LOADED)
    with Image.open(io.BytesIO(driver.get_screenshot_as_png())) as taken:
        taken.convert("RGB").save(file, quality=82, method=6)


_LOADED = """
const done = arguments[0];
for (const image of document.images) image.loading = "eager";
Promise.all([...document.images].map((image) => image.complete || new Promise((then) => {
  image.onload = image.onerror = then;
}))).then(() => setTimeout(done, 150));
"""


def pages_of(ledger: Path) -> dict[str, str]:
    """What is shown."""
    with Records.read_only(ledger) as records:
        (last, *_) = records.listed(Choice(state=State.RESTORED), None, 9) or records.listed(Choice(), None, 1)
    return {"overview": "/", "photos": "/photos", "photo": f"/photos/{last.id}", "tuning": "/tuning?threshold=0.6"}


def main(say: Callable[[str], None] = print) -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        world(Path(place), asked.photos) as path,
        Ledger.open(config.load(path).ledger),  # as if the daemon ran
        served(shown(path)) as address,
    ):
        take(address, pages_of(config.load(path).ledger), asked.folder)
    say(f"Screenshots are in {asked.folder}.")


if __name__ == "__main__":
    main()
