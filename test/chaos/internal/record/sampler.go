package record

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/go-sql-driver/mysql"

	"twinstack.dev/chaos/internal/history"
)

const (
	samplePeriod   = 100 * time.Millisecond
	samplePatience = time.Second
	// Each sampler has a row of its own. One that hangs keeps it locked; the session's lock timeout lets later ones fail.
	sampleStatement = "INSERT INTO twinstack.probe (region, n) VALUES (?, 1) ON DUPLICATE KEY UPDATE n = n + 1"
)

// Sampler tries a real write to one region's own database in each period, one at a time: whoever accepts it is a writer,
// whatever anybody says.
type Sampler struct {
	Log    *history.Log
	Region string
	// Database is the region's own.
	Database *sql.DB
}

// Run samples until the context ends.
func (s Sampler) Run(ctx context.Context) {
	every(ctx, samplePeriod, func() {
		begin := s.Log.Now()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), samplePatience)
		defer cancel()
		_, err := s.Database.ExecContext(bounded, sampleStatement, "chaos-"+s.Region)
		s.Log.Sample(history.Sample{Span: s.Log.Since(begin), Region: s.Region, Outcome: outcome(err), Problem: problem(err)})
	})
}

// outcome tells a server that refuses from one whose answer, if any, is not known.
func outcome(err error) string {
	var refusal *mysql.MySQLError
	switch {
	case err == nil:
		return history.Accepted
	case errors.As(err, &refusal):
		return history.Refused
	default:
		return history.NoAnswer
	}
}
