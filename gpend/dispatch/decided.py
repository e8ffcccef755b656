"""What a person has decided about a photo, carried out where it needs no engine."""

import os
from dataclasses import replace
from typing import Any

from gpend.dispatch.finish import Finisher
from gpend.dispatch.orphans import adopt_orphan
from gpend.dispatch.outputs import OutputWriter
from gpend.dispatch.reuse import REMOVED, is_unrecorded
from gpend.dispatch.types import Job, Now
from gpend.errors import PhotoError
from gpend.ledger import Decision, DecisionKind, Facts, Ledger, State, Written, before_set_aside, result_as_before
from gpend.mirror import trash

LEFT = "left alone, as you decided"
_LEFT_SO = "left so, as you decided"
_ORIGINAL = "the original is used, as you decided"
_IN_THE_WAY = "what stands in the place of its output was changed by somebody; left alone"
_SHARED = "what was restored stays, as it is another photo's output too"


class Decided:
    """Finds the decision about a photo, and ends the photo where it is left as it is."""

    def __init__(self, ledger: Ledger, outputs: OutputWriter, finisher: Finisher) -> None:
        self._ledger = ledger
        self._outputs = outputs
        self._finisher = finisher

    def follow_decision(self, job: Job) -> Decision | None:
        """Find what a person wants of this photo, by its path, or by its content where it was elsewhere.

        A decision follows its photo where that is moved or edited, which is noted then, and never falls upon another
        one that came under its name.
        """
        row, content, decisions = job.row, job.photo.content, self._ledger.decisions
        if row.is_sidecar:
            return None
        found = decisions.of(row.path)
        if found is not None:
            is_edited = row.content == found.content and not row.recheck
            if found.content not in (None, content) and not is_edited:
                return None
        elif row.prior is None:
            found = decisions.about(content)
        if found is None or found.kind is DecisionKind.AUTOMATIC:
            return None
        if (found.photo, found.content) != (row.path, content):
            found = replace(found, photo=row.path, content=content)
            decisions.note(found)
        return found

    def finish(self, job: Job, now: Now) -> bool:
        """End a photo that a person wants left as it is; False: there is no such decision. Raises OSError."""
        match job.decision and job.decision.kind:
            case DecisionKind.LEAVE:
                self._leave(job, now)
            case DecisionKind.ORIGINAL:
                self._use_original(job, now)
            case _:
                return False
        return True

    def _leave(self, job: Job, now: Now) -> None:
        row, content = job.row, job.photo.content
        is_restored = row.finished is State.RESTORED and row.written is not None
        is_known = is_restored and (row.content == content or job.is_same_picture)
        if is_known or _is_kept_as_somebody_wants(job):
            reason = f"{row.reason_there.removesuffix(f'; {_LEFT_SO}')}; {_LEFT_SO}"
            self._finisher.record(row, result_as_before(row, content, row.written, reason), now)
        else:
            self._finisher.keep(job, LEFT, now, _facts(job))

    def _use_original(self, job: Job, now: Now) -> None:
        """What was restored goes to the trash, whatever becomes of the outputs of deleted photos."""
        if job.before is None:
            job = replace(job, row=adopt_orphan(self._ledger, self._outputs, job.row, job.pair, now))
        job = replace(job, row=before_set_aside(job.row) or job.row)
        reason, before, mirror = _ORIGINAL, job.before, job.pair.mirror
        if before is not None and _is_kept_as_somebody_wants(job):
            why = _IN_THE_WAY if os.path.lexists(mirror.output / before.path) else REMOVED
            result = result_as_before(job.row, job.photo.content, before, f"{_ORIGINAL}; {why}")
            self._finisher.record(job.row, result, now)
            return
        if before is not None and job.row.finished is State.RESTORED:
            is_shared = self._outputs.ownership.is_shared(job.pair.id, mirror, before, job.row.id)
            try:
                kept = None if is_shared else self._outputs.to_trash(job.pair, before, now.utc)
                if is_shared:
                    self._refuse_its_place(job, before)
            except PhotoError as error:
                self._finisher.set_aside(job.row, error, now, content=job.photo.content)
                return
            if kept is None and not is_shared and (mirror.output / before.path).exists():
                result = result_as_before(job.row, job.photo.content, before, f"{_ORIGINAL}; {_IN_THE_WAY}")
                self._finisher.record(job.row, replace(result, state=State.KEPT, facts=_facts(job)), now)
                return
            reason = f"{_ORIGINAL}; {_SHARED}" if is_shared else reason
            job = replace(job, row=replace(job.row, written=None))
        self._finisher.keep(job, reason, now, _facts(job))

    def _refuse_its_place(self, job: Job, before: Written) -> None:
        """Raise AnothersError where a copy of the original would replace what was restored for another source too."""
        mirror = job.pair.mirror
        places = mirror.candidates(job.row.relative, job.suffix) if self._outputs.mirrors_kept else []
        if any(mirror.same_file(place, before.path) for place in places):
            self._outputs.others.refuse(job.pair, job.row, before)


def _is_kept_as_somebody_wants(job: Job) -> bool:
    """Is a photo that was not restored what it was, and has somebody changed or deleted its copy?

    A copy that is in the trash, or is to be looked for anew, is not gone by anybody's will.
    """
    row, written, mirror = job.row, job.before, job.pair.mirror
    if written is None or row.finished is not State.KEPT or trash.is_in_trash(written.path) or mirror.stands(written):
        return False
    if row.content != job.photo.content and not job.is_same_picture:
        return False
    if os.path.lexists(mirror.output / written.path):
        return not is_unrecorded(job, written)
    return not row.recheck


def _facts(job: Job) -> Facts:
    """What is known of the photo's faces, none of which is restored."""
    row = job.row
    known: list[dict[str, Any]] = (row.outcome or {}).get("faces", []) if row.content == job.photo.content else []
    return {"faces": [_left(face) if face.get("verdict") == "restored" else face for face in known], "notes": []}


def _left(face: dict[str, Any]) -> dict[str, Any]:
    """A face that was restored, as it is told where that is not used: no network has a part in it."""
    told = {"verdict": "decided", "reason": LEFT}
    return {name: value for name, value in face.items() if name != "network"} | told
