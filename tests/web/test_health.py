"""What machines ask the dashboard is answered by the daemon, and metrics only to who may see the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gpend import liveness
from gpend.daemon.exporter import Exporter
from gpend.liveness import Answer
from gpend.web.app import application
from gpend.web.pages import SESSION
from gpend.web.security import Sessions, make_token, read_token


@pytest.fixture
def _running(ledger: Path) -> Iterator[None]:
    """A daemon that is well, and still starting."""
    answers = {
        liveness.METRICS: lambda: Answer(200, b'gpend_photos{state="kept"} 3\n', "text/plain; version=1.0.0"),
        liveness.HEALTHY: lambda: Answer(200, b"ok\n"),
        liveness.READY: lambda: Answer(503, b"gpend is starting.\n"),
    }
    exporter = Exporter(liveness.socket_of(ledger), answers)
    exporter.start()
    yield
    exporter.close()


@pytest.mark.usefixtures("_running")
def test_the_daemon_answers_through_the_dashboard(browser: TestClient) -> None:
    told = browser.get("/metrics")
    assert (told.status_code, told.text) == (200, 'gpend_photos{state="kept"} 3\n')
    assert told.headers["content-type"].startswith("text/plain; version=1.0.0")
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/readyz").text == "gpend is starting.\n"


def test_without_a_daemon_nothing_is_well(browser: TestClient) -> None:
    for path in liveness.PATHS:
        assert browser.get(path).status_code == 503


@pytest.mark.usefixtures("_running")
def test_metrics_from_elsewhere_take_the_token_and_health_does_not(ledger: Path, tmp_path: Path) -> None:
    token = make_token(tmp_path / "token")
    app = application(ledger, Sessions(read_token(tmp_path / "token"), ["nas.local"]), tmp_path / "cache")
    with TestClient(app, base_url="http://nas.local:8765", follow_redirects=False) as prometheus:
        assert prometheus.get("/metrics").status_code == 401
        assert prometheus.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert prometheus.get("/photos", headers={"Authorization": f"Bearer {token}"}).status_code == 303
        assert prometheus.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert prometheus.get("/healthz").status_code == 200


@pytest.mark.usefixtures("_running")
def test_who_asks_every_few_seconds_drives_nobody_out(browser: TestClient) -> None:
    browser.get("/")
    session = browser.cookies.get(SESSION)
    assert session
    with TestClient(browser.app, base_url="http://127.0.0.1:8765") as prometheus:
        for _ in range(300):
            assert not prometheus.get("/metrics").cookies
    assert browser.get("/").cookies.get(SESSION) is None  # the session goes on
