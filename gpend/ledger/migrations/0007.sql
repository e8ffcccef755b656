-- What was set aside remembers the outcome that it had before.
ALTER TABLE photo ADD COLUMN earlier TEXT CHECK (earlier IS NULL OR json_valid(earlier));
