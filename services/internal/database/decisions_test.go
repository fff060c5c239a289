package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/metrics"
)

func answered(number uint16) error {
	return fmt.Errorf("wrapped: %w", &mysql.MySQLError{Number: number})
}

func TestRemedies(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for _, test := range []struct {
		name string
		err  error
		want remedy
	}{
		{"success", nil, none},
		{"commit of unknown outcome", fmt.Errorf("%w: %w", ErrOutcomeUnknown, driver.ErrBadConn), none},
		{"commit cut short by a deadlock's number", fmt.Errorf("%w: %w", ErrOutcomeUnknown, answered(1213)), none},
		{"nobody listens", fmt.Errorf("%w: %w", errUnreachable, refused), none},
		{"out of time", context.DeadlineExceeded, none},
		{"caller left", context.Canceled, none},
		{"connection that was dead before, or read-only", driver.ErrBadConn, reconnect},
		{"connection that died", mysql.ErrInvalidConn, reconnect},
		{"end of stream", io.EOF, reconnect},
		{"reset", &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, reconnect},
		{"probed and found read-only", errReadOnly, reconnect},
		{"server shuts down", answered(1053), reconnect},
		{"killed by the guard", answered(3169), reconnect},
		{"deadlock", answered(1213), repeat},
		{"group refused", answered(3101), repeat},
		{"lock wait", answered(1205), none},
		{"no such table", answered(1146), none},
		{"denied", answered(1142), none},
	} {
		if got := remedyFor(test.err); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// Only what the server or the driver rules out counts as not committed.
func TestWhatIsCertainAfterCommit(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{driver.ErrBadConn, true},
		{answered(1213), true},
		{answered(3101), true},
		{mysql.ErrInvalidConn, false},
		{context.DeadlineExceeded, false},
		{answered(1180), false},
		{answered(1053), false},
		{io.EOF, false},
		{nil, false},
	} {
		if got := certainlyNotCommitted(test.err); got != test.want {
			t.Errorf("%v: %t", test.err, got)
		}
	}
}

// dead is a server whose connections end at the first question.
type dead struct{}

func (dead) Connect(context.Context) (driver.Conn, error) { return dead{}, nil }
func (dead) Driver() driver.Driver                        { return nil }
func (dead) Prepare(string) (driver.Stmt, error)          { return nil, io.EOF }
func (dead) Begin() (driver.Tx, error)                    { return nil, io.EOF }
func (dead) Close() error                                 { return nil }

// A writer that did not say whether it has a write has lost nothing.
func TestAWriterThatDoesNotAnswerHasLostNothing(t *testing.T) {
	guard := dependency.New(dependency.Settings{Name: "writer", Budget: time.Second, Threshold: 9, CoolDown: time.Second},
		metrics.New(identity.Identity{}), slog.New(slog.DiscardHandler))
	pool := &Pool{side: Writer, db: sql.OpenDB(dead{}), guard: guard, connections: 1}
	defer pool.Close()
	_, err := New(pool, nil, 0).Read(context.Background(), uuid+":1", func(context.Context, *sql.Conn) error { return nil })
	if errors.Is(err, ErrWriteLost) || !errors.Is(err, io.EOF) {
		t.Errorf("got %v; want the end of the connection", err)
	}
}

const uuid = "3E11FA47-71CA-11E1-9E33-C80AA9429562"

var goodTokens = []string{
	"", "writer", uuid + ":1", uuid + ":1-3:7:9-11", strings.ToLower(uuid) + ":1-999999999999999999",
	uuid + ":1," + strings.ToLower(uuid) + ":5-6", uuid + ":1-3:audit_1:4:6-7:b:1", uuid + ":audit:1",
}

func TestParseToken(t *testing.T) {
	for _, text := range goodTokens {
		if token, ok := ParseToken(text); !ok || token != Token(text) {
			t.Errorf("%q is refused", text)
		}
	}
	for _, text := range []string{
		"reader", uuid, uuid + ":", uuid + ":0", uuid + ":x", uuid + ":1,", uuid + ":1-", ":1", "zz", uuid + ":1; DROP TABLE accounts",
		uuid + ":1\n", uuid + ":1 , " + uuid + ":2", uuid + ":9999999999999999999", uuid + strings.Repeat(":1", 600), uuid + ":Audit:1",
	} {
		if _, ok := ParseToken(text); ok {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestTokenOfWhatAServerPrints(t *testing.T) {
	for set, want := range map[string]Token{
		uuid + ":5":                            Token(uuid + ":5"),
		uuid + ":5-6,\n" + uuid + ":a:1":       Token(uuid + ":5-6," + uuid + ":a:1"),
		"":                                     AskWriter,
		uuid + strings.Repeat(":1-3:5-7", 200): AskWriter,
	} {
		if got := tokenOf(set); got != want {
			t.Errorf("%.80q: %q, want %q", set, got, want)
		}
	}
}
