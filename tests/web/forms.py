"""Forms of the dashboard, sent as a browser sends them."""

from pathlib import Path

from starlette.testclient import TestClient

from gpend.ledger import Ledger, Request

HOME = "http://127.0.0.1:8765"


def secret_in(page: str) -> str:
    """What a form of this page carries."""
    return page.split('name="secret" value="')[1].split('"', maxsplit=1)[0]


def send(browser: TestClient, address: str, **sent: str) -> tuple[int, str]:
    """The status of the answer, and where it leads."""
    secret = secret_in(browser.get("/photos/1").text)
    answer = browser.post(address, data={"secret": secret} | sent, headers={"origin": HOME})
    return answer.status_code, answer.headers.get("location", "")


def asked(ledger: Path) -> list[tuple[Request, str, dict[str, object]]]:
    """What is left for the daemon."""
    with Ledger.open(ledger) as opened:
        return [(each.kind, each.path.name if each.path else "", each.detail) for each in opened.requests.waiting()]
