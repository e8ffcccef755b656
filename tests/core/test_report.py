"""What the core says about a photo."""

import json

from gpend.core.report import FaceReport, Verdict


def test_a_face_is_told_in_json_by_its_box_scores_verdict_and_reason() -> None:
    face = FaceReport((1.4, 2.0, 31.6, 42.0), 0.98765, 0.123456, Verdict.SHARP, "sharp enough", {"edge": 1.0})
    assert json.loads(json.dumps(face.as_data())) == {
        "box": [1, 2, 32, 42],
        "score": 0.9877,
        "sharpness": 0.1235,
        "verdict": "sharp",
        "reason": "sharp enough",
    }


def test_a_restored_face_tells_its_network() -> None:
    face = FaceReport((1, 2, 3, 4), 1.0, 0.1, Verdict.RESTORED, "blurred", network="gpen-256 (670ae8dc)")
    assert face.as_data()["network"] == "gpen-256 (670ae8dc)"
