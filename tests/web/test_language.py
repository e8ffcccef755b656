"""The pages speak the browser's language."""

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.report import Verdict
from gpend.ledger import State
from gpend.web.language import CHINESE, language_of, verdict, words


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.5", "en"),
        ("de-DE,zh;q=0.7,en;q=0.3", "zh-CN"),
        ("de", "en"),
        ("zh;q=0", "en"),
        ("*", "en"),
    ],
)
def test_the_language_is_the_one_that_is_liked_best(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


@given(st.text())
def test_any_header_has_a_language(accepted: str) -> None:
    assert language_of(accepted) in ("en", "zh-CN")


def test_everything_that_the_templates_say_is_there_in_chinese_with_the_same_names() -> None:
    templates = resources.files("gpend.web").joinpath("templates").iterdir()
    said = {text for page in templates for text in re.findall(r'say\("([^"]+)"', page.read_text("utf-8"))}
    assert said <= CHINESE.keys()
    for english, chinese in CHINESE.items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", chinese))


def test_names_are_filled_in() -> None:
    assert words("zh-CN")("{done} of {found} photos done", done=1, found=2) == "已完成 1 / 2 张照片"
    assert words("en")("since {time}", time="now") == "since now"


@pytest.mark.parametrize("name", Verdict)
def test_a_verdict_on_a_face_is_there_in_chinese_and_is_not_called_as_another_thing_is(name: Verdict) -> None:
    told = verdict(name, words("zh-CN"))
    assert re.fullmatch("[\u4e00-\u9fff]+", told)
    assert verdict(name, words("en")) in CHINESE
    of_photos = {words("zh-CN")(state) for state in State if state != "restored"}
    assert told not in of_photos  # a face that is too far gone was told as a photo that was deleted
