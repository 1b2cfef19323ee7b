-- Whether a text matches a pattern of `LIKE` that is folded. No text: nobody can tell, so no.
-- Written so that the planner can look into it: it finds the index, and knows that few rows match.
DROP FUNCTION contains_folded(text, text);
CREATE FUNCTION matches_folded(value text, pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT course_seats_fold(value) COLLATE "C" LIKE pattern $$;

-- Parts of labs' names are looked for among all labs. The extension comes with PostgreSQL, and the
-- owner of a database may create it; where that is not so, all names are read, as before.
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX ix_virtual_lab_name_folded ON virtual_lab
        USING gin ((course_seats_fold(name)) COLLATE "C" gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE WARNING 'there is no pg_trgm: looking for a part of a name reads all names';
END $$;
