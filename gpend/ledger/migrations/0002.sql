-- What was changed only in its metadata, and what was only touched, needs no work; an output may be switched.
ALTER TABLE folder ADD COLUMN previous_output BLOB;
ALTER TABLE folder ADD COLUMN last_scan TEXT;
ALTER TABLE folder ADD COLUMN settling INTEGER NOT NULL DEFAULT 0;
ALTER TABLE photo ADD COLUMN picture TEXT CHECK (length(picture) = 64);
ALTER TABLE photo ADD COLUMN counted TEXT CHECK (length(counted) = 64);
ALTER TABLE photo ADD COLUMN recheck INTEGER NOT NULL DEFAULT 0 CHECK (recheck IN (0, 1));
DROP INDEX photo_queue;
CREATE INDEX photo_queue ON photo
    (folder, attempts, deaths, delays, found_by, output IS NULL OR counted IS NOT NULL OR forced, id) WHERE state = 'waiting' AND held = 0;
UPDATE photo SET held = 0 WHERE held = 1;

-- Requests of another kind.
ALTER TABLE request RENAME TO request_before;
CREATE TABLE request (
    id    INTEGER PRIMARY KEY,
    kind  TEXT    NOT NULL CHECK (kind IN ('retry', 'rejudge', 'confirm')),
    path  BLOB,
    asked INTEGER NOT NULL
) STRICT;
INSERT INTO request SELECT * FROM request_before WHERE kind <> 'forget';
DROP TABLE request_before;
