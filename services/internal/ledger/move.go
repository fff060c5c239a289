package ledger

import (
	"context"
	"database/sql"

	"twinstack.dev/services/internal/database"
)

// Move makes a transfer. It fails with a *Refusal or as database.Write does.
func (l *Ledger) Move(ctx context.Context, transfer Transfer) (Written, error) {
	return l.write(ctx, func(ctx context.Context, c *sql.Conn) (bool, *Refusal, error) {
		_, err := c.ExecContext(ctx, "INSERT INTO transfers (id, from_account, to_account, amount) VALUES (?, ?, ?, ?)",
			transfer.ID, transfer.From, transfer.To, transfer.Amount)
		if database.IsServerError(err, database.DuplicateKey) {
			refusal, err := compare(ctx, c, transfer)
			return false, refusal, err
		}
		if err != nil {
			return false, nil, err
		}
		refusal, err := changeBalances(ctx, c, transfer)
		return true, refusal, err
	})
}

// compare refuses a transfer whose id stands for another one.
func compare(ctx context.Context, c *sql.Conn, transfer Transfer) (*Refusal, error) {
	made, err := readTransfer(ctx, c, transfer.ID)
	if err != nil || made == transfer {
		return nil, err
	}
	return refuse(Conflict, "id is %s, under which %d moved from %s to %s; must be new; choose another id",
		made.ID, made.Amount, made.From, made.To), nil
}

func readTransfer(ctx context.Context, c *sql.Conn, id string) (Transfer, error) {
	transfer := Transfer{ID: id}
	row := c.QueryRowContext(ctx, "SELECT from_account, to_account, amount FROM transfers WHERE id = ?", id)
	err := row.Scan(&transfer.From, &transfer.To, &transfer.Amount)
	return transfer, err
}

// changeBalances changes both accounts with one statement, the last before the commit, so that rows which everybody
// wants are locked for two round trips. They are locked in the order of their names, whichever way the amount goes:
// two transfers wait for each other, never both at once.
func changeBalances(ctx context.Context, c *sql.Conn, transfer Transfer) (*Refusal, error) {
	changed, err := c.ExecContext(ctx,
		"UPDATE accounts SET balance = balance + IF(name = ?, ?, ?) WHERE name IN (?, ?) ORDER BY name",
		transfer.From, -transfer.Amount, transfer.Amount, transfer.From, transfer.To)
	if database.IsServerError(err, database.CheckViolated) {
		return overdrawn(ctx, c, transfer)
	}
	if err != nil {
		return nil, err
	}
	if rows, err := changed.RowsAffected(); err != nil || rows == 2 {
		return nil, err
	}
	return unknown(ctx, c, transfer)
}

func overdrawn(ctx context.Context, c *sql.Conn, transfer Transfer) (*Refusal, error) {
	var balance int64
	err := c.QueryRowContext(ctx, "SELECT balance FROM accounts WHERE name = ?", transfer.From).Scan(&balance)
	if err != nil {
		return nil, err
	}
	return refuse(Overdraft, "amount is %d; must be at most the balance of %s, which is %d; send less",
		transfer.Amount, transfer.From, balance), nil
}

func unknown(ctx context.Context, c *sql.Conn, transfer Transfer) (*Refusal, error) {
	var present string
	err := c.QueryRowContext(ctx, "SELECT COALESCE(MAX(name), '') FROM accounts WHERE name IN (?, ?)",
		transfer.From, transfer.To).Scan(&present)
	if err != nil {
		return nil, err
	}
	field, name := "from", transfer.From
	if present == transfer.From {
		field, name = "to", transfer.To
	}
	return refuse(UnknownAccount, "%s is %s; must be an account; open it by POST /v1/accounts", field, name), nil
}
