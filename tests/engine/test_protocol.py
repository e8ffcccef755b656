"""Frames between the engine and its worker."""

import io
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.report import FaceReport, Kept, Restored, Verdict
from gpend.engine.protocol import (
    Beat,
    Done,
    Failed,
    GarbledError,
    Message,
    Photo,
    Ready,
    Refused,
    Setup,
    receive,
    send,
)
from gpend.errors import DeviceError, FatalError, IncompleteError

_FACE = FaceReport((1.0, 2.0, 3.0, 4.0), 0.9, 0.2, Verdict.RESTORED, "blurred", {"grain": 0.5})
_MESSAGES: list[Message] = [
    Setup("{}", 2),
    Photo(1, b"\xff\xd8" * 100_000),
    Ready("gpen-256"),
    Beat((1, 2)),
    Done(1, Restored(b"photo", ".jpg", "restored", (_FACE,), ("note",))),
    Done(2, Kept("sharp", (_FACE, _FACE))),
]


@given(st.lists(st.sampled_from(_MESSAGES), max_size=6))
def test_messages_arrive_as_they_were_sent(messages: list[Message]) -> None:
    pipe = io.BytesIO()
    for message in messages:
        send(pipe, message)
    pipe.seek(0)
    assert [receive(pipe) for _ in messages] == messages
    assert receive(pipe) is None


def test_numpys_numbers_arrive_as_pythons() -> None:
    face = FaceReport((np.float64(1), 2, 3, 4), np.float32(0.5), 0.2, Verdict.SHARP, "", {"grain": np.float64(0.25)})  # type: ignore[arg-type]
    pipe = io.BytesIO()
    send(pipe, Done(1, Kept("sharp", (face,))))
    pipe.seek(0)
    arrived = receive(pipe)
    assert isinstance(arrived, Done)
    (seen,) = arrived.outcome.faces
    assert seen == FaceReport((1.0, 2, 3, 4), 0.5, 0.2, Verdict.SHARP, "", {"grain": 0.25})
    assert {type(seen.box[0]), type(seen.score), type(seen.terms["grain"])} == {float}


@pytest.mark.parametrize("error", [IncompleteError("growing"), DeviceError("gone"), FatalError("no")])
def test_errors_arrive_with_their_name_and_words(error: DeviceError | FatalError | IncompleteError) -> None:
    pipe = io.BytesIO()
    send(pipe, Failed(1, error))
    send(pipe, Refused(error))
    pipe.seek(0)
    for _ in range(2):
        arrived = receive(pipe)
        assert isinstance(arrived, Failed | Refused)
        assert (type(arrived.error), str(arrived.error)) == (type(error), str(error))


@given(st.integers(0, 40))
def test_a_frame_cut_short_is_the_end(kept: int) -> None:
    pipe = io.BytesIO()
    send(pipe, Photo(1, b"0123456789"))
    assert receive(io.BytesIO(pipe.getvalue()[:kept])) is None


class _Call:
    def __reduce__(self) -> tuple[object, ...]:
        return (os.getcwd, ())


@pytest.mark.parametrize(
    "frame",
    [
        b"no pickle",
        pickle.dumps(_Call()),
        pickle.dumps({"not": "ours"}),
        pickle.dumps(len),
        b"cgpend.engine.protocol\nsend\n.",
        b"cgpend.engine.protocol\npickle.loads\n.",
    ],
)
def test_nothing_else_is_unpickled(frame: bytes) -> None:
    with pytest.raises(GarbledError):
        receive(io.BytesIO(struct.pack("<Q", len(frame)) + frame))


def test_a_monstrous_frame_is_not_waited_for() -> None:
    with pytest.raises(GarbledError, match="a frame of"):
        receive(io.BytesIO(struct.pack("<Q", 1 << 60)))
