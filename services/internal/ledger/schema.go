package ledger

import (
	"embed"

	"twinstack.dev/services/internal/migrate"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrations are the steps from an empty database to the tables that this package uses.
func Migrations() []migrate.Migration { return migrate.Load(schema, "schema") }
