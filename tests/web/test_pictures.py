"""Pictures come from a locked process whose every word is checked."""

import asyncio
import io
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from gpend.web import pictures, renderer
from gpend.web.pictures import Facts, Pictures, Renderer, UnshowableError
from tests.waiting import PATIENCE


def _asked(photo: bytes, side: int) -> tuple[Facts, bytes]:
    async def ask() -> tuple[Facts, bytes]:
        own = Renderer()
        try:
            return await own.render(photo, side)
        finally:
            await own.close()

    return asyncio.run(ask())


def test_the_locked_process_renders_every_photo_it_is_given(samples: Path) -> None:
    facts, picture = _asked((samples / "portrait-sharp.jpg").read_bytes(), 100)
    assert facts == Facts(512, 512, 1)
    assert picture.startswith(b"\xff\xd8\xff")


def test_what_is_no_photo_is_told_in_words() -> None:
    with pytest.raises(UnshowableError, match=r"\w"):
        _asked(b"no photo", 100)


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.stdin.buffer.read(20)",
        "import sys; sys.stdin.buffer.read(20); sys.stdout.buffer.write(b'\\xff' * 64)",
        "import sys, struct; sys.stdin.buffer.read(20); sys.stdout.buffer.write(struct.pack('<IQ', 2, 4) + b'{}html')",
        (
            'import sys, struct; sys.stdin.buffer.read(20); t = b\'{"width": 1, "height": 1, "orientation": 1}\';'
            "sys.stdout.buffer.write(struct.pack('<IQ', len(t), 6) + t + b'<html>')"
        ),
    ],
)
def test_a_process_that_was_taken_over_cannot_pass_anything_else_off(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = asyncio.create_subprocess_exec

    async def hostile(*_command: str, stdin: int, stdout: int) -> asyncio.subprocess.Process:
        return await start(sys.executable, "-c", program, stdin=stdin, stdout=stdout)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", hostile)
    with pytest.raises(UnshowableError, match="failed on it"):
        _asked(b"x" * 20, 100)


def test_the_process_that_renders_can_open_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    program = (
        "from gpend.web import renderer; from gpend.engine import sandbox; renderer.warm_up(); sandbox.lock(2 << 30)\n"
        f"try: print(open({str(tmp_path / 'secret')!r}).read())\nexcept OSError: print('refused')"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert told.stdout.strip() == "refused"


def test_requests_end_with_standard_input(samples: Path) -> None:
    photo = (samples / "no-faces.jpg").read_bytes()
    asked = renderer.REQUEST.pack(renderer.FACTS, *renderer.WHOLE, len(photo)) + photo
    answers = io.BytesIO()
    renderer.serve(io.BytesIO(asked), answers)
    told, length = renderer.ANSWER.unpack(answers.getvalue()[: renderer.ANSWER.size])
    assert length == 0
    assert told == len(answers.getvalue()) - renderer.ANSWER.size


def test_the_cache_is_bounded_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_CACHE", 25)
    for place, name in enumerate(("a", "b", "c")):
        path = tmp_path / f"{name}.jpg"
        pictures._keep(path, b"0123456789")  # noqa: SLF001 - the smallest seam to its bound
        os.utime(path, (place, place))
    pictures._keep(tmp_path / "d.jpg", b"0123456789")  # noqa: SLF001 - the same
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.jpg", "d.jpg"]


def test_a_cache_that_cannot_be_written_only_costs_time(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def ask() -> bytes:
        own = Renderer()
        try:
            return await Pictures(own, tmp_path / "file" / "cache").picture(samples / "no-faces.jpg", "a" * 64, 64)
        finally:
            await own.close()

    assert asyncio.run(ask()).startswith(b"\xff\xd8\xff")


def test_a_part_of_a_photo_is_shown_at_its_own_resolution_and_never_beyond_its_edge(samples: Path) -> None:
    photo = (samples / "portrait-sharp.jpg").read_bytes()
    _, whole = renderer.render(photo, 0)
    _, part = renderer.render(photo, 180, (170.0, 50.0, 290.0, 170.0))
    found, expected = _decoded(part), _decoded(whole)[50:170, 170:290]
    assert found.shape == (180, 180, 3)
    again = cv2.resize(np.asarray(found, np.uint8), (120, 120), interpolation=cv2.INTER_AREA)
    assert float(np.abs(np.asarray(again, np.float32) - expected).mean()) < 4
    for crop in ((-50.0, -50.0, 60.0, 60.0), (500.0, 500.0, 900.0, 900.0), (9e9, 9e9, 9.1e9, 9.1e9)):
        assert max(_decoded(renderer.render(photo, 90, crop)[1]).shape[:2]) <= 90


def _decoded(picture: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    found = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found, np.uint8)
