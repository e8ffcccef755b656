"""What stands before every page: nothing is done for another site, and every answer binds the browser."""

import sqlite3
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.forms import secret_in


@pytest.mark.parametrize(
    ("secret", "origin"),
    [(None, "http://127.0.0.1:8765"), ("wrong", "http://127.0.0.1:8765"), ("", "http://evil.example")],
)
def test_nothing_is_done_for_a_form_of_another_site(
    browser: TestClient, ledger: Path, secret: str | None, origin: str
) -> None:
    own = secret_in(browser.get("/photos/2").text)
    sent = {} if secret is None else {"secret": secret or own}
    assert browser.post("/photos/2/retry", data=sent, headers={"origin": origin}).status_code == 403
    with sqlite3.connect(ledger) as connection:
        assert connection.execute("SELECT count(*) FROM request").fetchone() == (0,)
    connection.close()


def test_every_answer_binds_the_browser(browser: TestClient) -> None:
    for address in ("/", "/photos/99", "/static/style.css", "/photos/1/before/small.jpg"):
        headers = browser.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_name_that_was_made_to_point_here_is_refused(browser: TestClient) -> None:
    refused = browser.get("/", headers={"host": "evil.example"})
    assert refused.status_code == 421
    assert "--name" in refused.text
