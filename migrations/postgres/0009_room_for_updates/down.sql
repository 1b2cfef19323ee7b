ALTER TABLE saga RESET (fillfactor);
