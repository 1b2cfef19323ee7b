DROP INDEX ix_saga_subject;
DROP TABLE drift_finding;
