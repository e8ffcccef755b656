-- What gpend knows about every photo. One file, one writer at a time.
-- Times are whole UTC seconds. Paths are the bytes of the file system: TEXT would refuse names that are not UTF-8.
-- Sizes, inodes and nanoseconds are stored as signed 64-bit numbers.

-- One source tree and the tree that mirrors it.
CREATE TABLE folder (
    id            INTEGER PRIMARY KEY,
    source        BLOB    NOT NULL UNIQUE,     -- absolute
    output        BLOB    NOT NULL,            -- absolute
    active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),  -- named in the configuration
    paused_reason TEXT,                        -- why nothing is processed at the moment
    paused_since  INTEGER,
    brake         TEXT,                        -- the mass change that waits for `gpend confirm`, in words
    brake_since   INTEGER,                     -- changes noticed after this time are counted against it
    confirmed     INTEGER NOT NULL DEFAULT 0,  -- changes noticed up to this time were confirmed by a person
    output_identity TEXT,                      -- mark or inode of the output's root when it was last claimed
    identity      TEXT,                        -- device, inode and file system of the source's root when last listed
    previous_output BLOB,                      -- absolute: the output before it was switched, whose files still count
    last_scan     TEXT,                        -- JSON: what the last scan passed over, by reason
    settling      INTEGER NOT NULL DEFAULT 0,  -- photos that were seen and are not on record yet
    watching      TEXT    CHECK (watching IN ('events', 'polling')),  -- how news of it come; NULL: nobody looks
    CHECK ((paused_reason IS NULL) = (paused_since IS NULL)),
    CHECK (brake_since IS NULL OR brake IS NOT NULL)
) STRICT;

-- One photo: what its file was when gpend last saw it, and what became of it.
-- content, outcome, output and the fingerprint describe the last finished outcome, also while the photo waits to be redone.
CREATE TABLE photo (
    id            INTEGER PRIMARY KEY,
    folder        INTEGER NOT NULL REFERENCES folder (id),
    path          BLOB    NOT NULL,            -- relative to the source
    sidecar       INTEGER NOT NULL CHECK (sidecar IN (0, 1)),  -- no photo, but a file that is mirrored beside them
    size          INTEGER NOT NULL,            -- the stamp: size, mtime_ns, inode
    mtime_ns      INTEGER NOT NULL,
    inode         INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN (
                      'waiting',               -- settled, to be processed (not before next_attempt)
                      'working',               -- submitted; a start that finds this knows that gpend died meanwhile
                      'restored', 'kept',      -- done
                      'failed',                -- set aside with its reason
                      'incomplete',            -- unchanged for long and still without its end
                      'unsupported',           -- a fine photo of a kind that is left as it is
                      'gone')),                -- the source was deleted; the output is in the trash, or left, or deleted
    prior         TEXT    CHECK (prior IN ('restored', 'kept', 'failed', 'incomplete', 'unsupported')),
                                               -- the state before it waited again or was gone; NULL: never finished
    reason        TEXT    NOT NULL DEFAULT '',
    content       TEXT    CHECK (length(content) = 64),  -- SHA-256 of the file that the outcome is about
    picture       TEXT    CHECK (length(picture) = 64),  -- SHA-256 of its picture alone, without its metadata
    outcome       TEXT    CHECK (outcome IS NULL OR json_valid(outcome)),  -- the verdict on every face, and notes
    output        BLOB,                        -- relative to the folder's output; NULL: nothing stands there
    output_size   INTEGER,
    output_mtime_ns INTEGER,
    output_inode  INTEGER,
    output_sha256 TEXT    CHECK (length(output_sha256) = 64),
    model         TEXT    NOT NULL DEFAULT '', -- the fingerprint: what an outcome depends on besides the photo
    digest        TEXT    NOT NULL DEFAULT '',
    version       TEXT    NOT NULL DEFAULT '',
    first_seen    INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    found_by      TEXT    NOT NULL CHECK (found_by IN ('event', 'scan')),
    attempts      INTEGER NOT NULL DEFAULT 0,  -- submissions that gpend crashed in, or is in the middle of
    deaths        INTEGER NOT NULL DEFAULT 0,  -- submissions that gpend was killed in, by whom it could not tell
    delays        INTEGER NOT NULL DEFAULT 0,  -- times it had to wait for the file or the moment; widens the interval
    next_attempt  INTEGER,                     -- not before
    held          INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),    -- behind the brake
    forced        INTEGER NOT NULL DEFAULT 0 CHECK (forced IN (0, 1)),  -- a person asked: do it afresh
    changed_since INTEGER,                     -- when a change of an already mirrored source was noticed
    counted       TEXT    CHECK (length(counted) = 64),  -- SHA-256 of the file whose change the brake has counted
    recheck       INTEGER NOT NULL DEFAULT 0 CHECK (recheck IN (0, 1)),  -- an output that is not there is made anew
    missing_since INTEGER,                     -- when the source was first not found
    camera        TEXT,                        -- as the photo tells it
    taken         INTEGER,                     -- when, as the camera's clock showed it, taken for UTC
    rejudged      INTEGER NOT NULL DEFAULT 0 CHECK (rejudged IN (0, 1)),  -- forced with all of other settings, not by itself
    earlier       TEXT    CHECK (earlier IS NULL OR json_valid(earlier)),  -- of what was set aside: the outcome before that
    UNIQUE (folder, path),
    CHECK ((output IS NULL) = (output_sha256 IS NULL)),
    CHECK ((output IS NULL) = (output_size IS NULL)),
    CHECK ((output IS NULL) = (output_mtime_ns IS NULL)),
    CHECK ((output IS NULL) = (output_inode IS NULL)),
    CHECK (state IN ('waiting', 'working', 'gone') OR prior IS NULL)
) STRICT;

