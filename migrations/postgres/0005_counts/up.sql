-- For the metrics and the operators' lists: counted and found without reading the notebooks.
CREATE INDEX ix_saga_kind ON saga (kind, status);
CREATE INDEX ix_saga_needs_attention ON saga (created_at, id) WHERE needs_attention;
