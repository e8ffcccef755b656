"""The dashboard in a real browser, if there is one: it works, speaks to nobody else, and can be used by everybody."""

import json
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from gpend.ledger import Decision, DecisionKind, Fingerprint, Ledger, Result, State
from gpend.web.app import application
from gpend.web.security import Sessions
from tests.web.conftest import NOW
from tests.web.serving import served

selenium = pytest.importorskip("selenium", reason="Selenium is not installed")
webdriver = pytest.importorskip("selenium.webdriver")
WebDriverWait: Any = pytest.importorskip("selenium.webdriver.support.wait").WebDriverWait
_BROWSER, _DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (_BROWSER and _DRIVER), reason="Chromium and its driver are not installed")
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--disable-dev-shm-usage",
)  # fmt: skip
Browser: TypeAlias = Any  # Selenium is not there to be typed where it is not installed
_SERIOUS = ("serious", "critical")


@pytest.fixture
def address(ledger: Path, sessions: Sessions, tmp_path: Path) -> Iterator[str]:
    """The dashboard, served on this machine."""
    with served(application(ledger, sessions, tmp_path / "cache")) as place:
        yield place


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Chromium, telling all that it logs."""
    options = webdriver.ChromeOptions()
    options.binary_location = _BROWSER
    for option in (*_OPTIONS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(_DRIVER))
    driver.set_page_load_timeout(60)
    driver.implicitly_wait(30)  # a click returns before the page that it leads to is there
    try:
        yield driver
    finally:
        driver.quit()


def _asked_for(browser: Browser) -> set[str]:
    """The hosts that the pages asked anything of."""
    told = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in told if one["method"] == "Network.requestWillBeSent"]
    return {url.split("/")[2].split(":")[0] for url in urls if url.startswith("http")}


def _serious(browser: Browser) -> list[str]:
    """What axe-core, which is run in the page, finds serious or worse."""
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
    browser.execute_script(axe)
    found = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"] if one["impact"] in _SERIOUS]


@pytest.mark.parametrize("page", ["/", "/photos?q=a", "/photos/1", "/photos/4", "/tuning", "/login"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_fits_is_accessible_and_speaks_to_nobody_else(
    browser: Browser, address: str, page: str, width: int, scheme: str
) -> None:
    browser.set_window_size(width, 900)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(address + page)
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert _serious(browser) == []
    assert [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and "404" not in entry["message"]
    ] == []
    assert _asked_for(browser) <= {"127.0.0.1"}


def test_the_slider_uncovers_what_was_before(browser: Browser, address: str) -> None:
    browser.get(f"{address}/photos/1")
    slider = browser.find_element("css selector", "[data-slider]")
    cuts = []
    for value in (10, 90):
        browser.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", slider, value
        )
        cuts.append(browser.execute_script("return getComputedStyle(document.querySelector('.over')).clipPath"))
    assert cuts[0] != cuts[1]
    slider.send_keys(webdriver.Keys.ARROW_LEFT)
    assert browser.execute_script("return arguments[0].value", slider) == "89"


def test_zooming_fetches_the_whole_picture(browser: Browser, address: str) -> None:
    browser.get(f"{address}/photos/1")
    browser.execute_script(
        "const z = document.querySelector('[data-zoom]'); z.value = 3; z.dispatchEvent(new Event('input'))"
    )
    assert browser.find_element("css selector", ".over").get_attribute("src").endswith("/after/full.jpg")


def test_a_photo_is_found_and_tried_again_with_clicks_alone(browser: Browser, address: str) -> None:
    browser.get(f"{address}/photos")
    browser.find_element("css selector", "select[name=state] option[value=failed]").click()
    browser.find_element("css selector", ".filters button").click()
    WebDriverWait(browser, 30).until(lambda page: "state=failed" in page.current_url)
    (card,) = browser.find_elements("css selector", ".card")
    card.click()
    browser.find_element("css selector", "form[action$=retry] button").click()
    assert "Noted. gpend sees to it" in browser.find_element("css selector", "[role=status]").text


def test_a_person_decides_about_a_photo_and_the_page_shows_it_when_the_daemon_has_done_it(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(f"{address}/photos/1")
    browser.find_element("css selector", "[data-decide] button[value=original]").click()
    assert "Noted. gpend sees to it" in browser.find_element("css selector", "[role=status]").text
    with Ledger.open(ledger) as daemon:
        (asked,) = daemon.requests.waiting()
        assert asked.path is not None
        daemon.decisions.note(Decision(asked.path, DecisionKind.ORIGINAL, 5))
        told = Result(State.KEPT, "the original is used, as you decided", "a" * 64, Fingerprint())
        daemon.queue.finish(1, told, NOW + 100)
    WebDriverWait(browser, 30).until(lambda page: "You decided: use the original" in page.page_source)
    assert "noted" not in browser.current_url


def test_all_that_fit_a_filter_are_decided_upon_with_a_second_look(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(f"{address}/photos?state=restored")
    browser.find_element("css selector", ".bulk summary").click()
    browser.find_element("css selector", ".bulk option[value=leave]").click()
    browser.find_element("css selector", ".bulk button").click()
    assert "Noted. gpend sees to it" in browser.find_element("css selector", "[role=status]").text
    with Ledger.open(ledger) as daemon:
        (asked,) = daemon.requests.waiting()
    assert (asked.detail["decision"], asked.detail["choice"]["state"]) == ("leave", "restored")


def test_the_threshold_is_tried_out_with_the_slider(browser: Browser, address: str) -> None:
    browser.get(f"{address}/tuning")
    slider = browser.find_element("css selector", "[data-threshold]")
    slider.send_keys(webdriver.Keys.ARROW_RIGHT)
    WebDriverWait(browser, 30).until(lambda page: "threshold=0.51" in page.current_url)
    assert "sharpness_threshold: 0.51" in browser.page_source


def test_pages_speak_the_language_of_the_browser(browser: Browser, address: str) -> None:
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": "zh-CN,zh;q=0.9"}})
    browser.get(f"{address}/photos/1")
    assert "您的决定" in browser.page_source
    assert browser.execute_script("return document.documentElement.lang") == "zh-CN"


def test_less_strength_is_seen_at_once(browser: Browser, address: str) -> None:
    browser.get(f"{address}/tuning")
    slider = browser.find_element("css selector", "[data-strength]")
    browser.execute_script("arguments[0].value = 0.5; arguments[0].dispatchEvent(new Event('input'))", slider)
    assert browser.execute_script("return getComputedStyle(document.querySelector('.half .top')).opacity") == "0.5"
    assert browser.find_element("css selector", "[data-strength-line]").text == "0.50"
