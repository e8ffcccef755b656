"""A person with a browser, and the real daemon with its real networks on real photos: what they see and decide is done.

One journey, as it goes: gpend is started, the overview tells how it is getting on by itself, a photo is found by a
filter and compared, a decision is taken and seen done, on a desk and on a phone, in two languages, until gpend ends.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.waiting import PATIENCE
from tests.web import chromium
from tests.web.chromium import Browser

pytestmark = chromium.needs_chromium
_PHOTOS = ("portrait-blurred.jpg", "portrait-sharp.jpg", "no-faces.jpg")


@pytest.fixture
def config(tmp_path: Path, samples: Path) -> Path:
    """A configuration as a new user writes it, with the page in the daemon."""
    for folder in ("photos", "restored"):
        (tmp_path / folder).mkdir()
    for name in _PHOTOS:
        shutil.copy(samples / name, tmp_path / "photos" / name)
    path = tmp_path / "gpend.yaml"
    path.write_text(
        "folders: [{source: photos, output: restored}]\nledger: state/ledger.sqlite\nsettle_seconds: 0\n"
        f"web: {{enabled: true, port: {free_port()}}}\nrestore: {{device: cpu}}\n"
    )
    return path


@contextmanager
def _running(config: Path) -> Iterator[None]:
    """`gpend run`, ended as systemd ends it."""
    command = [sys.executable, "-m", "gpend", "run", "--config", str(config)]
    with (config.parent / "log").open("ab") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        yield
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(PATIENCE)


def _address(config: Path) -> str:
    port = config.read_text().split("port: ")[1].split("}")[0]
    return f"http://127.0.0.1:{port}"


def _open(browser: Browser, address: str) -> None:
    """Load a page, as soon as there is one."""
    place = address.removeprefix("http://").split(":")

    def is_there(_: Browser) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex((place[0], int(place[1]))) == 0

    chromium.wait_for(browser, is_there)
    browser.get(address)


def _see(browser: Browser, words: str, *, is_gone: bool = False) -> None:
    """Wait until the page says this by itself, or says it no more."""

    def is_so(page: Browser) -> bool:
        is_said = page.execute_script("return document.body.innerText.includes(arguments[0])", words)
        return bool(is_said) != is_gone

    chromium.wait_for(browser, is_so)


def _click(browser: Browser, selector: str) -> None:
    browser.find_element("css selector", selector).click()


def _are_loaded(browser: Browser, selector: str) -> bool:
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.complete && one.naturalWidth > 99)"
    return all(browser.execute_script(script, selector))


def _sound(browser: Browser) -> None:
    """Nothing is wrong with the page that is open, and it has asked nothing of another machine."""
    assert chromium.fits(browser)
    assert chromium.findings_of(browser) == []
    assert chromium.errors_of(browser) == []
    assert chromium.hosts_of(browser) <= {"127.0.0.1"}


def test_a_person_looks_compares_and_decides_and_gpend_does_it(config: Path, tmp_path: Path) -> None:
    restored = tmp_path / "restored" / "portrait-blurred.jpg"
    with chromium.started(tmp_path / "profile") as browser:
        with _running(config):
            _finds_the_restored_photo(browser, _address(config))
            assert restored.is_file()
            _compares(browser)
            _uses_the_original(browser)
            assert not restored.exists()
            assert list((tmp_path / "restored" / ".gpend-trash").rglob("portrait-blurred*"))
            _changes_their_mind(browser)
            assert restored.is_file()
            _reads_chinese_on_a_phone(browser, _address(config))
        _see(browser, "连接已断开")
        with _running(config):
            _see(browser, "连接已断开", is_gone=True)
            _see(browser, "正在监视")


def _finds_the_restored_photo(browser: Browser, address: str) -> None:
    _open(browser, address)
    _see(browser, "All is done.")
    _see(browser, "watching by events")
    _sound(browser)
    _click(browser, "nav a[href='/photos']")
    _click(browser, "select[name=state] option[value=restored]")
    _click(browser, ".filters button")
    chromium.wait_for(browser, lambda page: "state=restored" in page.current_url)
    (card,) = browser.find_elements("css selector", ".card")
    assert card.find_element("css selector", ".name").text == "portrait-blurred.jpg"
    _sound(browser)
    card.click()


def _compares(browser: Browser) -> None:
    chromium.wait_for(browser, lambda page: _are_loaded(page, ".layers img"))
    cuts = set()
    for place in (10, 90):
        chromium.move(browser, "[data-slider]", place)
        cuts.add(browser.execute_script("return getComputedStyle(document.querySelector('.over')).clipPath"))
    assert len(cuts) == 2
    chromium.move(browser, "[data-zoom]", 4)
    chromium.wait_for(browser, lambda page: _are_loaded(page, ".layers img[src$='full.jpg']"))
    assert "sharpness 0." in browser.find_element("css selector", ".people").text
    _sound(browser)


def _uses_the_original(browser: Browser) -> None:
    _click(browser, "[data-decide] button[value=original]")
    _see(browser, "You decided: use the original")
    assert "noted" not in browser.current_url


def _changes_their_mind(browser: Browser) -> None:
    _click(browser, "[data-decide] button[value=automatic]")
    _see(browser, "gpend decides by its settings")
    chromium.wait_for(browser, lambda page: page.find_elements("css selector", ".title .state.restored"))
    _sound(browser)


def _reads_chinese_on_a_phone(browser: Browser, address: str) -> None:
    photo = browser.current_url
    chromium.speak(browser, "zh-CN,zh;q=0.9")
    chromium.resize(browser, 390, "dark")
    for page in (photo, f"{address}/photos", f"{address}/tuning", f"{address}/"):
        browser.get(page)
        assert browser.execute_script("return document.documentElement.lang") == "zh-CN"
        told = browser.find_element("css selector", "main").text
        assert [word for word in ("sharpness 0", "no faces", "1 face", "sharp enough") if word in told] == []
        _sound(browser)
