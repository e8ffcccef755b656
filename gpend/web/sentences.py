"""What gpend says of photos and folders, in Simplified Chinese: the sentences of reasons.zh-CN.txt, found in text.

Reasons stand in the ledger in English, with their numbers filled in. So a text is matched against the patterns of the
file, and what a pattern leaves open to other sentences must be told by theirs. What nothing fits stays as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

OPEN = re.compile(r"#|\{\}|<>")
"""What the English line of a pattern leaves open: a number, anything, another sentence."""

PLACE = re.compile(r"\{(\d)\}")
"""How the Chinese line names what is left open."""

_CLOSED = {"#": r"([-+]?\d[\d.,]*(?:e[-+]?\d+)?%?)", "{}": "(.+?)", "<>": "(.+?)"}
_JOINTS = (("; ", "；"), (", but ", "，但"), (": ", "："), (", ", "，"))
_MOST_JOINTS, _LONGEST = 16, 1000  # a text with more is none of ours


@dataclass(frozen=True)
class Pattern:
    """An English sentence with what it leaves open, and the Chinese one, which names that by its place: {1}, {2}."""

    english: str
    chinese: str

    @property
    def kinds(self) -> list[str]:
        """What is left open, in order."""
        return OPEN.findall(self.english)

    @property
    def definite(self) -> int:
        """How many characters are not left open."""
        return len(OPEN.sub("", self.english))


def told(text: str) -> str:
    """A text of gpend's in Chinese, or as it is where it is not known."""
    return _told(text) or text


def meant(text: str) -> str:
    """What to look for in English by a part of a Chinese sentence, or the text itself where no sentence has it."""
    having = [one for one in patterns() if text and text in one.chinese]
    if not having:
        return text
    nearest = min(having, key=lambda one: len(one.chinese))
    return max(OPEN.split(nearest.english), key=len)


@cache
def patterns() -> tuple[Pattern, ...]:
    """All of them, as the file has them. Raises ValueError where one of two lines is missing."""
    text = resources.files("gpend.web").joinpath("reasons.zh-CN.txt").read_text("utf-8")
    blocks = ([line for line in block.splitlines() if line and line[:3] != "== "] for block in text.split("\n\n"))
    return tuple(Pattern(english, chinese) for english, chinese in filter(None, blocks))


@dataclass(frozen=True)
class _Matcher:
    """A pattern that leaves something open, ready to be looked for."""

    pattern: Pattern
    begins: str
    ends: str
    expression: re.Pattern[str]

    def found(self, text: str) -> re.Match[str] | None:
        """The whole text as this pattern, if it is that."""
        if not (text.startswith(self.begins) and text.endswith(self.ends)):
            return None  # so most are ruled out without much ado
        return self.expression.fullmatch(text)


@cache
def _matchers() -> tuple[_Matcher, ...]:
    """The most definite first."""
    known = sorted((one for one in patterns() if one.kinds), key=lambda one: one.definite, reverse=True)
    return tuple(_matcher(one) for one in known)


def _matcher(pattern: Pattern) -> _Matcher:
    parts = OPEN.split(pattern.english)
    return _Matcher(pattern, parts[0], parts[-1], re.compile(_expression(pattern.english), re.DOTALL))


@cache
def _whole() -> dict[str, str]:
    """The sentences that leave nothing open."""
    return {one.english: one.chinese for one in patterns() if not one.kinds}


def _expression(english: str) -> str:
    parts = [re.escape(part) for part in OPEN.split(english)]
    closed = [_CLOSED[kind] for kind in OPEN.findall(english)]
    return "".join(part + inside for part, inside in zip(parts, [*closed, ""], strict=True))


@lru_cache(4096)
def _told(text: str) -> str | None:
    if text in _whole():
        return _whole()[text]
    if len(text) > _LONGEST or sum(text.count(joint) for joint, _ in _JOINTS) > _MOST_JOINTS:
        return None
    matched = ((matcher.found(text), matcher.pattern) for matcher in _matchers())
    filled = (_filled(found, pattern) for found, pattern in matched if found)
    return next((each for each in filled if each), None) or next(_joined(text), None)


def _filled(found: re.Match[str], pattern: Pattern) -> str | None:
    """The Chinese sentence with all that was left open; None where another sentence in it is not known."""
    inside: list[str] = []
    for part, kind in zip(found.groups(), pattern.kinds, strict=True):
        known = None if kind == "#" else _told(part)
        if known is None and kind == "<>":
            return None
        inside.append(known or part)
    return PLACE.sub(lambda place: inside[int(place[1]) - 1], pattern.chinese)


def _joined(text: str) -> Iterator[str]:
    """The text as two that are joined, wherever that can be."""
    for joint, chinese in _JOINTS:
        for place in re.finditer(re.escape(joint), text):
            left, right = _told(text[: place.start()]), _told(text[place.end() :])
            if left and right:
                yield f"{left}{chinese}{right}"
