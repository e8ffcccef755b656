-- Every statement of the ledger by name. Parameters are named; {what stands in braces} is a part that several share.

-- part: photos
-- Rows of `photo`, each with its folder's two paths.
SELECT photo.*, folder.source AS folder_source, folder.output AS folder_output
FROM photo JOIN folder ON folder.id = photo.folder

-- name: register_folder
INSERT INTO folder (source, output) VALUES (:source, :output)
ON CONFLICT (source) DO UPDATE SET output = :output, active = 1
RETURNING *;

-- name: retire_folders
UPDATE folder SET active = 0;

-- name: folders
SELECT * FROM folder WHERE active = 1 ORDER BY id;

-- name: folder_by_source
SELECT * FROM folder WHERE source = :source;

-- name: respell_folder
UPDATE folder SET source = :source, output = :output WHERE id = :folder;

-- name: widen_photos
-- The photos of a folder are those of a folder around it, but for those that lay in two of its folders before. What lies in
-- the trash of an output that is a part of another one now stays with that. What the brake held it counts anew.
UPDATE OR IGNORE photo SET folder = :new, held = 0, path = CAST(:inside || path AS BLOB), output = CAST(:output_inside || output AS BLOB)
WHERE folder = :old AND (:output_inside = x'' OR state <> 'gone');

-- name: widen_trash
UPDATE OR IGNORE trash SET folder = :new WHERE folder = :old;

-- name: some_files
-- A few that are known to be there, from all over the folder: in the order of an arithmetic that scatters.
SELECT path, size, content FROM photo WHERE folder = :folder AND missing_since IS NULL AND state <> 'gone'
ORDER BY id * 7919 % 10007 LIMIT :limit;

-- name: some_outputs
-- As some_files.
SELECT output FROM photo WHERE folder = :folder AND output IS NOT NULL AND state <> 'gone'
ORDER BY id * 7919 % 10007 LIMIT :limit;

-- name: sharing_output
-- Folders, at work or not, whose outputs stand in this one, or may stand in it since they were switched, or bear its mark.
SELECT * FROM folder WHERE output = :output OR previous_output = :output OR output_identity = :identity ORDER BY id;

-- name: some_mirrored
-- As some_files.
SELECT path, size, output FROM photo WHERE folder = :folder AND output IS NOT NULL
ORDER BY id * 7919 % 10007 LIMIT :limit;

-- name: mirrored_count
SELECT count(*) AS n FROM photo WHERE folder = :folder AND output IS NOT NULL;

-- name: folder_by_id
SELECT * FROM folder WHERE id = :folder;

-- name: pause_folder
UPDATE folder SET paused_reason = :reason, paused_since = :now WHERE id = :folder;

-- name: resume_folder
UPDATE folder SET paused_reason = NULL, paused_since = NULL WHERE id = :folder;

-- name: brake_folder
UPDATE folder SET brake = :brake, brake_since = :since WHERE id = :folder;

-- name: confirm_folder
UPDATE folder SET brake = NULL, brake_since = NULL, confirmed = :now WHERE id = :folder;

-- name: date_missing_back
-- What a person confirms while the clock is behind was noticed before that.
UPDATE photo SET missing_since = :now WHERE folder = :folder AND missing_since > :now AND state <> 'gone';

-- name: date_changes_back
UPDATE photo SET changed_since = :now WHERE folder = :folder AND changed_since > :now;

-- name: identify_folder
UPDATE folder SET identity = :identity WHERE id = :folder;

-- name: claim_folder
UPDATE folder SET output_identity = :identity WHERE id = :folder;

-- name: recheck_outputs
-- Whether every output still stands: what does not is made anew, if a person has confirmed it without asking again.
UPDATE photo SET prior = state, state = 'waiting', next_attempt = NULL, updated = :now, recheck = 1,
    counted = CASE WHEN :confirmed THEN content END
