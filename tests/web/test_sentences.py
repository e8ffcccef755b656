"""Every sentence that the core and the ledger tell of photos and folders is there in Chinese, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpend
from gpend.core.report import WORDS, Verdict
from gpend.ledger import State
from gpend.web.language import CHINESE
from gpend.web.sentences import OPEN, PLACE, patterns, told

PACKAGE = Path(gpend.__file__).parent
TELLERS = (
    "core/**/*.py", "dispatch/*.py", "engine/__init__.py", "engine/jobs.py", "engine/elsewhere.py", "engine/worker.py",
    "engine/worker_process.py", "engine/supervisor.py", "engine/cluster/placement.py", "mirror/*.py",
    "intake/ignoring.py", "intake/names.py", "intake/scan.py", "daemon/deletions.py", "daemon/maintenance.py",
    "daemon/rest.py", "reports.py", "web/pictures.py", "ledger/access.py", "ledger/database.py", "ledger/rows.py",
)  # fmt: skip
"""Where it is written what people are told of a photo or a folder on the page."""

INTERNAL = (
    *(f"core/formats/exif/{name}.py" for name in ("block", "capture", "directory", "edit", "parts")),
    "core/formats/packet.py", "core/formats/xmp.py", "core/formats/jpeg/mpf.py", "core/formats/tiff/ending.py",
    "core/formats/signatures.py",
)  # fmt: skip
"""What these say is caught by others, who say it in words of their own."""

COMPOSED = {
    "{} face{}: ": "2 faces: 1 restored, 1 sharp enough",
    "{}, so {} has no place in the output folder. Nothing was written, and no other photo waits for it. Rename it, "
    "and it is processed by itself.": "This disk cannot hold such a name, so 'a?' has no place in the output folder. "
    "Nothing was written, and no other photo waits for it. Rename it, and it is processed by itself.",
    " (counted {}-fold for their {} bits)": "the picture has 90 megapixels (counted 2-fold for their 16 bits), more "
    "than photo.maximum_megapixels (100) allows; gpend left it as it is",
    "the picture has {} megapixels{}, more than photo.maximum_megapixels ({}) allows; gpend left it as it is": "the "
    "picture has 1,200 megapixels, more than photo.maximum_megapixels (300) allows; gpend left it as it is",
    "{}: {} has nothing to add at this size, a network of {} px would": "nothing that could be seen would change: "
    "gpen-256 has nothing to add at this size, a network of 512 px would",
    "; nothing is painted: {}": "sharpness 0.10 is below 0.50: out of focus by about 9 px; nothing is painted: turned "
    "to the side",
    "ignored by the configuration": "files ignored by the configuration",
    "folders {}": "folders ignored by the configuration",
    "ignored by {}": "files ignored by .gpendignore",
    "files {}": "folders ignored by .gpendignore",
    "with {}": "folders with .nomedia",
    "that cannot be looked at": "files that cannot be looked at",
    ", perhaps for want of memory": "it was ended by SIGKILL, perhaps for want of memory",
}  # fmt: skip
"""What is written in parts: the part, and a sentence that it ends in."""

WHOLE = (*COMPOSED.values(), "1 face: 1 restored", "folders that cannot be looked at")

NOT_TOLD = frozenset(Path(__file__).with_name("not_told.txt").read_text("utf-8").splitlines())
"""Sentences of these modules that are for a log, a terminal or a machine."""


def modules() -> Iterator[Path]:
    for pattern in TELLERS:
        for module in sorted(PACKAGE.glob(pattern)):
            if not module.relative_to(PACKAGE).as_posix().startswith(INTERNAL):
                yield module


def template_of(node: ast.AST) -> str | None:
    """A string, with {} for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def templates(module: Path) -> set[str]:
    """All strings of a module but its docstrings, and the fixed parts of strings that are filled in."""
    tree = ast.parse(module.read_text("utf-8"))
    left = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    left |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = {template_of(node) for node in ast.walk(tree) if id(node) not in left}
    return {template for template in found if template}


def is_sentence(template: str) -> bool:
    return len(re.findall(r"[A-Za-z]{2,}", template)) > 1 and " " in template.strip()


def bare(sentence: str) -> str:
    return OPEN.sub("{}", sentence)


