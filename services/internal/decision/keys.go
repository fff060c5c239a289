// Package decision is what the steward decides: who the writer is, which regions are in service, and what the local
// database has to do for it. It is pure: Core.Decide turns what is seen into what to do, and knows neither the store's
// client nor MySQL's nor any clock.
package decision

import (
	"maps"
	"slices"
	"time"

	"twinstack.dev/services/internal/mysql"
)

// Keys of the store, relative to its prefix. Those that end with a slash begin the keys of each region.
const (
	KeyWriter  = "writer"
	KeyState   = "state"
	KeyRequest = "request"
	KeyPaused  = "paused"
	// KeyBootstrap is the lock of whoever starts a group from nothing.
	KeyBootstrap = "bootstrap"
	KeysRegion   = "regions/"
	KeysMember   = "members/"
	KeysEvent    = "events/"
)

// Mode says how the database is replicated.
type Mode string

// The three modes.
const (
	Async    Mode = "async"
	SemiSync Mode = "semi-sync"
	Group    Mode = "group"
)

// Writer is the leased key of the region that may write.
type Writer struct {
	Region string `json:"region"`
	// Epoch rises with every change of the writer, and with every taking back.
	Epoch int64 `json:"epoch"`
	// Open tells that writes are accepted; before, the database is being promoted.
	Open bool `json:"open"`
}

// State stays when all leases are gone. Only the writer changes it, or who becomes it.
type State struct {
	Epoch int64 `json:"epoch"`
	// Writer is the last one.
	Writer string `json:"writer"`
	// Synced are the regions that may be promoted by themselves: in semi-sync mode those whose database has every
	// acknowledged write, in async mode those that have caught up once.
	Synced []string `json:"synced"`
	// Baseline is a set that every candidate must have: it tells a database that lost its volume.
	Baseline mysql.GTIDSet `json:"baseline"`
	// DegradedSince is when semi-sync mode stopped waiting for the other region; nil while the promise holds.
	DegradedSince *time.Time `json:"degradedSince,omitempty"`
	// Former are regions that lost the writer's role unplanned and haven't followed since. What their databases have
	// beyond the writer's is their own tail.
	Former map[string]Former `json:"former,omitempty"`
	// Errant are transactions that a member has and no writer ever had. The member is kept out.
	Errant map[string]mysql.GTIDSet `json:"errant,omitempty"`
	// Discarded are the tails that were saved and taken out of a database, newest last.
	Discarded []Tail `json:"discarded,omitempty"`
	// Handover is the planned change under way.
	Handover *Handover `json:"handover,omitempty"`
	// Bootstrapped tells that the schema was made.
	Bootstrapped bool `json:"bootstrapped"`
	// Settled counts rewrites that had no purpose but to make older transactions of unknown outcome impossible.
	Settled int64 `json:"settled,omitempty"`
}

// Former says which epoch a region lost, and whether writes may have been acknowledged that its successor lacks.
type Former struct {
	Epoch        int64 `json:"epoch"`
	Acknowledged bool  `json:"acknowledged"`
}

// Tail is what a former writer had and its successor had not.
type Tail struct {
	Region string        `json:"region"`
	Epoch  int64         `json:"epoch"`
	GTIDs  mysql.GTIDSet `json:"gtids"`
	Count  uint64        `json:"count"`
	// Lost tells that these writes may have been acknowledged (async, or semi-sync while degraded).
	Lost  bool   `json:"lost"`
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// Handover passes the writer's role from one live region to another.
type Handover struct {
	From  string        `json:"from"`
	To    string        `json:"to"`
	GTIDs mysql.GTIDSet `json:"gtids"`
	// Synced tells that From has what To will begin with, so that nothing is degraded by the change.
	Synced bool `json:"synced"`
}

// Kinds of Request.
const (
	Switchover = "switchover"
	Failover   = "failover"
	Rebuild    = "rebuild"
)

// Request is what an operator wants. It hangs on a short lease, so that nothing is done long after it was asked for.
type Request struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	// To is the region to switch or fail over to, or to rebuild.
	To         string `json:"to"`
	AcceptLoss bool   `json:"acceptLoss,omitempty"`
	// Epoch is that of the state when it was asked for; a failover is done in no other.
	Epoch int64 `json:"epoch"`
}

// Report is what a steward tells the others about its member. It hangs on the lease.
type Report struct {
	Region string `json:"region"`
	// Running tells that the database answers.
	Running bool `json:"running"`
	// Open and Epoch are the guard's: writes are accepted, and in which epoch.
	Open       bool          `json:"open"`
	Epoch      int64         `json:"epoch"`
	ServerUUID string        `json:"serverUUID"`
	Executed   mysql.GTIDSet `json:"executed"`
	// Received is Executed and what waits to be applied.
	Received mysql.GTIDSet `json:"received"`
	Purged   mysql.GTIDSet `json:"purged"`
	// Following is the region whose database this one replicates, if any.
	Following string `json:"following,omitempty"`
	Receiving bool   `json:"receiving,omitempty"`
	Applying  bool   `json:"applying,omitempty"`
	// LagSeconds is -1 where unknown.
	LagSeconds float64      `json:"lagSeconds"`
	Problem    string       `json:"problem,omitempty"`
	Group      *mysql.Group `json:"group,omitempty"`
	// WantsClone tells that this member is about to throw its data away.
	WantsClone bool `json:"wantsClone,omitempty"`
	// Tail is saved and waits to be recorded.
	Tail *Tail `json:"tail,omitempty"`
	// Rebuilt is the id of the request that was done.
	Rebuilt string `json:"rebuilt,omitempty"`
	// Busy names what the database is doing, such as clone.
	Busy string `json:"busy,omitempty"`
}

// Event is one line of history. Times are of the wall clock, for people and records; nothing is decided by them.
type Event struct {
	Kind   string    `json:"kind"`
	Region string    `json:"region"`
	Epoch  int64     `json:"epoch"`
	Reason string    `json:"reason"`
	Begin  time.Time `json:"begin"`
	End    time.Time `json:"end"`
}

// Kinds of Event.
const (
	EventPromoted     = "promoted"
	EventReleased     = "released"
	EventHandedOver   = "handed-over"
	EventDegraded     = "degraded"
	EventResynced     = "resynced"
	EventErrant       = "errant"
	EventErrantGone   = "errant-gone"
	EventDiscarded    = "discarded"
	EventRefused      = "refused"
	EventDone         = "done"
	EventTaken        = "taken"
	EventInService    = "in-service"
	EventOutOfService = "out-of-service"
)

func (s State) isSynced(region string) bool { return slices.Contains(s.Synced, region) }

// copied returns a State whose maps and lists can be changed.
func (s State) copied() State {
	s.Synced = slices.Clone(s.Synced)
	s.Discarded = slices.Clone(s.Discarded)
	s.Former = copiedMap(s.Former)
	s.Errant = copiedMap(s.Errant)
	return s
}

func copiedMap[V any](from map[string]V) map[string]V {
	to := make(map[string]V, len(from))
	maps.Copy(to, from)
	return to
}