WHERE folder = :folder AND output IS NOT NULL AND state IN ('restored', 'kept');

-- name: note_scan
UPDATE folder SET last_scan = :last_scan WHERE id = :folder AND last_scan IS NOT :last_scan;

-- name: note_settling
UPDATE folder SET settling = :settling WHERE id = :folder AND settling <> :settling;

-- name: switch_output
UPDATE folder SET previous_output = :previous WHERE id = :folder;

-- name: hasten_set_aside
-- An output was switched: a photo of whichever folder that found its place taken has another one now, or finds it free.
UPDATE photo SET next_attempt = :now WHERE state = 'failed' AND next_attempt > :now;

-- name: known
-- A second name of the photo itself needs no looking after: what is done to the one is done to the other. An inode of
-- 0 is none that could tell.
SELECT id, size, mtime_ns, inode, state, missing_since IS NOT NULL AS missing, updated, sidecar AS companion,
    output IS NOT NULL AND NOT (output_inode IS inode AND output_inode <> 0 AND output_sha256 IS content) AS mirrored
FROM photo WHERE folder = :folder AND path = :path;

-- name: discover
INSERT INTO photo (folder, path, sidecar, size, mtime_ns, inode, state, first_seen, updated, found_by)
VALUES (:folder, :path, :sidecar, :size, :mtime_ns, :inode, 'waiting', :now, :now, :found_by);

-- name: rediscover
-- The outcome so far stays until the new one is there: `prior` remembers what it was. What has become a photo, as the
-- endings that are looked at were changed, is judged whatever is known of it.
UPDATE photo SET
    forced = CASE WHEN sidecar > :sidecar THEN 1 ELSE forced END, sidecar = :sidecar,
    prior = CASE WHEN state IN ('waiting', 'working', 'gone') THEN prior ELSE state END,
    state = 'waiting', attempts = 0, deaths = 0, delays = 0, next_attempt = NULL, missing_since = NULL, counted = NULL,
    recheck = CASE WHEN state = 'gone' THEN 1 ELSE recheck END,
    size = :size, mtime_ns = :mtime_ns, inode = :inode, updated = :now, found_by = :found_by
WHERE id = :id;

-- name: due
{photos}
WHERE photo.folder = :folder AND photo.sidecar = :companions AND photo.state = 'waiting' AND photo.held = 0
  AND (photo.next_attempt IS NULL OR photo.next_attempt <= :now OR photo.next_attempt > :now + :horizon)
ORDER BY photo.attempts, photo.deaths, photo.delays, photo.found_by,
    photo.output IS NULL OR photo.counted IS NOT NULL OR photo.forced, photo.id
LIMIT :limit;

-- name: bare
-- Photos that were set aside, at a moment or later, of which there is nothing in the output; the first to be so first.
{photos}
WHERE photo.folder = :folder AND photo.state IN ('failed', 'incomplete') AND photo.output IS NULL
  AND photo.updated >= :since
ORDER BY photo.updated, photo.id LIMIT :limit;

-- name: next_attempt
-- The earliest moment at which something that waits may be tried.
SELECT min(next_attempt) AS moment FROM photo
WHERE folder = :folder AND state = 'waiting' AND held = 0 AND next_attempt > :now;

-- name: wake
-- What was set aside with a date is due again.
UPDATE photo SET prior = state, state = 'waiting', updated = :now
WHERE state IN ('failed', 'incomplete') AND next_attempt IS NOT NULL
  AND (next_attempt <= :now OR next_attempt > :now + :horizon);

-- name: begin
UPDATE photo SET state = 'working', attempts = attempts + 1, updated = :now WHERE id = :id;

