CREATE OR REPLACE FUNCTION contains_folded(value text, part text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT coalesce(strpos(course_seats_fold(value) COLLATE "C", part COLLATE "C") > 0, false) $$;
