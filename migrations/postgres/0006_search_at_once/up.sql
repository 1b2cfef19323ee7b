-- A name that is new waits in a list beside the index until a vacuum takes it in, and the planner does
-- without the index while that list is long. Labs are made one by one: each is taken in at once.
DO $$ BEGIN
    IF to_regclass('ix_virtual_lab_name_folded') IS NOT NULL THEN
        ALTER INDEX ix_virtual_lab_name_folded SET (fastupdate = off);
        PERFORM gin_clean_pending_list('ix_virtual_lab_name_folded');
    END IF;
END $$;
