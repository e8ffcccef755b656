"""Chromium, driven headless, and what it tells of a page: which hosts it asked, its console, what axe-core finds."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.waiting import PATIENCE

webdriver: Any = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
WebDriverWait: Any = pytest.importorskip("selenium.webdriver.support.wait").WebDriverWait
WebDriverException: Any = pytest.importorskip("selenium.common").WebDriverException
BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(not (BROWSER and DRIVER), reason="Chromium and its driver are not installed")
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--disable-dev-shm-usage",
)  # fmt: skip
Browser: TypeAlias = Any  # Selenium is not there to be typed where it is not installed
_LONG = 100  # seconds on a busy machine; Selenium waits two minutes for an answer
_SERIOUS = ("serious", "critical")


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """Chromium, telling all that it logs."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for option in (*_OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(_LONG)
    driver.set_script_timeout(_LONG)
    driver.implicitly_wait(_LONG)  # a click returns before the page that it leads to is there
    try:
        yield driver
    finally:
        driver.quit()


def resize(browser: Browser, width: int, scheme: str) -> None:
    """A window so wide, in "light" or "dark"."""
    browser.set_window_size(width, 900)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def speak(browser: Browser, language: str) -> None:
    """Ask for pages in a language from now on."""
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": language}})


def fits(browser: Browser) -> bool:
    """Is nothing wider than the window?"""
    return bool(browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"))


def wait_for(browser: Browser, holds: Callable[[Browser], object]) -> None:
    """Wait until something holds of the page, whatever becomes of its parts meanwhile."""
    WebDriverWait(browser, PATIENCE, ignored_exceptions=[WebDriverException]).until(holds)


def wait_to_read(browser: Browser, words: str, selector: str = "body") -> None:
    """Wait until it is there to be read, also if that is on the page to which a click leads."""
    wait_for(browser, lambda page: words in page.find_element("css selector", selector).text)


def errors_of(browser: Browser) -> list[str]:
    """What its console has told since this was asked last, but for pictures that are not there."""
    told = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    return [entry["message"] for entry in told if "404" not in entry["message"]]


def hosts_of(browser: Browser) -> set[str]:
    """The hosts that the pages asked anything of since this was asked last."""
    told = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in told if one["method"] == "Network.requestWillBeSent"]
    return {url.split("/")[2].split(":")[0] for url in urls if url.startswith("http")}


def findings_of(browser: Browser) -> list[str]:
    """What axe-core, which is run in the page, finds serious or worse."""
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
    browser.execute_script(axe)
    found = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"] if one["impact"] in _SERIOUS]


def move(browser: Browser, slider: str, value: float) -> None:
    """Have a slider, by its selector, stand elsewhere, as a finger does."""
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
    browser.execute_script(script, browser.find_element("css selector", slider), value)
