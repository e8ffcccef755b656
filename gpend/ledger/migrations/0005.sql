-- How many photos stand where is known without counting them; how they are judged, without reading the configuration.
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
INSERT INTO tally (folder, sidecar, state, found_by, model, digest, photos)
SELECT folder, sidecar, state, found_by, model, digest, count(*) FROM photo GROUP BY 1, 2, 3, 4, 5, 6;
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
ALTER TABLE control ADD COLUMN judging TEXT CHECK (judging IS NULL OR json_valid(judging));
