"""Frames between the engine and its worker, and the headers in them."""

import io
import json
import os
import pickle
import struct
import threading
import tracemalloc
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict
from gpend.core.wish import Wish
from gpend.engine.frames import receive_from_engine, receive_from_worker, send
from gpend.engine.protocol import Beat, Done, Failed, FromWorker, Photo, ProtocolError, Ready, Refused, Setup, ToWorker
from gpend.errors import ConfigurationError, DeviceError, FatalError, GpendError, IncompleteError, PhotoError

_LARGEST = 1 << 20
_SUFFIXES = ("", ".jpg", ".png", ".webp", ".tif", ".avif", ".heic", ".gif", ".bmp")
_ASKED = (1, 2)
_FACE = FaceReport((1.0, 2.0, 3.0, 4.0), 0.9, 0.2, Verdict.RESTORED, "blurred", {"grain": 0.5})
_WISHED = Photo(3, b"x", Wish(every_face=True, restore=((1.0, 2.0, 3.5, 4.0),), leave=((5.0, 6.0, 7.0, 8.0),)))
_TO_WORKER: list[ToWorker] = [Setup("{}", 2, _LARGEST), Photo(1, b"\xff\xd8" * 100_000), Photo(2, b""), _WISHED]
_FROM_WORKER: list[FromWorker] = [
    Ready("gpen-256"),
    Ready("gpen-256", "cuda:1", ("gpen-256: float16 does not run here", "b")),
    Beat((1, 2)),
    Beat(()),
    Beat((), "Photos are decoded by the processor from now on."),
    Done(1, Restored(b"photo", ".jpg", "restored", (_FACE,), ("note",))),
    Done(1, Restored(b"photo", "", "restored", (), ())),
    Done(2, Kept("sharp", (_FACE, _FACE))),
]
_KEPT = {"kind": "kept", "number": 1, "reason": "sharp", "faces": []}
_RESTORED = {"kind": "restored", "number": 1, "reason": "", "faces": [], "suffix": "", "notes": []}
_SEEN = {"box": [1, 2, 3, 4], "score": 0.9, "sharpness": 0.2, "verdict": "sharp", "reason": "", "terms": {}}


def _sent(*messages: ToWorker | FromWorker) -> io.BytesIO:
    pipe = io.BytesIO()
    for message in messages:
        send(pipe, message)
    pipe.seek(0)
    return pipe


def _heard(pipe: io.BytesIO, asked: Collection[int] = _ASKED) -> FromWorker | None:
    return receive_from_worker(pipe, _LARGEST, asked)


def _frame(header: object, body: bytes = b"") -> io.BytesIO:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return io.BytesIO(struct.pack("<IQ", len(encoded), len(body)) + encoded + body)


@given(st.lists(st.sampled_from(_FROM_WORKER), max_size=6))
def test_what_the_worker_says_arrives_as_it_was_said(messages: list[FromWorker]) -> None:
    pipe = _sent(*messages)
    assert [_heard(pipe) for _ in messages] == messages
    assert _heard(pipe) is None


@given(st.lists(st.sampled_from(_TO_WORKER), max_size=6))
def test_what_the_engine_says_arrives_as_it_was_said(messages: list[ToWorker]) -> None:
    pipe = _sent(*messages)
    assert [receive_from_engine(pipe, _LARGEST) for _ in messages] == messages
    assert receive_from_engine(pipe, _LARGEST) is None


@given(st.text(), st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 4)))
def test_whatever_the_core_may_say_arrives(reason: str, boxes: list[tuple[float, float, float, float]]) -> None:
    faces = tuple(FaceReport(box, 0.5, 0.5, Verdict.SHARP, reason) for box in boxes)
    answer = Done(1, Kept(reason, faces))
    assert _heard(_sent(answer)) == answer


def _through_a_pipe(message: ToWorker) -> ToWorker | None:
    ends = os.pipe()

    def write() -> None:
        with os.fdopen(ends[1], "wb") as stream:
            send(stream, message)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(ends[0], "rb") as stream:
        received = receive_from_engine(stream, 2 * _LARGEST)
    writer.join()
    return received


def test_a_photo_is_held_once_at_either_end_however_large_it_is() -> None:
    photo = Photo(1, bytes(2 * _LARGEST))
    _through_a_pipe(Photo(1, b"x"))  # what is made once is made now
    tracemalloc.start()
    try:
        received = _through_a_pipe(photo)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert received == photo
    assert peak < 1.2 * len(photo.photo)  # what arrived, and little beside it


