-- No foreign keys: an insert would lock both accounts for reading before the transfer locks them in order for writing.
CREATE TABLE IF NOT EXISTS transfers (
    id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    from_account VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    to_account VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    amount BIGINT NOT NULL,
    CONSTRAINT moves_something CHECK (amount > 0)
)
