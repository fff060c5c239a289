package mysql

import "context"

// Schemas are the statements that make what every database holds, again and again without harm. They are replicated; the
// accounts that use them are the guard's to make, or the steward's where there is none.
var Schemas = []string{
	"CREATE DATABASE IF NOT EXISTS app",
	"CREATE DATABASE IF NOT EXISTS twinstack",
	`CREATE TABLE IF NOT EXISTS twinstack.probe (
		region VARCHAR(63) PRIMARY KEY,
		at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
		n BIGINT UNSIGNED NOT NULL DEFAULT 0)`,
}

const (
	// A probe that hangs keeps its row locked: those after it must not pile up.
	probePatience  = "SET SESSION innodb_lock_wait_timeout = 1"
	probeStatement = "INSERT INTO twinstack.probe (region, n) VALUES ('steward', 1) ON DUPLICATE KEY UPDATE n = n + 1"
)

// Bootstrap makes the schemas and the table that a new database begins with, on its first writer. What is there
// already is left alone.
func (m *Member) Bootstrap(ctx context.Context) error {
	return m.on(ctx, "bootstrap", func(c connection) error { return c.exec(ctx, Schemas...) })
}

// ProbeWrite commits a small write, which fails or hangs where the disk is full or nobody acknowledges.
func (m *Member) ProbeWrite(ctx context.Context) error {
	return m.on(ctx, "probe", func(c connection) error { return c.exec(ctx, probePatience, probeStatement) })
}
