"""`gpend decide`, `pause` and `resume`: word is left for the daemon, or it is said why not."""

from pathlib import Path

import pytest

from gpend.ledger import Facts, Fingerprint, Ledger, Request, Result, State
from tests.cli import Gpend
from tests.cli.conftest import NOW
from tests.cli.test_ledger import waiting

ONE_FACE: Facts = {
    "faces": [{"box": [1, 2, 31, 42], "score": 0.99, "sharpness": 0.9, "verdict": "sharp", "reason": ""}]
}


def test_decide_leaves_word_about_a_photo_for_the_daemon(gpend: Gpend, configured: Path) -> None:
    assert gpend("decide", "in/bad.jpg", "--original", "--config", configured).exit_code == 0
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        ((kind, path, detail),) = [(asked.kind, asked.path, asked.detail) for asked in ledger.requests.waiting()]
    assert (kind, path, detail) == (Request.DECIDE, configured.parent / "in" / "bad.jpg", {"decision": "original"})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["in/bad.jpg"], "name one of these"),
        (["in/bad.jpg", "--restore", "--leave"], "only one of these can be"),  # the last one counted
        (["in/bad.jpg", "--original", "--automatic"], "only one of these can be"),
        (["in/none.jpg", "--leave"], "is not known"),
        (["in/bad.jpg", "--restore", "--face", "1"], "has seen 0 faces"),
    ],
)
def test_decide_says_why_it_cannot(gpend: Gpend, configured: Path, said: list[str], why: str) -> None:
    result = gpend("decide", *said, "--config", configured)
    assert (result.exit_code, why in result.output) == (2, True)
    assert waiting(configured) == []


def test_of_one_face_it_is_said_that_it_is_one(gpend: Gpend, configured: Path) -> None:
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        ledger.photos.finish(1, Result(State.KEPT, "1 face: 1 sharp enough", "a" * 64, Fingerprint(), ONE_FACE), NOW)
    result = gpend("decide", "in/bad.jpg", "--restore", "--face", "2", "--config", configured)
    assert (result.exit_code, "has seen 1 face in this photo" in result.output) == (2, True)


@pytest.mark.parametrize(("verdict", "is_in_vain"), [("small", True), ("gone", True), ("sharp", False)])
def test_who_wants_a_face_restored_that_holds_too_little_is_told_that_it_stays(
    gpend: Gpend, configured: Path, verdict: str, *, is_in_vain: bool
) -> None:
    face = {"box": [1, 2, 31, 42], "score": 0.99, "sharpness": None, "verdict": verdict, "reason": "30 px wide"}
    with Ledger.open(configured.parent / "state" / "ledger.sqlite") as ledger:
        ledger.photos.finish(1, Result(State.KEPT, "told", "a" * 64, Fingerprint(), {"faces": [face]}), NOW)
    said = gpend("decide", "in/bad.jpg", "--restore", "--face", "1", "--config", configured)
    assert (said.exit_code, "stays as it is all the same: 30 px wide." in said.output) == (0, is_in_vain)
    left = gpend("decide", "in/bad.jpg", "--leave", "--face", "1", "--config", configured)
    assert (left.exit_code, "all the same" in left.output) == (0, False)


@pytest.mark.parametrize(
    ("command", "kind", "words"), [("pause", Request.PAUSE, "gpend rests"), ("resume", Request.RESUME, "gpend goes on")]
)
def test_rest_and_its_end_are_left_for_the_daemon(
    gpend: Gpend, configured: Path, command: str, kind: Request, words: str
) -> None:
    result = gpend(command, "--config", configured)
    assert (result.exit_code, words in result.output) == (0, True)
    assert waiting(configured) == [(kind, None)]
