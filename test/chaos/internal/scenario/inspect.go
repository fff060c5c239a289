package scenario

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/stack"
	"twinstack.dev/chaos/internal/verdict"
)

const (
	equalWithin = 30 * time.Second
	equalEvery  = 300 * time.Millisecond
)

// inspect reads the ledger of both members, directly, once nobody writes to it and the replica has caught up.
func (r *Runner) inspect(ctx context.Context, prefix string, before []stack.Tail) (verdict.Ledger, error) {
	status, err := r.Stack.Status(ctx)
	if err != nil {
		return verdict.Ledger{}, err
	}
	ledger := verdict.Ledger{Total: accountCount * accountsOpenWith, ToldLost: stack.Lost(before, status.Discarded)}
	members := map[string]*sql.DB{}
	for _, region := range r.Stack.Regions {
		db, err := r.Stack.Database(region, r.credentials.app, r.credentials.authority)
		if err != nil {
			return ledger, err
		}
		defer db.Close()
		members[region.Name] = db
	}
	for _, region := range r.Stack.Regions {
		equal, err := caughtUp(ctx, members[status.Writer], members[region.Name])
		if err != nil {
			return ledger, fmt.Errorf("database of region %s: %w", region.Name, err)
		}
		books, err := stack.ReadBooks(ctx, members[region.Name], prefix, accountsPrefix)
		if err != nil {
			return ledger, fmt.Errorf("database of region %s: %w", region.Name, err)
		}
		ledger.Members = append(ledger.Members, verdict.Books{
			Region: region.Name, IDs: books.IDs, Total: books.Total, Checksums: books.Checksums, Equal: equal,
		})
	}
	return ledger, nil
}

// caughtUp waits until a member has all that the writer had at first, and tells whether it has nothing that the writer
// has not. The stewards and samplers go on writing, but not to the ledger.
func caughtUp(ctx context.Context, writer, member *sql.DB) (bool, error) {
	if writer == nil {
		return false, fmt.Errorf("there is no writer to compare with")
	}
	wanted, err := stack.Executed(ctx, writer)
	if err != nil {
		return false, err
	}
	for deadline := time.Now().Add(equalWithin); ; {
		has, err := stack.Contains(ctx, member, wanted)
		if err != nil {
			return false, err
		}
		if has {
			break
		}
		if time.Now().After(deadline) {
			return false, nil
		}
		if err := sleep(ctx, equalEvery); err != nil {
			return false, err
		}
	}
	found, err := stack.Executed(ctx, member)
	if err != nil {
		return false, err
	}
	return stack.Contains(ctx, writer, found)
}

// addEvents adds what the stewards recorded since the log's start.
func (r *Runner) addEvents(ctx context.Context, log *history.Log) error {
	events, err := r.Stack.Events(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.End.Before(log.Start) {
			continue
		}
		log.Event(history.Event{
			Kind: e.Kind, Region: e.Region, Epoch: e.Epoch, Reason: e.Reason,
			Span: history.Span{Begin: e.Begin.Sub(log.Start), End: e.End.Sub(log.Start)},
		})
	}
	return nil
}