-- name: finish
UPDATE photo SET
    state = :state, prior = NULL, reason = :reason, content = :content, picture = :picture, outcome = :outcome, earlier = :earlier,
    output = :output, output_size = :output_size, output_mtime_ns = :output_mtime_ns, output_inode = :output_inode,
    output_sha256 = :output_sha256, model = :model, digest = :digest, version = :version, updated = :now,
    attempts = 0, deaths = 0, delays = CASE WHEN :next_attempt IS NULL THEN 0 ELSE delays + 1 END, next_attempt = :next_attempt,
    camera = CASE WHEN :content IS content THEN coalesce(:camera, camera) ELSE :camera END,
    taken = CASE WHEN :content IS content THEN coalesce(:taken, taken) ELSE :taken END, held = 0, forced = 0, rejudged = 0, missing_since = NULL, counted = NULL, recheck = 0
WHERE id = :id;

-- name: catch_up
-- What gpend was killed before it could say: the outcome before, of a photo that waits.
UPDATE photo SET
    state = 'waiting', prior = :state, reason = :reason, content = :content, picture = :picture, outcome = :outcome, earlier = :earlier,
    output = :output, output_size = :output_size, output_mtime_ns = :output_mtime_ns, output_inode = :output_inode,
    output_sha256 = :output_sha256, model = :model, digest = :digest, version = :version, updated = :now
WHERE id = :id;

-- name: postpone
UPDATE photo SET
    state = 'waiting', prior = CASE WHEN state IN ('waiting', 'working', 'gone') THEN prior ELSE state END,
    attempts = max(0, attempts - :give_back), delays = delays + :delay, next_attempt = :next_attempt, updated = :now
WHERE id = :id;

-- name: abandon
-- What was to be redone is not there any more, or not as it was seen. The outcome before that holds until a scan sees
-- what has become of it: no file has this stamp, so whatever is there will be looked at.
UPDATE photo SET state = prior, prior = NULL, size = -1, mtime_ns = 0, inode = 0, updated = :now
WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns AND inode = :inode AND prior IS NOT NULL;

-- name: forget_unfinished
DELETE FROM photo WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns AND inode = :inode
  AND state IN ('waiting', 'working') AND prior IS NULL;

-- name: rehome
UPDATE photo SET output = :output, output_size = :output_size, output_mtime_ns = :output_mtime_ns,
    output_inode = :output_inode, output_sha256 = :output_sha256
WHERE id = :id;

-- name: forget
DELETE FROM photo WHERE id = :id;

-- name: interrupted
-- A crash is held against the photo; a kill from outside hardly.
UPDATE photo SET state = 'waiting', updated = :now,
    attempts = attempts - NOT :crashed, deaths = deaths + NOT :crashed
WHERE state = 'working';

-- name: working
SELECT id FROM photo WHERE state = 'working';

-- name: worn_out
{photos}
WHERE photo.state = 'waiting' AND (photo.attempts >= :attempts OR photo.deaths >= :deaths);

-- name: another_fingerprint
-- What was set aside under another fingerprint deserves another try under this one.
UPDATE photo SET prior = state, state = 'waiting', attempts = 0, deaths = 0, delays = 0, next_attempt = NULL, updated = :now
WHERE state IN ('failed', 'unsupported')
  AND (model <> :model OR digest <> :digest OR version <> :version);

-- name: mirror_kept
-- `keep` was switched on: what was kept without a copy gets one.
UPDATE photo SET prior = state, state = 'waiting', next_attempt = NULL, updated = :now
WHERE state IN ('kept', 'unsupported') AND output IS NULL AND sidecar = 0;

-- name: retry
UPDATE photo SET
    prior = CASE WHEN state IN ('waiting', 'working', 'gone') THEN prior ELSE state END, state = 'waiting',
    attempts = 0, deaths = 0, delays = 0, next_attempt = NULL, forced = 1, rejudged = 0, updated = :now
WHERE id = :id AND state NOT IN ('working', 'gone');

-- name: rejudge
-- What was judged with other settings, or another network, is judged afresh, after all that has no outcome yet.
UPDATE photo SET prior = state, state = 'waiting', attempts = 0, deaths = 0, delays = 1, next_attempt = NULL, forced = 1,
    rejudged = 1, updated = :now
