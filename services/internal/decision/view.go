package decision

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/quorum"
)

// View is all that a decision rests on.
type View struct {
	// Now is this process's monotonic clock.
	Now time.Duration
	// Agreed is what the store's voters agree on.
	Agreed Agreed
	// Leased tells that this steward's lease can't have expired yet.
	Leased bool
	// Settled tells that every transaction of this steward has a known outcome.
	Settled bool
	// Guard is nil while its answer is missing or old.
	Guard *GuardView
	// GuardClosed tells that the guard must have closed by now, answer or not.
	GuardClosed bool
	// Local is nil while the local database doesn't answer.
	Local *mysql.Status
	// LocalSeq numbers the answers of the local database, so that none is taken for two.
	LocalSeq int64
	// WriteFails tells that small writes of the open local database fail or hang.
	WriteFails bool
	// Serving tells that the local web service answers.
	Serving bool
	// WriterReachable tells that the writer's database answers here.
	WriterReachable bool
	// WriterSilent tells that the writer's database gave no answer of any kind in time, not even a refusal: the link to it
	// is cut, or it hangs.
	WriterSilent bool
	// Done is what orders have led to.
	Done Done
}

// GuardView is a guard's recent answer.
type GuardView struct {
	BootID  string
	Running bool
	Open    bool
	Epoch   int64
}

// Done is what the orders so far have led to.
type Done struct {
	// Busy is the kind of order under way, or of one that failed a moment ago.
	Busy OrderKind
	// Prepared is the last promotion that succeeded.
	Prepared Prepared
	// PrepareFailed is the epoch in which a planned promotion did not get the transactions it waited for.
	PrepareFailed int64
	// Refused is the last epoch in which the guard refused to open, since it was closed in it.
	Refused int64
	// Followed is the boot id of the database that was told whom to follow.
	Followed string
	// Closed is what the guard answered to the last closing, with the epoch it closed.
	Closed *Closed
	// Tail is the tail that was saved.
	Tail *Tail
	// Rebuilt is the id of the last rebuild that was done.
	Rebuilt string
	// Bootstrapped tells that the schema was made by this process.
	Bootstrapped bool
}

// Prepared says for which start of the database, epoch and kind of acknowledgement it was made ready to be opened.
type Prepared struct {
	Epoch    int64
	BootID   string
	SemiSync bool
}

// Closed is what a closed database has executed.
type Closed struct {
	Epoch    int64
	Executed mysql.GTIDSet
}

// Agreed is a snapshot of the store, decoded.
type Agreed struct {
	snapshot quorum.Snapshot
	lease    quorum.LeaseID

	Writer    *Writer
	Mine      bool
	State     *State
	Request   *Request
	Paused    bool
	Bootstrap string
	InService map[string]bool
	Reports   map[string]Report
	// Told is the store's revision of each report: it moves with every one that is told.
	Told map[string]int64
}

// Decode reads a snapshot for the holder of lease.
func Decode(snapshot quorum.Snapshot, lease quorum.LeaseID) (Agreed, error) {
	a := Agreed{snapshot: snapshot, lease: lease, InService: map[string]bool{}, Reports: map[string]Report{}, Told: map[string]int64{}}
	for key, item := range snapshot.Items {
		if err := a.decode(key, item); err != nil {
			return Agreed{}, fmt.Errorf("key %s: %w", key, err)
		}
	}
	return a, nil
}

func (a *Agreed) decode(key string, item quorum.Item) error {
	switch {
	case key == KeyWriter:
		a.Mine = a.lease != 0 && item.Lease == a.lease
		return json.Unmarshal(item.Value, &a.Writer)
	case key == KeyState:
		return json.Unmarshal(item.Value, &a.State)
	case key == KeyRequest:
		return json.Unmarshal(item.Value, &a.Request)
	case key == KeyPaused:
		a.Paused = true
	case key == KeyBootstrap:
		a.Bootstrap = string(item.Value)
	case strings.HasPrefix(key, KeysRegion):
		a.InService[strings.TrimPrefix(key, KeysRegion)] = true
	case strings.HasPrefix(key, KeysMember):
		var r Report
		if err := json.Unmarshal(item.Value, &r); err != nil {
			return err
		}
		a.Reports[r.Region], a.Told[r.Region] = r, item.Revision
	}
	return nil
}

// Epoch is the last one that was begun.
func (a Agreed) Epoch() int64 {
	if a.State == nil {
		return 0
	}
	return a.State.Epoch
}

// received is all that a database has, applied or not.
func received(s *mysql.Status) mysql.GTIDSet {
	if s.Replica == nil {
		return s.Executed
	}
	return s.Executed.Union(s.Replica.Retrieved)
}
