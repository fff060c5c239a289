// Package quorum is what the steward knows of the store that its voters agree in: leases, keys that hang on them, and
// transactions that compare revisions. Etcd is the implementation whose voters are the stack's own; Dynamodb is the one
// whose copies AWS runs.
//
// etcd's own helpers for elections (client/v3/concurrency) keep a lease alive in a stream of their own and do not tell
// when a renewal was sent, by which server it was answered, or whether that server still was the leader: all that the
// arithmetic of package lease stands on. So renewals are single requests here.
package quorum

import (
	"context"
	"errors"
	"time"
)

// LeaseID names a lease; 0 is no lease.
type LeaseID int64

// Item is a key's value.
type Item struct {
	Value []byte
	// Revision is that of the last change of this key.
	Revision int64
	// Lease is what the key hangs on, or 0 if it stays.
	Lease LeaseID
}

// Snapshot is all keys at one moment after it was asked for, as a majority of voters agrees.
type Snapshot struct {
	Revision int64
	Items    map[string]Item
}

// Condition holds if the key was last changed at Revision, or is absent if that is 0.
type Condition struct {
	Key      string
	Revision int64
}

// Put writes a key that hangs on Lease, unless that is 0. Values are text.
type Put struct {
	Key   string
	Value []byte
	Lease LeaseID
}

// Txn is done whole if all its conditions hold, else not at all. Every Txn must change a key of each of its conditions
// or delete it, so that it can't be done twice.
type Txn struct {
	If     []Condition
	Put    []Put
	Delete []string
}

var (
	// ErrLeaseLost means that the lease has expired: its keys are gone.
	ErrLeaseLost = errors.New("the lease has expired")
	// ErrUncertain means that a transaction may have been done, or may yet be.
	ErrUncertain = errors.New("no answer tells whether the transaction was done")
	// ErrLeaderChanged means that a renewal can't be trusted, since the store's leader changed while it was under way.
	ErrLeaderChanged = errors.New("the leader changed during the renewal")
)

// Store is a lease store that a majority of voters agrees in. Keys are relative to the store's own prefix. Every method
// ends with its context.
type Store interface {
	// Grant makes a lease that lasts at least ttl from the moment of the call.
	Grant(ctx context.Context, ttl time.Duration) (LeaseID, error)
	// Renew makes the lease last at least its ttl from the moment of the call, and returns what was agreed after that.
	Renew(ctx context.Context, id LeaseID) (Snapshot, error)
	// Read returns what was agreed after the call began.
	Read(ctx context.Context) (Snapshot, error)
	// Commit tries a transaction; false means that a condition did not hold.
	Commit(ctx context.Context, txn Txn) (bool, error)
	// Set writes keys without conditions: reports and events, on which no decision about the writer rests.
	Set(ctx context.Context, puts []Put, deletes []string) error
	// Changes sends after changes until ctx ends. It may miss some: it saves waiting, no more.
	Changes(ctx context.Context) <-chan struct{}
}

// Voter is one member of the store, as seen from here.
type Voter struct {
	Name    string `json:"name"`
	Healthy bool   `json:"healthy"`
	Leader  bool   `json:"leader"`
	// Managed tells that this stands for all voters: who they are and who leads is the business of who runs them.
	Managed bool   `json:"managed,omitempty"`
	Problem string `json:"problem,omitempty"`
}
