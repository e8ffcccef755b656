"""Where people come in from other machines: with the token, and with nothing else."""

import pytest
from starlette.testclient import TestClient

from tests.web.forms import secret_in


@pytest.mark.parametrize("address", ["/", "/photos", "/photos/1", "/photos/1/before/small.jpg", "/events"])
def test_who_has_not_logged_in_sees_nothing(stranger: TestClient, address: str) -> None:
    answer = stranger.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_who_knows_the_token_comes_in_and_can_leave(stranger: TestClient, token: str) -> None:
    assert "Token" in stranger.get("/login").text
    assert stranger.post("/login", data={"token": token}).status_code == 303
    page = stranger.get("/photos/1")
    assert page.status_code == 200
    assert stranger.post("/logout", data={"secret": secret_in(page.text)}).status_code == 303
    assert stranger.get("/").status_code == 303


def test_a_wrong_token_is_refused(stranger: TestClient) -> None:
    assert stranger.post("/login", data={"token": "guess"}).status_code == 403
    assert stranger.get("/").status_code == 303


def test_an_invented_session_is_none(stranger: TestClient) -> None:
    stranger.cookies.set("gpend_session", "invented")
    assert stranger.get("/").status_code == 303
