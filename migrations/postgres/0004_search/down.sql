-- The extension stays: somebody else may use it by now.
DROP INDEX IF EXISTS ix_virtual_lab_name_folded;
DROP FUNCTION matches_folded(text, text);
CREATE FUNCTION contains_folded(value text, part text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT coalesce(strpos(course_seats_fold(value) COLLATE "C", part COLLATE "C") > 0, false) $$;