WHERE state IN ('restored', 'kept') AND sidecar = 0 AND (model <> :model OR digest <> :digest);

-- name: judged_with_other_settings
SELECT coalesce(sum(photos), 0) AS n FROM tally
WHERE {watched} AND state IN ('restored', 'kept') AND sidecar = 0 AND (model <> :model OR digest <> :digest);

-- name: set_aside
-- Everything that `gpend retry` without names means.
SELECT id FROM photo WHERE state IN ('failed', 'incomplete', 'unsupported');

-- name: below
SELECT id FROM photo
WHERE folder = :folder AND path >= :low AND path < :high AND state <> 'gone'
  AND (NOT sidecar OR :failed AND state IN ('failed', 'incomplete', 'unsupported'));

-- name: duplicates
{photos}
WHERE photo.content = :content ORDER BY photo.id <> :id, photo.missing_since IS NULL LIMIT :limit;

-- name: made
{photos}
WHERE photo.output_sha256 = :sha256 AND photo.content <> :sha256 LIMIT 1;

-- name: with_output
{photos}
WHERE photo.folder = :folder AND photo.output_sha256 = :sha256;

-- name: with_output_elsewhere
-- Photos of other folders, at work or not, whose outputs have this SHA-256.
{photos}
WHERE photo.folder <> :folder AND photo.output_sha256 = :sha256;

-- name: holders_elsewhere
-- Photos of other folders, at work or not, whose outputs stand at this place, or stood there before they were switched, or
-- before the tree was called otherwise: it bears the same mark, which is 32 characters long.
{photos}
WHERE photo.folder IN (
    SELECT id FROM folder WHERE id <> :folder AND (output = :root OR previous_output = :root
      OR output_identity = (SELECT output_identity FROM folder WHERE id = :folder AND length(output_identity) = 32)))
  AND photo.output = :output;

-- name: holder
{photos}
WHERE photo.folder = :folder AND photo.output = :output LIMIT 1;

-- name: photo
{photos}
WHERE photo.folder = :folder AND photo.path = :path;

-- name: photo_by_id
{photos}
WHERE photo.id = :id;

-- name: unmet
-- What a scan should have met; the daemon knows which of these it did.
SELECT id, path, missing_since IS NOT NULL AS is_missing FROM photo WHERE folder = :folder AND state <> 'gone';

-- name: beside
SELECT 1 FROM photo
WHERE folder = :folder AND sidecar = 0 AND state <> 'gone' AND (path = :exact OR (path > :first AND path < :last)) LIMIT 1;

-- name: forget_sidecars
DELETE FROM photo WHERE sidecar = 1;

-- name: known_count
SELECT coalesce(sum(photos), 0) AS n FROM tally WHERE folder = :folder AND state <> 'gone';

-- name: missing_count
SELECT count(*) AS n FROM photo WHERE folder = :folder AND missing_since IS NOT NULL AND state <> 'gone';

-- name: mark_missing
UPDATE photo SET missing_since = :now WHERE id = :id AND missing_since IS NULL;

-- name: found_again
UPDATE photo SET missing_since = NULL WHERE id = :id;

-- name: vanished
-- Photos missing for a while, but for those that a photo waiting somewhere may turn out to be: it has the same size.
-- `arriving` are the sizes of files that settle and are not on record yet, as JSON.
{photos}
WHERE photo.folder = :folder AND photo.id > :after AND photo.state <> 'gone'
  AND (photo.missing_since <= :before OR photo.missing_since > :now)
  AND photo.size NOT IN (SELECT value FROM json_each(:arriving))
  AND NOT EXISTS (
      SELECT 1 FROM photo AS arrival
      WHERE arrival.size = photo.size AND arrival.state IN ('waiting', 'working') AND arrival.missing_since IS NULL)
ORDER BY photo.id LIMIT :limit;

