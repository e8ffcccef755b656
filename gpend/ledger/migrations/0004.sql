-- How sharp all faces are is known without reading every outcome.
CREATE TABLE face (
    photo     INTEGER NOT NULL,
    place     INTEGER NOT NULL,                -- among the faces of the photo
    folder    INTEGER NOT NULL,                -- of the photo
    verdict   TEXT    NOT NULL,
    sharpness REAL    NOT NULL,
    PRIMARY KEY (photo, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX face_by_sharpness ON face (verdict, sharpness, folder);
INSERT INTO face (photo, place, folder, verdict, sharpness)
SELECT photo.id, face.key, photo.folder, json_extract(photo.outcome, face.fullkey || '.verdict'),
    json_extract(photo.outcome, face.fullkey || '.sharpness')
FROM photo, json_each(photo.outcome, '$.faces') AS face
WHERE photo.state <> 'gone' AND typeof(face.key) = 'integer'
  AND json_type(photo.outcome, face.fullkey || '.verdict') = 'text'
  AND json_type(photo.outcome, face.fullkey || '.sharpness') IN ('real', 'integer');
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
