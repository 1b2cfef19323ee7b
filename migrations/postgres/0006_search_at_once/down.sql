ALTER INDEX IF EXISTS ix_virtual_lab_name_folded RESET (fastupdate);
