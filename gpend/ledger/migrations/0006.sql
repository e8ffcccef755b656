-- How long what lies in a trash has lain there is counted, and not told by dates alone.
CREATE TABLE trash (
    folder  INTEGER NOT NULL REFERENCES folder (id),
    part    BLOB    NOT NULL,
    age     INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    PRIMARY KEY (folder, part)
) STRICT, WITHOUT ROWID;
