"""What has been done to every photo: one SQLite file, one writer, any number of readers."""

from gpend.ledger.absences import Expected, Span
from gpend.ledger.choice import Choice
from gpend.ledger.decisions import Decision, DecisionKind
from gpend.ledger.fingerprint import Fingerprint, Judging, fingerprint_of
from gpend.ledger.folders import asks_for_confirmation
from gpend.ledger.ledger import Ledger
from gpend.ledger.photos import Known
from gpend.ledger.records import Records
from gpend.ledger.requests import Asked
from gpend.ledger.rows import (
    DELETED,
    RENAMED,
    Facts,
    FolderRow,
    Found,
    FoundBy,
    Mirrored,
    Request,
    Result,
    Row,
    SharpFaces,
    State,
    Written,
    before_set_aside,
    earlier_of,
    result_as_before,
)

__all__ = [
    "DELETED",
    "RENAMED",
    "Asked",
    "Choice",
    "Decision",
    "DecisionKind",
    "Expected",
    "Facts",
    "Fingerprint",
    "FolderRow",
    "Found",
    "FoundBy",
    "Judging",
    "Known",
    "Ledger",
    "Mirrored",
    "Records",
    "Request",
    "Result",
    "Row",
    "SharpFaces",
    "Span",
    "State",
    "Written",
    "asks_for_confirmation",
    "before_set_aside",
    "earlier_of",
    "fingerprint_of",
    "result_as_before",
]
