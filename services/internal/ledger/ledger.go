// Package ledger keeps accounts and moves amounts between them. Every write names itself and may be sent again: the
// second time changes nothing. No balance is ever negative, and the sum of all changes only when an account is opened.
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/dependency"
)

// maxListed bounds how many accounts a list shows.
const maxListed = 1000

// Account is a name with a balance.
type Account struct {
	Name    string `json:"name"`
	Balance int64  `json:"balance"`
}

// Accounts is a list as it was at one moment.
type Accounts struct {
	// Accounts are the first thousand by name.
	Accounts []Account `json:"accounts"`
	// Count is how many there are.
	Count int64 `json:"count"`
	// Total is the sum of all balances.
	Total int64 `json:"total"`
}

// Transfer is an amount that moved from one account to another, once.
type Transfer struct {
	ID     string `json:"id"`
	From   string `json:"from"`
	To     string `json:"to"`
	Amount int64  `json:"amount"`
}

// Written says what became of a write.
type Written struct {
	database.Commit
	// New is false where the same had been written before.
	New bool
}

// Kind is why something was refused.
type Kind string

// Kinds of refusals.
const (
	NotFound       Kind = "not-found"
	UnknownAccount Kind = "unknown-account"
	Overdraft      Kind = "overdraft"
	Conflict       Kind = "conflict"
)

// Refusal is an answer of the ledger, not a failure of the database.
type Refusal struct {
	Kind   Kind
	Detail string
}

// Error is the refusal's detail.
func (r *Refusal) Error() string { return r.Detail }

func refuse(kind Kind, format string, arguments ...any) *Refusal {
	return &Refusal{kind, fmt.Sprintf(format, arguments...)}
}

// Ledger is kept in a database.
type Ledger struct{ db *database.Database }

// New returns the ledger in db, which must have this package's tables.
func New(db *database.Database) *Ledger { return &Ledger{db} }

// Status of both sides of the database as last seen.
func (l *Ledger) Status() map[database.Side]dependency.Status { return l.db.Status() }

// Open opens an account with a balance. It fails with a *Refusal or as database.Write does.
func (l *Ledger) Open(ctx context.Context, account Account) (Written, error) {
	return l.write(ctx, func(ctx context.Context, c *sql.Conn) (bool, *Refusal, error) {
		_, err := c.ExecContext(ctx, "INSERT INTO accounts (name, opening, balance) VALUES (?, ?, ?)",
			account.Name, account.Balance, account.Balance)
		if !database.IsServerError(err, database.DuplicateKey) {
			return true, nil, err
		}
		var opening int64
		row := c.QueryRowContext(ctx, "SELECT opening FROM accounts WHERE name = ?", account.Name)
		if err := row.Scan(&opening); err != nil {
			return false, nil, err
		}
		if opening != account.Balance {
			return false, refuse(Conflict, "name is %s, which was opened with a balance of %d; must be new; choose another name",
				account.Name, opening), nil
		}
		return false, nil, nil
	})
}

// write runs body, which tells whether it wrote anything new, or why it refuses to. Either way nothing else is written.
func (l *Ledger) write(
	ctx context.Context, body func(context.Context, *sql.Conn) (isNew bool, refusal *Refusal, err error),
) (Written, error) {
	var written Written
	var refusal *Refusal
	commit, err := l.db.Write(ctx, func(ctx context.Context, c *sql.Conn) (_ bool, err error) {
		written.New, refusal, err = body(ctx, c)
		return written.New && refusal == nil, err
	})
	written.Commit = commit
	if err == nil && refusal != nil {
		return written, refusal
	}
	return written, err
}

// Account finds an account; see database.Read for token.
func (l *Ledger) Account(ctx context.Context, name string, token database.Token) (Account, database.Side, error) {
	account := Account{Name: name}
	side, err := l.find(ctx, "account", name, token,
		func(ctx context.Context, c *sql.Conn) error {
			return c.QueryRowContext(ctx, "SELECT balance FROM accounts WHERE name = ?", name).Scan(&account.Balance)
		})
	return account, side, err
}

// Transfer finds a transfer; see database.Read for token.
func (l *Ledger) Transfer(ctx context.Context, id string, token database.Token) (Transfer, database.Side, error) {
	var transfer Transfer
	side, err := l.find(ctx, "transfer", id, token,
		func(ctx context.Context, c *sql.Conn) (err error) {
			transfer, err = readTransfer(ctx, c, id)
			return err
		})
	return transfer, side, err
}

// find runs a query for the one row that has this name.
func (l *Ledger) find(
	ctx context.Context, what, name string, token database.Token, query database.Query,
) (database.Side, error) {
	found, side := false, database.Side("")
	// Nothing else can be in a table, and the server might not be able to compare it with what is.
	if IsName(name) {
		var err error
		side, err = l.db.Read(ctx, token, func(ctx context.Context, c *sql.Conn) error {
			err := query(ctx, c)
			if found = !errors.Is(err, sql.ErrNoRows); !found {
				return nil
			}
			return err
		})
		if err != nil {
			return side, err
		}
	}
	if !found {
		return side, refuse(NotFound, "there is no %s %q", what, name)
	}
	return side, nil
}

// Accounts lists the accounts; see database.Read for token.
func (l *Ledger) Accounts(ctx context.Context, token database.Token) (Accounts, database.Side, error) {
	var all Accounts
	side, err := l.db.Read(ctx, token, func(ctx context.Context, c *sql.Conn) error {
		all = Accounts{Accounts: []Account{}}
		// One statement sees one state, whatever is written meanwhile.
		rows, err := c.QueryContext(ctx, "SELECT name, balance, COUNT(*) OVER (), SUM(balance) OVER () "+
			"FROM accounts ORDER BY name LIMIT ?", maxListed)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var account Account
			if err := rows.Scan(&account.Name, &account.Balance, &all.Count, &all.Total); err != nil {
				return err
			}
			all.Accounts = append(all.Accounts, account)
		}
		return rows.Err()
	})
	return all, side, err
}
