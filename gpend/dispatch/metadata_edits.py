"""Photos of which only the metadata were edited: the finished picture is put into the new file, without the engine."""

from gpend.core.same_picture import carried_over
from gpend.dispatch.finish import Finisher
from gpend.dispatch.outputs import OutputWriter
from gpend.dispatch.types import Job, Now
from gpend.errors import PhotoError
from gpend.ledger import Fingerprint, State, result_as_before


def finish_edited(job: Job, outputs: OutputWriter, finisher: Finisher, fingerprint: Fingerprint, now: Now) -> bool:
    """End a photo of the same picture as before as it ended then; False: that cannot be done. Raises OSError."""
    row, content = job.row, job.photo.content
    try:
        if row.finished is State.KEPT and row.fingerprint == fingerprint:
            written = outputs.write_kept(job)
        else:
            photo = _carried_over(job)
            if photo is None:
                return False
            written = outputs.write_restored(job, photo, "", row.fingerprint)
    except PhotoError as error:
        finisher.set_aside(row, error, now, content=content)
    else:
        finisher.record(row, result_as_before(row, content, written), now)
    return True


def _carried_over(job: Job) -> bytes | None:
    """The edited photo with the finished picture of its output, if that stands as gpend wrote it."""
    if job.row.written is None or job.row.finished is not State.RESTORED:
        return None
    before = job.pair.mirror.read(job.row.written)
    return None if before is None else carried_over(job.picture, before)