-- name: removals
-- Outputs that a deletion took lately, or is about to take, and that no person has confirmed. What is about to happen
-- counts whenever it was noticed: the clock may have been set since.
SELECT count(*) AS n FROM photo
WHERE folder = :folder AND missing_since IS NOT NULL AND output IS NOT NULL
  AND CASE state WHEN 'gone' THEN missing_since > :since AND missing_since <= :now
      ELSE missing_since > :confirmed AND (missing_since <= :before OR missing_since > :now)
          AND photo.size NOT IN (SELECT value FROM json_each(:arriving)) END
  AND NOT EXISTS (
      SELECT 1 FROM photo AS arrival
      WHERE arrival.size = photo.size AND arrival.state IN ('waiting', 'working') AND arrival.missing_since IS NULL);

-- name: changes
-- Outputs that a change took lately, or is about to take, and that no person has confirmed.
SELECT count(*) AS n FROM photo
WHERE folder = :folder AND changed_since > :since AND (changed_since <= :now OR state IN ('waiting', 'working'));

-- name: mirrored
SELECT count(*) AS n FROM photo
WHERE folder = :folder AND output IS NOT NULL AND (state <> 'gone' OR missing_since > :since);

-- name: redone
-- Of those changes, what is redone already.
SELECT count(*) AS n FROM photo WHERE folder = :folder AND changed_since > :since AND state NOT IN ('waiting', 'working');

-- name: removed
SELECT count(*) AS n FROM photo WHERE folder = :folder AND missing_since > :since AND state = 'gone' AND output IS NOT NULL;

-- name: count_change
-- Its file is another one, or its output has to be made anew: the brake counts that before it is done.
UPDATE photo SET changed_since = :now, counted = :content, updated = :now WHERE id = :id;

-- name: hold_changes
UPDATE photo SET held = 1
WHERE folder = :folder AND state = 'waiting' AND changed_since > :since AND counted IS NOT NULL AND held = 0 AND output IS NOT NULL;

-- name: release_changes
UPDATE photo SET held = 0 WHERE folder = :folder AND held = 1;

-- name: gone
-- The reason of its outcome stays with it, and is told again when the photo, or another like it, is there again.
UPDATE photo SET
    prior = CASE WHEN state IN ('waiting', 'working') THEN prior ELSE state END, state = 'gone',
    reason = CASE WHEN reason NOT IN ('', :reason) AND ifnull(prior, state) IN ('restored', 'kept', 'unsupported')
      THEN reason || '; ' || :reason ELSE :reason END, attempts = 0, deaths = 0, delays = 0, next_attempt = NULL, held = 0, forced = 0, updated = :now,
    output = :output, output_size = :output_size, output_mtime_ns = :output_mtime_ns, output_inode = :output_inode,
    output_sha256 = :output_sha256
WHERE id = :id;

-- name: forget_trashed
DELETE FROM photo WHERE folder = :folder AND state = 'gone' AND output >= :first AND output < :last;

-- name: trash_ages
SELECT part, age, counted FROM trash WHERE folder = :folder;

-- name: note_trash
INSERT INTO trash (folder, part, age, counted) VALUES (:folder, :part, :age, :now)
ON CONFLICT DO UPDATE SET age = :age, counted = :now;

-- name: renew_trash
DELETE FROM trash WHERE folder = :folder AND (part = :part OR part >= :first AND part < :last);

-- name: counts
SELECT state, sum(photos) AS n FROM tally WHERE {watched} AND sidecar = 0 GROUP BY state;

-- name: files_set_aside
SELECT coalesce(sum(photos), 0) AS n FROM tally WHERE {watched} AND sidecar = 1 AND state IN ('failed', 'incomplete');

-- name: counts_by_finder
SELECT found_by, sum(photos) AS n FROM tally WHERE {watched} AND sidecar = 0 GROUP BY found_by;

