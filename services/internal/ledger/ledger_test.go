package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/ledger"
	"twinstack.dev/services/internal/metrics"
	"twinstack.dev/services/internal/migrate"
	"twinstack.dev/services/internal/mysqltest"
)

// patience is generous: these tests share their machine.
const patience = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book is a ledger in a real database that has no replica.
type book struct {
	*ledger.Ledger
	t      *testing.T
	server *mysqltest.Server
}

func newBook(t *testing.T, budget time.Duration) *book {
	t.Helper()
	server := mysqltest.Start(t)
	server.Exec("CREATE DATABASE app", "CREATE USER app IDENTIFIED BY ''", "GRANT ALL ON app.* TO app")
	username, password := filepath.Join(t.TempDir(), "username"), os.DevNull
	if err := os.WriteFile(username, []byte("app"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := database.Settings{
		Address: server.Address, Schema: "app", UsernameFile: username, PasswordFile: password, CAFile: server.CAFile,
		Budget: budget, Connections: 8,
	}
	makeTables(t, s)
	pool, err := database.NewPool(database.Writer, s, dependency.New(dependency.Settings{
		Name: "database-writer", Budget: budget, Threshold: 100, CoolDown: time.Second,
	}, metrics.New(identity.Identity{}), slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return &book{ledger.New(database.New(pool, nil, 0)), t, server}
}

func makeTables(t *testing.T, s database.Settings) {
	t.Helper()
	db, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	m := migrate.Migrator{Writer: db, Migrations: ledger.Migrations(), Every: time.Second, Log: slog.New(slog.DiscardHandler)}
	if err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *book) open(names ...string) {
	b.t.Helper()
	for _, name := range names {
		if _, err := b.Open(b.t.Context(), ledger.Account{Name: name, Balance: 100}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *book) expectBalances(want map[string]int64) {
	b.t.Helper()
	all, _, err := b.Accounts(b.t.Context(), "")
	if err != nil || len(all.Accounts) != len(want) {
		b.t.Errorf("accounts are %+v, %v", all, err)
	}
	for _, account := range all.Accounts {
		if account.Balance != want[account.Name] {
			b.t.Errorf("%s has %d, want %d", account.Name, account.Balance, want[account.Name])
		}
	}
}

func expectRefusal(t *testing.T, err error, kind ledger.Kind, detail string) {
	t.Helper()
	var refusal *ledger.Refusal
	if !errors.As(err, &refusal) || refusal.Kind != kind || refusal.Detail != detail {
		t.Errorf("got %v, want %s: %s", err, kind, detail)
	}
}

func TestAccounts(t *testing.T) {
	b := newBook(t, patience)
	if all, _, err := b.Accounts(t.Context(), ""); err != nil || all.Count != 0 || all.Total != 0 || all.Accounts == nil {
		t.Errorf("an empty ledger is %+v, %v", all, err)
	}
	alice := ledger.Account{Name: "alice", Balance: 100}
	for _, isNew := range []bool{true, false} {
		written, err := b.Open(t.Context(), alice)
		if err != nil || written.New != isNew || written.Token == "" || (written.Token == database.AskWriter) == isNew {
			t.Errorf("new %t: %+v, %v", isNew, written, err)
		}
	}
	_, err := b.Open(t.Context(), ledger.Account{Name: "alice", Balance: 101})
	expectRefusal(t, err, ledger.Conflict, "name is alice, which was opened with a balance of 100; must be new; choose another name")
	// Names are told apart by case.
	b.open("Alice")
	if got, side, err := b.Account(t.Context(), "alice", ""); got != alice || side != database.Writer || err != nil {
		t.Errorf("got %+v by %s, %v", got, side, err)
	}
	_, _, err = b.Account(t.Context(), "bob", "")
	expectRefusal(t, err, ledger.NotFound, `there is no account "bob"`)
	_, _, err = b.Account(t.Context(), "bøb", "")
	expectRefusal(t, err, ledger.NotFound, `there is no account "bøb"`)
	if all, _, err := b.Accounts(t.Context(), ""); err != nil || all.Count != 2 || all.Total != 200 {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestTransfers(t *testing.T) {
	b := newBook(t, patience)
	b.open("alice", "bob")
	first := ledger.Transfer{ID: "t-1", From: "bob", To: "alice", Amount: 30}
	for _, isNew := range []bool{true, false, false} {
		if written, err := b.Move(t.Context(), first); err != nil || written.New != isNew {
			t.Errorf("new %t: %+v, %v", isNew, written, err)
		}
	}
	b.expectBalances(map[string]int64{"alice": 130, "bob": 70})
	for _, test := range []struct {
		transfer ledger.Transfer
		kind     ledger.Kind
		detail   string
	}{
		{ledger.Transfer{ID: "t-1", From: "bob", To: "alice", Amount: 31}, ledger.Conflict,
			"id is t-1, under which 30 moved from bob to alice; must be new; choose another id"},
		{ledger.Transfer{ID: "t-2", From: "bob", To: "alice", Amount: 71}, ledger.Overdraft,
			"amount is 71; must be at most the balance of bob, which is 70; send less"},
		{ledger.Transfer{ID: "t-2", From: "bob", To: "carol", Amount: 1}, ledger.UnknownAccount,
			"to is carol; must be an account; open it by POST /v1/accounts"},
		{ledger.Transfer{ID: "t-2", From: "carol", To: "bob", Amount: 1}, ledger.UnknownAccount,
			"from is carol; must be an account; open it by POST /v1/accounts"},
		{ledger.Transfer{ID: "t-2", From: "carol", To: "dave", Amount: 1}, ledger.UnknownAccount,
			"from is carol; must be an account; open it by POST /v1/accounts"},
	} {
		_, err := b.Move(t.Context(), test.transfer)
		expectRefusal(t, err, test.kind, test.detail)
	}
	b.expectBalances(map[string]int64{"alice": 130, "bob": 70})
	if got, _, err := b.Transfer(t.Context(), "t-1", ""); got != first || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	// What was refused left its id free.
	_, _, err := b.Transfer(t.Context(), "t-2", "")
	expectRefusal(t, err, ledger.NotFound, `there is no transfer "t-2"`)
	if _, err := b.Move(t.Context(), ledger.Transfer{ID: "t-2", From: "bob", To: "alice", Amount: 70}); err != nil {
		t.Error(err)
	}
	b.expectBalances(map[string]int64{"alice": 200, "bob": 0})
}

// Everybody moves amounts both ways between the same few accounts, and sends everything twice at the same time.
func TestConcurrentTransfersKeepTheSum(t *testing.T) {
	b := newBook(t, patience)
	names := []string{"a", "b", "c"}
	b.open(names...)
	var all sync.WaitGroup
	for i := range 60 {
		transfer := ledger.Transfer{ID: fmt.Sprintf("t-%d", i), From: names[i%3], To: names[(i+1+i%2)%3], Amount: int64(1 + i%5)}
		for range 2 {
			all.Add(1)
			go func() {
				defer all.Done()
				if _, err := b.Move(context.Background(), transfer); err != nil {
					t.Errorf("%+v: %v", transfer, err)
				}
			}()
		}
	}
	all.Wait()
	want := map[string]int64{"a": 100, "b": 100, "c": 100}
	for i := range 60 {
		want[names[i%3]] -= int64(1 + i%5)
		want[names[(i+1+i%2)%3]] += int64(1 + i%5)
	}
	b.expectBalances(want)
	var deadlocks int
	err := b.server.Root().QueryRow("SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'").Scan(&deadlocks)
	if err != nil || deadlocks != 0 {
		t.Errorf("%d deadlocks (%v), want none: rows are locked in one order", deadlocks, err)
	}
}

// With semi-sync replication and no replica nobody acknowledges a commit: its caller can't know. While it hangs, the same
// transfer is not made; when it is through, it is found made.
func TestATransferOfUnknownOutcomeIsSentAgain(t *testing.T) {
	b := newBook(t, 2*time.Second)
	b.open("alice", "bob")
	b.server.Exec("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'",
		"SET GLOBAL rpl_semi_sync_source_timeout = 4294967295", "SET GLOBAL rpl_semi_sync_source_enabled = ON")
	transfer := ledger.Transfer{ID: "t-1", From: "alice", To: "bob", Amount: 10}
	if _, err := b.Move(t.Context(), transfer); !errors.Is(err, database.ErrOutcomeUnknown) {
		t.Errorf("nobody acknowledges: %v", err)
	}
	if _, err := b.Move(t.Context(), transfer); err == nil || errors.Is(err, database.ErrOutcomeUnknown) {
		t.Errorf("sent again while it hangs: %v", err)
	}
	b.expectBalances(map[string]int64{"alice": 100, "bob": 100})
	b.server.Exec("SET GLOBAL rpl_semi_sync_source_enabled = OFF")
	if written, err := b.Move(t.Context(), transfer); err != nil || written.New {
		t.Errorf("sent again: %+v, %v", written, err)
	}
	b.expectBalances(map[string]int64{"alice": 90, "bob": 110})
}
