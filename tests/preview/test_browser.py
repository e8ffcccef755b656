"""The report of `gpend preview` in a real browser, if there is one: opened from the disk, and used."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from gpend.core.report import FaceReport, Verdict
from gpend.preview.collect import Collection, Seen
from gpend.preview.page import page
from tests.web import chromium
from tests.web.chromium import Browser, webdriver

pytestmark = chromium.needs_chromium
_SHARPNESS = {"a.jpg": 0.12, "b.jpg": 0.34, "c <b>.jpg": 0.81}


def _picture(grey: int) -> bytes:
    return bytes(cv2.imencode(".jpg", np.full((64, 64, 3), grey, np.uint8))[1])


def _seen(name: str, sharpness: float, verdict: Verdict) -> Seen:
    report = FaceReport((1, 2, 30, 40), 0.9, sharpness, verdict, f"sharpness {sharpness:.2f}")
    after = _picture(200) if verdict is Verdict.RESTORED else b""
    return Seen(Path("/photos", name), report, _picture(90), after, _picture(20), "ACME 9, 2023-07-08")


@pytest.fixture
def report(tmp_path: Path) -> str:
    """Its address: two faces that would be restored, and a sharp one."""
    verdicts = (Verdict.RESTORED, Verdict.RESTORED, Verdict.SHARP)
    faces = [_seen(name, value, verdict) for (name, value), verdict in zip(_SHARPNESS.items(), verdicts, strict=True)]
    found = Collection(faces, [*_SHARPNESS.values()], Counter(verdicts), 3, [(Path("/photos/d.jpg"), "it is broken")])
    path = tmp_path / "preview.html"
    path.write_text(page(found, 0.5))
    return path.as_uri()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with chromium.started(tmp_path / "profile") as driver:
        yield driver


def _shown(browser: Browser) -> list[str]:
    """The photos whose faces can be seen."""
    cards = browser.find_elements("css selector", ".cards > figure")
    return [card.find_element("css selector", "a").text for card in cards if card.is_displayed()]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_report_fits_is_accessible_and_asks_nobody(browser: Browser, report: str, width: int, scheme: str) -> None:
    chromium.resize(browser, width, scheme)
    browser.get(report)
    assert chromium.fits(browser)
    assert chromium.findings_of(browser) == []
    assert chromium.errors_of(browser) == []
    assert chromium.hosts_of(browser) == set()
    labels = [tag.text for tag in browser.find_elements("css selector", ".tag")]
    assert (labels.count("before"), labels.count("after")) == (3, 2)


def test_faces_are_left_by_what_was_decided(browser: Browser, report: str) -> None:
    browser.get(report)
    assert len(_shown(browser)) == 3
    for verdict, count in (("sharp", 1), ("restored", 2), ("", 3)):
        browser.find_element("css selector", f"[data-show='{verdict}']").click()
        assert len(_shown(browser)) == count
        pressed = browser.find_elements("css selector", "[aria-pressed=true]")
        assert [chip.get_attribute("data-show") for chip in pressed] == [verdict]


@pytest.mark.parametrize("width", [1280, 520])
def test_a_face_is_enlarged_with_a_click_or_a_key_and_laid_back(browser: Browser, report: str, width: int) -> None:
    chromium.resize(browser, width, "light")
    browser.get(report)
    face = browser.find_element("css selector", ".cards .faces")
    small = browser.find_element("css selector", ".cards .half").size["width"]
    face.send_keys(webdriver.Keys.ENTER)
    assert browser.find_element("css selector", "dialog .half").size["width"] > 1.5 * small
    assert "/photos/a.jpg" in browser.find_element("css selector", "dialog figcaption").text
    assert chromium.findings_of(browser) == []
    browser.find_element("css selector", "dialog form button").click()
    assert not browser.find_element("css selector", "dialog").is_displayed()
    face.click()
    assert browser.find_element("css selector", "dialog").is_displayed()
    webdriver.ActionChains(browser).send_keys(webdriver.Keys.ESCAPE).perform()
    assert not browser.find_element("css selector", "dialog").is_displayed()


def test_the_slider_tells_how_many_faces_lie_below_and_the_line_for_the_configuration(
    browser: Browser, report: str
) -> None:
    browser.get(report)
    for value, below in ((0.1, 0), (0.2, 1), (0.9, 3)):
        chromium.move(browser, "#threshold", value)
        assert browser.find_element("id", "below").text == str(below)
        assert len(browser.find_elements("css selector", ".card.below") if below else []) == below
        assert browser.find_element("id", "line").text == f"triage: {{sharpness_threshold: {value:.2f}}}"


def test_a_face_leads_to_its_photo(browser: Browser, report: str) -> None:
    browser.get(report)
    links = [link.get_attribute("href") for link in browser.find_elements("css selector", ".cards figcaption a")]
    assert links == ["file:///photos/a.jpg", "file:///photos/b.jpg", "file:///photos/c%20%3Cb%3E.jpg"]
    assert re.search(r"1 photo that could\s+not be read", browser.find_element("tag name", "main").text)