-- name: recent_errors
-- The latest of each kind are found without reading all of them.
{photos}
WHERE photo.id IN (
    SELECT id FROM (SELECT id FROM photo WHERE state = 'failed' AND {watched} ORDER BY updated DESC, id DESC LIMIT :limit)
    UNION ALL
    SELECT id FROM (SELECT id FROM photo WHERE state = 'incomplete' AND {watched} ORDER BY updated DESC, id DESC LIMIT :limit))
ORDER BY photo.updated DESC, photo.id DESC LIMIT :limit;

-- name: last_activity
SELECT max(updated) AS moment FROM photo;

-- name: leave_request
INSERT INTO request (kind, path, detail, asked) VALUES (:kind, :path, :detail, :asked);

-- name: requests
SELECT id, kind, path, detail, asked FROM request ORDER BY id;

-- name: answer_request
DELETE FROM request WHERE id = :id;

-- name: decide
INSERT INTO decision (photo, content, kind, faces, decided) VALUES (:photo, :content, :kind, :faces, :decided)
ON CONFLICT (photo) DO UPDATE SET content = :content, kind = :kind, faces = :faces, decided = :decided;

-- name: respell_decisions
INSERT INTO decision (photo, content, kind, faces, decided)
SELECT CAST(:source || substr(photo, length(:before) + 1) AS BLOB), content, kind, faces, decided FROM decision
WHERE substr(photo, 1, length(:before) + 1) = CAST(:before || x'2f' AS BLOB)
ON CONFLICT DO NOTHING;

-- name: decision
SELECT * FROM decision WHERE photo = :photo;

-- name: decision_about
SELECT * FROM decision WHERE content = :content AND kind <> 'automatic' ORDER BY decided DESC LIMIT 1;

-- name: decisions
SELECT * FROM decision ORDER BY photo;

-- name: control
SELECT paused_since, resting FROM control;

-- name: judging
SELECT judging FROM control;

-- name: judge
UPDATE control SET judging = :judging WHERE judging IS NOT :judging;

-- name: pause_all
UPDATE control SET paused_since = :now WHERE paused_since IS NULL;

-- name: resume_all
UPDATE control SET paused_since = NULL;

-- name: rest
UPDATE control SET resting = :reason WHERE resting IS NOT :reason;

-- name: note_watching
UPDATE folder SET watching = :watching WHERE id = :folder AND watching IS NOT :watching;