def matched(english: str, whole: str) -> bool:
    """Is this a sentence of that pattern?"""
    parts = OPEN.split(english)
    return whole.startswith(parts[0]) and all(part in whole for part in parts)


KNOWN = {bare(pattern.english) for pattern in patterns()}
SAID = {template for module in modules() for template in templates(module)}


def test_every_sentence_of_the_code_is_there_in_chinese() -> None:
    accounted = KNOWN | COMPOSED.keys() | NOT_TOLD | set(WORDS.values())
    missing = sorted(each for each in SAID if is_sentence(each) and each not in accounted)
    assert missing == [], "add them to gpend/web/reasons.zh-CN.txt, or to tests/web/not_told.txt if no page shows them"


def test_nothing_is_there_in_chinese_that_the_code_does_not_say() -> None:
    counted = {f"{{}} {words}" for words in WORDS.values()}
    stale = {one.english for one in patterns() if bare(one.english) not in SAID | counted | set(State)}
    assert stale == {english for english in stale if any(matched(english, whole) for whole in WHOLE)}
    assert {each for each in COMPOSED if each not in SAID} == set()
    assert {each for each in NOT_TOLD if each not in SAID} == set()


def test_no_sentence_is_there_twice_and_each_names_all_that_it_leaves_open() -> None:
    english = [one.english for one in patterns()]
    assert len(english) == len(set(english))
    for one in patterns():
        assert {int(place) for place in PLACE.findall(one.chinese)} == set(range(1, len(one.kinds) + 1)), one.english
        assert re.search("[\u4e00-\u9fff]", one.chinese) or one.chinese == "{1}", one.english


@pytest.mark.parametrize("sentence", WHOLE)
def test_what_is_written_in_parts_is_told_as_a_whole(sentence: str) -> None:
    assert told(sentence) != sentence


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_told_alone_and_in_the_line_of_its_photo(verdict: Verdict) -> None:
    assert verdict.value in CHINESE
    assert told(f"1 face: 1 {WORDS[verdict]}").startswith("1 张人脸：1 张")


JOINED = {
    "sharpness 0.12 is below 0.50: shaken by about 14 px, towards the upper right; the blur was taken out, painted at "
    "30% strength, used by 50%":
        "清晰度 0.12 低于 0.50：抖动约 14 像素，方向为右上至左下；已去除模糊，以 30% 的强度绘制，采用 50%",
    "sharpness 0.31 is below 0.50: out of focus by about 3 px, but the restored face is not clearly sharper":
        "清晰度 0.31 低于 0.50：失焦约 3 像素，但修复后的脸没有明显更清晰",
    "sharpness 0.10 is below 0.50: perhaps out of focus by about 3 px, but nothing that gpend has helps this face":
        "清晰度 0.10 低于 0.50：可能失焦约 3 像素，但gpend 的任何方法都帮不了这张脸",
    "unfinished files of Syncthing": "Syncthing 的未完成文件",
    "it cannot be decoded: tile 3, row 4; gpend left the photo as it is":
        "无法解码：tile 3, row 4；gpend 未改动这张照片",
    "The output folder /out: put cannot be used: the disk is full.": "输出文件夹 /out: put 无法使用：磁盘已满。",
    "3 photos vanished and 4 changed, of 10 that have an output. Nothing was done yet. If this is as you mean it, say "
    "`gpend confirm`.":
        "在有输出的 10 张照片中，3 张消失，4 张改动。尚未作任何处理。如果这正是您的意思，请运行 `gpend confirm`。",
}  # fmt: skip


@pytest.mark.parametrize(("english", "chinese"), JOINED.items())
def test_sentences_in_sentences_are_told(english: str, chinese: str) -> None:
    assert told(english) == chinese


def test_what_is_not_known_stays_as_it_is_also_in_part() -> None:
    for text in ("no such sentence", "no faces found, no such sentence", "", "3 faces: 1 restored, 1 unheard of"):
        assert told(text) == text


@given(st.lists(st.sampled_from(["a", "; ", ", ", ": ", ", but ", "no faces found", "{1}", "#", "3"])).map("".join))
def test_any_text_is_told_in_little_time_and_never_fails(text: str) -> None:
    assert told(text * 40) or not text
