-- A saga's row is written again and again, mostly without touching what is indexed: with room beside it
-- on its page, the new version needs no entries in all the indexes.
ALTER TABLE saga SET (fillfactor = 50);