-- part: chosen
-- Of photos joined with their folders, those that the page's filters leave.
WHERE sidecar = 0 AND state <> 'gone' AND folder.active = 1
  AND (:state IS NULL OR state = :state)
  AND (:folder IS NULL OR photo.folder = :folder)
  AND (:camera IS NULL OR camera = :camera)
  AND (:since IS NULL OR coalesce(taken, mtime_ns / 1000000000) >= :since)
  AND (:until IS NULL OR coalesce(taken, mtime_ns / 1000000000) < :until)
  AND (:text IS NULL OR CAST(path AS TEXT) LIKE :text ESCAPE '\')
  AND (:verdict IS NULL OR instr(outcome, :verdict) > 0)
  AND (:reason IS NULL OR reason LIKE :reason ESCAPE '\' OR outcome LIKE :reason ESCAPE '\')
  AND (:decided IS NULL OR EXISTS (
      SELECT 1 FROM decision
      WHERE decision.photo = CAST(folder.source || x'2f' || photo.path AS BLOB) AND decision.kind <> 'automatic'))

-- name: listed
-- One page of photos, the latest first; (updated, id) of the last one seen leads to the next page.
{photos}
{chosen}
  AND (photo.updated < :updated OR (photo.updated = :updated AND photo.id < :id))
ORDER BY photo.updated DESC, photo.id DESC
LIMIT :limit;

-- name: named
-- Photos by the name of their file, whatever its case (of ASCII), wherever they lie; :end is the name after a slash.
{photos}
WHERE sidecar = 0 AND folder.active = 1
  AND (lower(CAST(path AS TEXT)) = :name OR substr(lower(CAST(path AS TEXT)), -length(:end)) = :end)
ORDER BY state = 'gone', path LIMIT :limit;

-- name: named_but_for_ending
-- Photos by the name of their file without its ending.
{photos}
WHERE sidecar = 0 AND folder.active = 1
  AND instr('/' || lower(CAST(path AS TEXT)), :end || '.') > 0
  AND instr(substr('/' || lower(CAST(path AS TEXT)), 1 + instr('/' || lower(CAST(path AS TEXT)), :end || '.')), '/')
    = instr(substr(:end, 2), '/')
ORDER BY state = 'gone', path LIMIT :limit;

-- name: failed_below
SELECT path FROM photo
WHERE folder = :folder AND path >= :low AND path < :high AND state IN ('failed', 'incomplete', 'unsupported');

-- name: chosen
-- The same photos, all of them, but for those that were not known yet when a person chose.
SELECT photo.id FROM photo JOIN folder ON folder.id = photo.folder
{chosen}
  AND first_seen <= :seen;

-- name: chosen_count
SELECT count(*) AS n FROM (SELECT 1 FROM photo JOIN folder ON folder.id = photo.folder
{chosen}
  LIMIT :limit);

-- name: made_with
-- What a network has restored, by its name with or without its hash; before outcomes told it, by the settings' word.
SELECT folder.source AS folder_source, photo.path, photo.updated FROM photo JOIN folder ON folder.id = photo.folder
WHERE sidecar = 0 AND state = 'restored' AND folder.active = 1
  AND (instr(outcome, :whole) > 0 OR instr(outcome, :begin) > 0
    OR (model = :name AND instr(coalesce(outcome, ''), '"network": "') = 0))
ORDER BY photo.updated;

-- name: listed_one
{photos}
WHERE photo.id = :id AND sidecar = 0;

-- name: done_lately
SELECT count(*) AS n, min(updated) AS first FROM photo INDEXED BY photo_by_state
WHERE updated >= :since AND sidecar = 0 AND state IN ('restored', 'kept', 'failed', 'incomplete', 'unsupported');

-- name: counts_since
SELECT state, count(*) AS n FROM photo WHERE {watched} AND sidecar = 0 AND updated >= :since GROUP BY state;

-- name: cameras
SELECT camera, count(*) AS n FROM photo WHERE camera IS NOT NULL GROUP BY camera ORDER BY n DESC, camera LIMIT :limit;

-- part: watched
folder IN (SELECT id FROM folder WHERE active = 1)

-- name: sharpness
-- How many faces were measured, by bars of their sharpness and by verdict.
SELECT CAST(sharpness * :bars AS INTEGER) AS bar, verdict, count(*) AS n FROM face WHERE {watched}
GROUP BY verdict, bar;

-- name: on_the_other_side
-- Faces of a verdict whose sharpness lies between two values, and in how many photos.
SELECT count(*) AS faces, count(DISTINCT photo) AS photos FROM face
WHERE verdict = :verdict AND sharpness >= :low AND sharpness < :high AND {watched};

-- name: above
-- Photos by their faces of a verdict whose sharpness is a threshold or more, the nearest to it first.
SELECT face.photo, face.sharpness - :threshold AS distance FROM face JOIN photo ON photo.id = face.photo
WHERE face.verdict = :verdict AND face.sharpness >= :threshold AND photo.state IN ('restored', 'kept') AND face.{watched}
ORDER BY face.sharpness LIMIT :limit;

-- name: under
-- The same of faces whose sharpness is less.
SELECT face.photo, :threshold - face.sharpness AS distance FROM face JOIN photo ON photo.id = face.photo
WHERE face.verdict = :verdict AND face.sharpness < :threshold AND photo.state IN ('restored', 'kept') AND face.{watched}
ORDER BY face.sharpness DESC LIMIT :limit;
