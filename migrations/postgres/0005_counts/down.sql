DROP INDEX ix_saga_kind;
DROP INDEX ix_saga_needs_attention;
