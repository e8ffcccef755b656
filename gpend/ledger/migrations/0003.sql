-- People decide about single photos, pause gpend, and look for photos by camera and date.
ALTER TABLE folder ADD COLUMN watching TEXT CHECK (watching IN ('events', 'polling'));
ALTER TABLE photo ADD COLUMN camera TEXT;
ALTER TABLE photo ADD COLUMN taken INTEGER;
ALTER TABLE photo ADD COLUMN rejudged INTEGER NOT NULL DEFAULT 0 CHECK (rejudged IN (0, 1));
DROP INDEX photo_queue;
CREATE INDEX photo_queue ON photo
    (folder, sidecar, attempts, deaths, delays, found_by, output IS NULL OR counted IS NOT NULL OR forced, id) WHERE state = 'waiting' AND held = 0;
DROP INDEX photo_by_state;
CREATE INDEX photo_by_state ON photo (state, updated, folder, sidecar, found_by);
CREATE INDEX photo_by_camera ON photo (camera) WHERE camera IS NOT NULL;

CREATE TABLE decision (
    photo   BLOB    PRIMARY KEY,
    content TEXT    CHECK (length(content) = 64),
    kind    TEXT    NOT NULL CHECK (kind IN ('restore', 'leave', 'original', 'faces', 'automatic')),
    faces   TEXT    CHECK (faces IS NULL OR json_valid(faces)),
    decided INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_by_content ON decision (content) WHERE content IS NOT NULL;

CREATE TABLE control (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    paused_since INTEGER,
    resting      TEXT
) STRICT;
INSERT INTO control (id) VALUES (1);

-- Requests of more kinds, with what they are about.
ALTER TABLE request RENAME TO request_before;
CREATE TABLE request (
    id     INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL CHECK (kind IN ('retry', 'rejudge', 'confirm', 'decide', 'pause', 'resume')),
    path   BLOB,
    detail TEXT    CHECK (detail IS NULL OR json_valid(detail)),
    asked  INTEGER NOT NULL
) STRICT;
INSERT INTO request (id, kind, path, asked) SELECT id, kind, path, asked FROM request_before;
DROP TABLE request_before;