def test_numpys_numbers_arrive_as_pythons() -> None:
    face = FaceReport((np.float64(1), 2, 3, 4), np.float32(0.5), 0.2, Verdict.SHARP, "", {"grain": np.float64(0.25)})  # type: ignore[arg-type]
    arrived = _heard(_sent(Done(1, Kept("sharp", (face,)))))
    assert isinstance(arrived, Done)
    (seen,) = arrived.outcome.faces
    assert seen == FaceReport((1.0, 2, 3, 4), 0.5, 0.2, Verdict.SHARP, "", {"grain": 0.25})
    assert {type(seen.box[0]), type(seen.score), type(seen.terms["grain"])} == {float}


@pytest.mark.parametrize("outcome", [Kept("sharp", ()), Restored(b"photo", "", "restored", (), ())])
def test_how_long_each_stage_took_arrives(outcome: Outcome) -> None:
    seconds = {"decode": 0.5, "detect": float(np.float64(0.25))}
    arrived = _heard(_sent(Done(1, replace(outcome, seconds=seconds))))
    assert isinstance(arrived, Done)
    assert arrived.outcome.seconds == seconds


@pytest.mark.parametrize(
    ("said", "arrives"),
    [
        (Failed(1, IncompleteError("growing")), IncompleteError),
        (Failed(1, DeviceError("gone")), DeviceError),
        (Failed(1, FatalError("no")), PhotoError),
        (Refused(DeviceError("gone")), DeviceError),
        (Refused(FatalError("no")), FatalError),
        (Refused(ConfigurationError("no")), ConfigurationError),
        (Refused(PhotoError("no")), FatalError),
    ],
)
def test_errors_arrive_with_their_words_and_with_a_name_that_may_be_said_there(
    said: Failed | Refused, arrives: type[GpendError]
) -> None:
    arrived = _heard(_sent(said))
    assert isinstance(arrived, Failed | Refused)
    assert (type(arrived.error), str(arrived.error)) == (arrives, str(said.error))


def test_a_reason_beyond_measure_is_cut_and_halves_of_characters_are_replaced() -> None:
    arrived = _heard(_sent(Failed(1, PhotoError("\udce4" + "x" * 10_000))))
    assert isinstance(arrived, Failed)
    assert str(arrived.error) == "\N{REPLACEMENT CHARACTER}" + "x" * 3999


def test_what_is_not_finite_is_not_sent_and_nothing_is_written() -> None:
    pipe = io.BytesIO()
    with pytest.raises(ValueError, match="not JSON compliant"):
        send(pipe, Done(1, Kept("", (FaceReport((0, 0, float("nan"), 1), 1, 1, Verdict.SHARP, ""),))))
    assert pipe.getvalue() == b""


def test_a_term_that_is_not_finite_stays_behind() -> None:
    face = FaceReport((0, 0, 1, 1), 1, 1, Verdict.SHARP, "", {"noise": float("-inf"), "grain": 0.5})
    arrived = _heard(_sent(Done(1, Kept("", (face,)))))
    assert isinstance(arrived, Done)
    assert arrived.outcome.faces[0].terms == {"grain": 0.5}


@given(st.data())
def test_a_frame_cut_short_is_the_end(data: st.DataObject) -> None:
    whole = _sent(_FROM_WORKER[3]).getvalue()
    kept = data.draw(st.integers(0, len(whole) - 1))
    assert _heard(io.BytesIO(whole[:kept])) is None


