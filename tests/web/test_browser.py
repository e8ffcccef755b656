"""The dashboard in a real browser, if there is one: it works, speaks to nobody else, and can be used by everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend import in_force
from gpend.ledger import Decision, DecisionKind, Fingerprint, Found, FoundBy, Ledger, Result, State
from gpend.settings import Settings
from gpend.stamp import Stamp
from gpend.web.app import application
from gpend.web.security import Sessions
from tests.web import chromium
from tests.web.chromium import Browser, webdriver
from tests.web.conftest import NOW
from tests.web.serving import served

pytestmark = chromium.needs_chromium
_FOLDER = 1  # as the ledger numbers the only one


@pytest.fixture
def address(ledger: Path, sessions: Sessions, tmp_path: Path) -> Iterator[str]:
    """The dashboard, served on this machine."""
    with served(application(ledger, sessions, tmp_path / "cache")) as place:
        yield place


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Chromium."""
    with chromium.started(tmp_path / "profile") as driver:
        yield driver


@pytest.mark.parametrize("page", ["/", "/photos?q=a", "/photos/1", "/photos/4", "/tuning", "/login"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_fits_is_accessible_and_speaks_to_nobody_else(
    browser: Browser, address: str, page: str, width: int, scheme: str
) -> None:
    chromium.resize(browser, width, scheme)
    browser.get(address + page)
    assert chromium.fits(browser)
    assert chromium.findings_of(browser) == []
    assert chromium.errors_of(browser) == []
    assert chromium.hosts_of(browser) <= {"127.0.0.1"}


def test_an_open_overview_shows_what_has_changed_about_folders_unless_somebody_is_using_it(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(address)
    browser.execute_script("document.querySelector('.folders').dataset.is = 'as it was'")
    tile = browser.find_element("css selector", "[data-count=waiting]")
    browser.execute_script("arguments[0].focus()", tile)
    with Ledger.open(ledger, NOW) as opened:
        opened.sources.note_watching(_FOLDER, "events")
        opened.photos.sight(_FOLDER, Found(Path("new.jpg"), Stamp(5, NOW * 10**9, 8), FoundBy.EVENT), NOW)
    chromium.wait_for(browser, lambda _: tile.text == "2")
    assert browser.find_elements("css selector", ".folders[data-is]")
    browser.execute_script("arguments[0].blur()", tile)
    chromium.wait_to_read(browser, "watching by events", ".folders")
    assert chromium.errors_of(browser) == []


def test_a_photo_that_arrives_and_is_restored_has_an_open_overview_loaded_once(
    browser: Browser, address: str, ledger: Path
) -> None:
    with Ledger.open(ledger, NOW) as opened:  # all the while: gpend runs
        opened.photos.finish(3, Result(State.KEPT, "no faces found", "d" * 64, _DONE, {"faces": []}), NOW + 4)
        browser.get(address)
        browser.execute_script("""
            const own = window.fetch;
            window.loads = 0;
            window.fetch = (where, how) => { if (where === "/") window.loads += 1; return own(where, how); };
        """)
        for number, (state, count) in enumerate(((State.KEPT, "3"), (State.RESTORED, "2"))):
            found = Found(Path(f"new-{number}.jpg"), Stamp(5, NOW * 10**9, 8), FoundBy.EVENT)
            photo = opened.photos.sight(_FOLDER, found, NOW)
            _wait_for(browser, "[data-count=waiting]", "1")
            opened.photos.finish(photo, Result(state, "1 face", f"{number}" * 64, _DONE, {"faces": []}), NOW + 5)
            _wait_for(browser, f"[data-count={state}]", count)
        _wait_for(browser, "[data-live]", "2", "data-restored")
        assert browser.execute_script("return window.loads") == 1
    assert chromium.errors_of(browser) == []


_DONE = in_force.judging_of(Settings()).fingerprint  # under the settings that the dashboard has


def _wait_for(browser: Browser, selector: str, text: str, attribute: str = "textContent") -> None:
    """Until it says so; what it stands in may be replaced meanwhile."""
    read = f"return document.querySelector('{selector}')." + (
        attribute if attribute == "textContent" else f"getAttribute('{attribute}')"
    )
    chromium.wait_for(browser, lambda page: page.execute_script(read) == text)


def test_what_somebody_begins_to_use_while_the_page_is_asked_anew_is_not_taken_from_them(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(address)
    browser.execute_script("""
        document.querySelector('.folders').dataset.is = 'as it was';
        const own = window.fetch;
        const held = new Promise((free) => { window.answer = free; });
        window.fetch = (...how) => { window.asked = true; return held.then(() => own(...how)); };
    """)
    with Ledger.open(ledger, NOW) as opened:
        opened.sources.note_watching(_FOLDER, "events")
    chromium.wait_for(browser, lambda page: page.execute_script("return window.asked"))
    browser.execute_script("document.querySelector('[data-count=waiting]').focus(); window.answer()")
    with Ledger.open(ledger, NOW) as opened:
        opened.photos.sight(_FOLDER, Found(Path("new.jpg"), Stamp(5, NOW * 10**9, 8), FoundBy.EVENT), NOW)
    tile = browser.find_element("css selector", "[data-count=waiting]")
    chromium.wait_for(browser, lambda _: tile.text == "2")
    assert browser.find_elements("css selector", ".folders[data-is]")


def test_an_overview_that_is_long_in_coming_is_not_asked_for_again_meanwhile(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(address)
    browser.execute_script("""
        const own = window.fetch;
        window.loads = 0;
        window.fetch = (where, how) => {
            if (where !== "/") return own(where, how);
            window.loads += 1;
            return new Promise(() => {});
        };
    """)
    with Ledger.open(ledger, NOW) as opened:
        opened.sources.note_watching(_FOLDER, "events")
        for number in range(2):
            found = Found(Path(f"new-{number}.jpg"), Stamp(5, NOW * 10**9, 8), FoundBy.EVENT)
            opened.photos.sight(_FOLDER, found, NOW)
            _wait_for(browser, "[data-count=waiting]", f"{number + 2}")
    assert browser.execute_script("return window.loads") == 1


_HURRIED = """
    const [fetched, timed] = [window.fetch, window.setTimeout];
    window.setTimeout = (deed, milliseconds) => timed(deed, milliseconds / 100);
    window.aborted = 0;
    window.pages = 0;
    window.isLost = true;
    window.fetch = (where, how) => {
        if (!window.isLost) return fetched(where, how);
        window.pages += where === "/";
        how.signal?.addEventListener("abort", () => { window.aborted += 1; });
        return new Promise(() => {});
    };
"""
"""Requests are never answered, and what is waited for a minute ends after half a second."""


@pytest.mark.parametrize("is_old", [False, True])
def test_a_request_that_is_never_answered_stops_no_updates(
    browser: Browser, address: str, ledger: Path, *, is_old: bool
) -> None:
    browser.get(address)
    browser.execute_script(f"{_HURRIED} if ({str(is_old).lower()}) delete window.AbortController;")
    with Ledger.open(ledger, NOW) as opened:
        opened.sources.note_watching(_FOLDER, "events")
    chromium.wait_for(browser, lambda page: page.execute_script("return window.pages > 1"))
    assert (browser.execute_script("return window.aborted") == 0) is is_old  # it can end none, and waits for none
    browser.execute_script("window.isLost = false")
    chromium.wait_to_read(browser, "watching by events", ".folders")
    assert chromium.errors_of(browser) == []


def test_a_page_whose_requests_are_never_answered_says_that_it_is_lost(browser: Browser, address: str) -> None:
    browser.get(address)
    browser.execute_script(f"{_HURRIED} document.dispatchEvent(new Event('visibilitychange'))")
    chromium.wait_for(browser, lambda page: page.find_element("css selector", "[data-offline]").is_displayed())
    browser.execute_script("window.isLost = false; document.dispatchEvent(new Event('visibilitychange'))")
    chromium.wait_for(browser, lambda page: not page.find_element("css selector", "[data-offline]").is_displayed())


def test_a_photo_that_is_waited_for_is_asked_for_again_where_no_answer_came(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(f"{address}/photos/1")
    browser.find_element("css selector", "[data-decide] button[value=original]").click()
    chromium.wait_to_read(browser, "Noted. gpend sees to it")
    browser.execute_script(_HURRIED)
    chromium.wait_for(browser, lambda page: page.execute_script("return window.aborted > 0"))
    browser.execute_script("window.isLost = false")
    with Ledger.open(ledger) as daemon:
        told = Result(State.KEPT, "the original is used, as you decided", "a" * 64, Fingerprint())
        daemon.photos.finish(1, told, NOW + 100)
    chromium.wait_for(browser, lambda page: "the original is used" in page.page_source)


def test_events_that_fall_silent_are_asked_for_anew(browser: Browser, address: str, ledger: Path) -> None:
    browser.get(address)
    browser.execute_script("""
        const timed = window.setTimeout;
        window.setTimeout = (deed, milliseconds) => timed(deed, milliseconds / 100);
        const own = window.EventSource;
        window.opened = 0;
        window.EventSource = function (where) { window.opened += 1; return new own(where); };
    """)
    chromium.wait_for(browser, lambda page: page.execute_script("return window.opened > 0"))
    with Ledger.open(ledger, NOW) as opened:
        opened.photos.sight(_FOLDER, Found(Path("new.jpg"), Stamp(5, NOW * 10**9, 8), FoundBy.EVENT), NOW)
        _wait_for(browser, "[data-count=waiting]", "2")


def test_the_slider_uncovers_what_was_before(browser: Browser, address: str) -> None:
    browser.get(f"{address}/photos/1")
    slider = browser.find_element("css selector", "[data-slider]")
    cuts = []
    for value in (10, 90):
        chromium.move(browser, "[data-slider]", value)
        cuts.append(browser.execute_script("return getComputedStyle(document.querySelector('.over')).clipPath"))
    assert cuts[0] != cuts[1]
    slider.send_keys(webdriver.Keys.ARROW_LEFT)
    assert browser.execute_script("return arguments[0].value", slider) == "89"


def test_zooming_fetches_the_whole_picture(browser: Browser, address: str) -> None:
    browser.get(f"{address}/photos/1")
    chromium.move(browser, "[data-zoom]", 3)
    assert browser.find_element("css selector", ".over").get_attribute("src").endswith("/after/full.jpg")


def test_a_photo_is_found_and_tried_again_with_clicks_alone(browser: Browser, address: str) -> None:
    browser.get(f"{address}/photos")
    browser.find_element("css selector", "select[name=state] option[value=failed]").click()
    browser.find_element("css selector", ".filters button").click()
    chromium.wait_for(browser, lambda page: "state=failed" in page.current_url)
    (card,) = browser.find_elements("css selector", ".card")
    card.click()
    browser.find_element("css selector", "form[action$=retry] button").click()
    chromium.wait_to_read(browser, "Noted. gpend sees to it")


def test_a_person_decides_about_a_photo_and_the_page_shows_it_when_the_daemon_has_done_it(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(f"{address}/photos/1")
    browser.find_element("css selector", "[data-decide] button[value=original]").click()
    chromium.wait_to_read(browser, "Noted. gpend sees to it")
    with Ledger.open(ledger) as daemon:
        (asked,) = daemon.requests.waiting()
        assert asked.path is not None
        daemon.decisions.note(Decision(asked.path, DecisionKind.ORIGINAL, 5))
        told = Result(State.KEPT, "the original is used, as you decided", "a" * 64, Fingerprint())
        daemon.photos.finish(1, told, NOW + 100)
    chromium.wait_for(browser, lambda page: "You decided: use the original" in page.page_source)
    assert "noted" not in browser.current_url


def test_all_that_fit_a_filter_are_decided_upon_with_a_second_look(
    browser: Browser, address: str, ledger: Path
) -> None:
    browser.get(f"{address}/photos?state=restored")
    browser.find_element("css selector", ".bulk summary").click()
    browser.find_element("css selector", ".bulk option[value=leave]").click()
    browser.find_element("css selector", ".bulk button").click()
    chromium.wait_to_read(browser, "Noted. gpend sees to it")
    with Ledger.open(ledger) as daemon:
        (asked,) = daemon.requests.waiting()
    assert (asked.detail["decision"], asked.detail["choice"]["state"]) == ("leave", "restored")


def test_the_threshold_is_tried_out_with_the_slider(browser: Browser, address: str) -> None:
    browser.get(f"{address}/tuning")
    slider = browser.find_element("css selector", "[data-threshold]")
    slider.send_keys(webdriver.Keys.ARROW_RIGHT)
    chromium.wait_for(browser, lambda page: "threshold=0.51" in page.current_url)
    chromium.wait_for(browser, lambda page: "sharpness_threshold: 0.51" in page.page_source)


def test_pages_speak_the_language_of_the_browser(browser: Browser, address: str) -> None:
    chromium.speak(browser, "zh-CN,zh;q=0.9")
    browser.get(f"{address}/photos/1")
    assert "您的决定" in browser.page_source
    assert browser.execute_script("return document.documentElement.lang") == "zh-CN"


def test_less_strength_is_seen_at_once(browser: Browser, address: str) -> None:
    browser.get(f"{address}/tuning")
    chromium.move(browser, "[data-strength]", 0.5)
    assert browser.execute_script("return getComputedStyle(document.querySelector('.half .top')).opacity") == "0.5"
    assert browser.find_element("css selector", "[data-strength-line]").text == "0.50"