-- The queue of a folder: what was never trouble before what was, what just arrived before what a scan turned up, and what
-- may be a change of a mirrored photo, which the brake has to count, before what takes its time.
CREATE INDEX photo_queue ON photo
    (folder, sidecar, attempts, deaths, delays, found_by, output IS NULL OR counted IS NOT NULL OR forced, id) WHERE state = 'waiting' AND held = 0;
CREATE INDEX photo_by_state ON photo (state, updated, folder, sidecar, found_by);  -- all that counting needs
CREATE INDEX photo_by_content ON photo (content) WHERE content IS NOT NULL;
CREATE INDEX photo_by_output ON photo (folder, output) WHERE output IS NOT NULL;
CREATE INDEX photo_by_output_sha256 ON photo (output_sha256) WHERE output_sha256 IS NOT NULL;
CREATE INDEX photo_changed ON photo (folder, changed_since) WHERE changed_since IS NOT NULL;
CREATE INDEX photo_missing ON photo (folder, missing_since) WHERE missing_since IS NOT NULL;
CREATE INDEX photo_arrivals ON photo (size) WHERE state IN ('waiting', 'working');
CREATE INDEX photo_updated ON photo (updated);
CREATE INDEX photo_by_camera ON photo (camera) WHERE camera IS NOT NULL;

