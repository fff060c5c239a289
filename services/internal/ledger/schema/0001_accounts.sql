-- opening is what the account began with: the sum of all balances is the sum of all openings, always.
CREATE TABLE IF NOT EXISTS accounts (
    name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    opening BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    CONSTRAINT no_overdraft CHECK (balance >= 0)
)