@pytest.mark.parametrize(
    "header",
    [
        b"no JSON",
        b"\xff\xfe",
        b"[" * 100_000,
        pickle.dumps(len, 4),
        pickle.dumps({"kind": "ready", "name": "x"}),
        [],
        {},
        {"kind": "setup", "settings": "{}", "slots": 1, "largest": 1},
        {"kind": "photo", "number": 1},
        {"kind": "np.f2py.subprocess.Popen", "number": 1},
        {"kind": "ready"},
        {"kind": "ready", "name": None},
        {"kind": "beat", "numbers": [1.5]},
        {"kind": "beat", "numbers": [-1]},
        {"kind": "beat", "numbers": [1 << 63]},
        {"kind": "beat", "numbers": "12"},
        _KEPT | {"number": True},
        _KEPT | {"number": "1"},
        _KEPT | {"number": float("nan")},
        _KEPT | {"reason": "x" * 5000},
        _KEPT | {"more": 1},
        _KEPT | {"seconds": {"decode": -1}},
        _KEPT | {"seconds": {"decode": float("inf")}},
        _KEPT | {"seconds": {"a name of the worker's own": 1}},
        _KEPT | {"faces": [_SEEN | {"box": [1, 2, 3]}]},
        _KEPT | {"faces": [_SEEN | {"box": [1, 2, 3, float("nan")]}]},
        _KEPT | {"faces": [_SEEN | {"box": [1, 2, 3, float("inf")]}]},
        _KEPT | {"faces": [_SEEN | {"box": [1, 2, 3, 1e300]}]},
        _KEPT | {"faces": [_SEEN | {"score": None}]},
        _KEPT | {"faces": [_SEEN | {"verdict": "beautiful"}]},
        _KEPT | {"faces": [_SEEN | {"terms": {"grain": "0.5"}}]},
        {"kind": "failed", "number": 1, "error": "FatalError", "message": "stop"},
        {"kind": "failed", "number": 1, "error": "GpendError", "message": ""},
        {"kind": "failed", "number": 1, "error": "builtins.SystemExit", "message": ""},
        {"kind": "refused", "error": "PhotoError", "message": ""},
        b'{"kind":"failed","number":1,"error":"PhotoError","message":"\\ud800"}',
    ],
)
def test_nothing_else_is_understood(header: object) -> None:
    with pytest.raises(ProtocolError):
        _heard(_frame(header))


@pytest.mark.parametrize("suffix", ["/../../etc/cron.d/x", ".jpg/x", "jpg", ".sh", ".jpg\0", ".JPG", "..", 7, None])
def test_no_ending_that_no_format_has_gets_into_a_file_name(suffix: object) -> None:
    with pytest.raises(ProtocolError):
        _heard(_frame(_RESTORED | {"suffix": suffix}, b"photo"))


def test_only_a_restored_photo_has_bytes() -> None:
    for header in (_KEPT, {"kind": "beat", "numbers": []}):
        with pytest.raises(ProtocolError, match="5 bytes after"):
            _heard(_frame(header, b"photo"))


def test_a_restored_photo_has_bytes() -> None:
    with pytest.raises(ProtocolError, match="without a byte"):
        _heard(_frame(_RESTORED))


@pytest.mark.parametrize("lengths", [(0xFFFFFFFF, 0), (3 << 20, 0), (10, _LARGEST + 1), (10, 4 << 30), (10, 1 << 63)])
def test_a_monstrous_frame_is_not_waited_for(lengths: tuple[int, int]) -> None:
    with pytest.raises(ProtocolError, match="a frame of"):
        _heard(io.BytesIO(struct.pack("<IQ", *lengths) + b"{}"))


@pytest.mark.parametrize(
    "header", [_KEPT, _RESTORED, {"kind": "failed", "number": 1, "error": "PhotoError", "message": ""}]
)
def test_an_answer_to_what_was_not_asked_is_not_read_to_its_end(header: dict[str, object]) -> None:
    body = b"photo" if header is _RESTORED else b""
    pipe = _frame(header, body)
    with pytest.raises(ProtocolError, match="photo 1, which it does not have"):
        _heard(pipe, asked=(2, 3))
    assert pipe.read() == body


_Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_violation_or_the_end(noise: bytes) -> None:
    _survives(io.BytesIO(noise))


@given(st.sampled_from([_KEPT, _RESTORED, _KEPT | {"faces": [_SEEN]}]), st.data())
def test_a_header_with_anything_at_all_in_one_place_is_a_message_or_a_violation(
    header: dict[str, object], data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from(sorted(header)))
    _survives(_frame(header | {place: data.draw(_Json)}))


@given(st.sampled_from(_FROM_WORKER), st.data())
def test_a_frame_with_a_byte_changed_is_a_message_or_a_violation(message: FromWorker, data: st.DataObject) -> None:
    whole = bytearray(_sent(message).getvalue())
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    _survives(io.BytesIO(bytes(whole)))


def _survives(pipe: io.BytesIO) -> None:
    """Whatever is understood can be used without care, as the dispatcher does."""
    try:
        message = _heard(pipe)
    except ProtocolError:
        return
    if isinstance(message, Done):
        assert message.number in _ASKED
        json.dumps([face.as_data() for face in message.outcome.faces], allow_nan=False)
        message.outcome.reason.encode()
        assert not isinstance(message.outcome, Restored) or message.outcome.suffix in _SUFFIXES