-- The faces that were measured, of photos that are not gone: what an outcome tells of each, once more, so that how sharp
-- all of them are is known without reading every outcome. Kept by triggers alone.
CREATE TABLE face (
    photo     INTEGER NOT NULL,
    place     INTEGER NOT NULL,                -- among the faces of the photo
    folder    INTEGER NOT NULL,                -- of the photo
    verdict   TEXT    NOT NULL,
    sharpness REAL    NOT NULL,
    PRIMARY KEY (photo, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX face_by_sharpness ON face (verdict, sharpness, folder);
CREATE TRIGGER faces_of_new AFTER INSERT ON photo WHEN new.outcome IS NOT NULL
BEGIN
    INSERT INTO face (photo, place, folder, verdict, sharpness)
    SELECT new.id, face.key, new.folder, json_extract(new.outcome, face.fullkey || '.verdict'),
        json_extract(new.outcome, face.fullkey || '.sharpness')
    FROM json_each(new.outcome, '$.faces') AS face
    WHERE new.state <> 'gone' AND typeof(face.key) = 'integer'
      AND json_type(new.outcome, face.fullkey || '.verdict') = 'text'
      AND json_type(new.outcome, face.fullkey || '.sharpness') IN ('real', 'integer');
END;
CREATE TRIGGER faces_of_changed AFTER UPDATE OF outcome, state, folder ON photo
WHEN old.outcome IS NOT new.outcome OR (old.state = 'gone') <> (new.state = 'gone') OR old.folder <> new.folder
BEGIN
    DELETE FROM face WHERE photo = new.id;
    INSERT INTO face (photo, place, folder, verdict, sharpness)
    SELECT new.id, face.key, new.folder, json_extract(new.outcome, face.fullkey || '.verdict'),
        json_extract(new.outcome, face.fullkey || '.sharpness')
    FROM json_each(new.outcome, '$.faces') AS face
    WHERE new.state <> 'gone' AND typeof(face.key) = 'integer'
      AND json_type(new.outcome, face.fullkey || '.verdict') = 'text'
      AND json_type(new.outcome, face.fullkey || '.sharpness') IN ('real', 'integer');
END;
CREATE TRIGGER faces_of_forgotten AFTER DELETE ON photo
BEGIN
    DELETE FROM face WHERE photo = old.id;
END;

-- How many photos there are of each kind that is asked for, so that nobody counts them row by row. Kept by triggers alone.
CREATE TABLE tally (
    folder   INTEGER NOT NULL,
    sidecar  INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    found_by TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    photos   INTEGER NOT NULL CHECK (photos >= 0),
    PRIMARY KEY (folder, sidecar, state, found_by, model, digest)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tally_of_new AFTER INSERT ON photo
BEGIN
    INSERT INTO tally (folder, sidecar, state, found_by, model, digest, photos)
    VALUES (new.folder, new.sidecar, new.state, new.found_by, new.model, new.digest, 1)
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER tally_of_changed AFTER UPDATE OF folder, sidecar, state, found_by, model, digest ON photo
WHEN (old.folder, old.sidecar, old.state, old.found_by, old.model, old.digest)
    IS NOT (new.folder, new.sidecar, new.state, new.found_by, new.model, new.digest)
BEGIN
    UPDATE tally SET photos = photos - 1
    WHERE (folder, sidecar, state, found_by, model, digest)
        = (old.folder, old.sidecar, old.state, old.found_by, old.model, old.digest);
    INSERT INTO tally (folder, sidecar, state, found_by, model, digest, photos)
    VALUES (new.folder, new.sidecar, new.state, new.found_by, new.model, new.digest, 1)
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER tally_of_forgotten AFTER DELETE ON photo
BEGIN
    UPDATE tally SET photos = photos - 1
    WHERE (folder, sidecar, state, found_by, model, digest)
        = (old.folder, old.sidecar, old.state, old.found_by, old.model, old.digest);
END;

-- What people decided about single photos. It is kept in a file beside the ledger too, for the day that this one is lost.
CREATE TABLE decision (
    photo   BLOB    PRIMARY KEY,               -- absolute
    content TEXT    CHECK (length(content) = 64),  -- SHA-256 of the file that it is about; NULL: not known yet
    kind    TEXT    NOT NULL CHECK (kind IN (
                'restore',                     -- every face that can be, whatever the settings say
                'leave',                       -- nothing more is done; what stands stays
                'original',                    -- what was restored goes to the trash, whatever `on_delete` says
                'faces',                       -- as `faces` says; the others as the settings say
                'automatic')),                 -- withdrawn: as the settings say
    faces   TEXT    CHECK (faces IS NULL OR json_valid(faces)),  -- {"restore": [box...], "leave": [box...]}
    decided INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_by_content ON decision (content) WHERE content IS NOT NULL;

-- How long what lies in a trash has lain there, as far as gpend was there to see it: a part of it is named by a date, of
-- which no clock need be right. What has just come into a part has no row: it begins anew.
CREATE TABLE trash (
    folder  INTEGER NOT NULL REFERENCES folder (id),
    part    BLOB    NOT NULL,                  -- relative to the output
    age     INTEGER NOT NULL,                  -- seconds
    counted INTEGER NOT NULL,                  -- when, last
    PRIMARY KEY (folder, part)
) STRICT, WITHOUT ROWID;

-- What holds for gpend as a whole: one row.
CREATE TABLE control (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    paused_since INTEGER,                      -- a person has said `gpend pause`
    resting      TEXT,                         -- why the daemon begins no photo at the moment, in words
    judging      TEXT    CHECK (judging IS NULL OR json_valid(judging))  -- how it judges photos, as `Judging` has it
) STRICT;
INSERT INTO control (id) VALUES (1);

-- What people asked for with `gpend retry`, `confirm`, `decide`, `pause` and `resume`; the daemon takes it from here.
CREATE TABLE request (
    id     INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL CHECK (kind IN ('retry', 'rejudge', 'confirm', 'decide', 'pause', 'resume')),
    path   BLOB,                               -- absolute; NULL: all
    detail TEXT    CHECK (detail IS NULL OR json_valid(detail)),  -- of a decision: which, and about what
    asked  INTEGER NOT NULL
) STRICT;
