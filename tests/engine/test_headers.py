"""Every field of a frame's header is checked: of the exact type, finite, bounded, and none too many."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gpend.engine import headers

FACE = {"box": [0, 0, 9.5, 9], "score": 0.9, "sharpness": 0.1, "verdict": "restored", "reason": "", "terms": {}}
RESTORED = {"kind": "restored", "number": 1, "suffix": ".jpg", "reason": "1 face", "faces": [FACE], "notes": []}


def read(told: dict[str, Any]) -> headers.Restored:
    """As from a frame."""
    return headers.Restored.model_validate_json(json.dumps(told))


def test_what_the_worker_says_is_taken_as_it_is() -> None:
    found = read(RESTORED)
    assert (found.number, found.suffix, found.faces[0].box) == (1, ".jpg", (0, 0, 9.5, 9))


@pytest.mark.parametrize(
    "other",
    [
        {"suffix": "/../x.jpg"},
        {"suffix": ".exe"},
        {"number": -1},
        {"number": 1 << 63},
        {"number": "1"},
        {"kind": "kept"},
        {"more": 1},
        {"notes": "one"},
        {"reason": "x" * (headers.LONGEST_TEXT + 1)},
        {"seconds": {"cooking": 1.0}},
        {"seconds": {"decode": -1.0}},
        {"faces": [FACE | {"box": [0, 0, float("nan"), 9]}]},
        {"faces": [FACE | {"box": [0, 0, 9]}]},
        {"faces": [FACE | {"score": float("inf")}]},
        {"faces": [FACE | {"verdict": "lovely"}]},
        {"faces": [FACE | {"terms": {"middle": 1e12}}]},
    ],
)
def test_what_no_worker_of_ours_says_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(RESTORED | other)


@pytest.mark.parametrize("missing", ["kind", "number", "suffix", "reason", "faces", "notes"])
def test_nothing_may_be_missing(missing: str) -> None:
    with pytest.raises(ValidationError):
        read({name: value for name, value in RESTORED.items() if name != missing})


@given(st.text(max_size=12))
def test_a_device_is_named_as_devices_are(name: str) -> None:
    kind, _, number = name.partition(":")
    is_one = all("a" <= letter <= "z" for letter in kind) and len(kind) <= 8
    is_one = is_one and (":" not in name or (0 < len(number) <= 3 and number.isascii() and number.isdecimal()))
    try:
        headers.Ready(kind="ready", name="gpen-256", device=name)
    except ValidationError:
        assert not is_one
    else:
        assert is_one
