package database

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"

	"github.com/go-sql-driver/mysql"
)

// Errors of this package that callers tell apart. After any other error of Write nothing was written.
var (
	// ErrOutcomeUnknown means that a transaction was sent to be committed and nobody said whether it was.
	ErrOutcomeUnknown = errors.New("the commit was sent, and its outcome is unknown")
	// ErrWriteLost means that the writer does not have what a token names.
	ErrWriteLost = errors.New("the writer does not have what the token names")

	errUnreachable = errors.New("no connection")
	errReadOnly    = errors.New("the server is read-only")
)

// Server errors, by MySQL's numbers.
const (
	// DuplicateKey is a row that is there already.
	DuplicateKey = 1062
	// CheckViolated is a row that a CHECK constraint refuses.
	CheckViolated = 3819

	shuttingDown     = 1053
	queryInterrupted = 1317
	connectionKilled = 1927
	sessionKilled    = 3169
	disconnected     = 4031

	deadlock        = 1213
	groupRolledBack = 3101
)

// IsServerError tells whether the server answered with one of these errors.
func IsServerError(err error, numbers ...uint16) bool {
	var answered *mysql.MySQLError
	return errors.As(err, &answered) && slices.Contains(numbers, answered.Number)
}

// remedy is what may help after a failed attempt.
type remedy int

const (
	// none: another attempt would fail too, or must not be made.
	none remedy = iota
	// reconnect: the connection's server has gone or was relieved.
	reconnect
	// repeat: another transaction was in the way.
	repeat
)

// remedyFor judges an attempt that certainly wrote nothing, unless its error says that nobody knows.
func remedyFor(err error) remedy {
	switch {
	case err == nil, errors.Is(err, ErrOutcomeUnknown), errors.Is(err, errUnreachable), isTimeout(err):
		return none
	case isBroken(err):
		return reconnect
	case IsServerError(err, deadlock, groupRolledBack):
		return repeat
	default:
		return none
	}
}

// isBroken tells whether the connection is of no more use, and others to the same server probably aren't either.
func isBroken(err error) bool {
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, errReadOnly) ||
		errors.Is(err, io.EOF) || errors.As(err, &network) ||
		IsServerError(err, shuttingDown, queryInterrupted, connectionKilled, sessionKilled, disconnected)
}

// isTimeout tells whether nothing came back in time.
func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// certainlyNotCommitted judges the answer to COMMIT. The driver reports driver.ErrBadConn if it sent nothing, or if the
// server refused because it is read-only, which it does by rolling back.
func certainlyNotCommitted(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || IsServerError(err, deadlock, groupRolledBack)
}
