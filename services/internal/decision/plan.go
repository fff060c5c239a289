package decision

import (
	"encoding/json"
	"fmt"
	"time"

	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/quorum"
)

// Plan is what to do now. Doing the same plan twice does no harm, and so does not doing it.
type Plan struct {
	// Change is the one transaction to try.
	Change *Change
	// Guard tells what the guard has to do.
	Guard GuardOrder
	// Database is the one thing the local database has to do.
	Database *Order
	// InService tells whether this region may be sent clients, and Reason why or why not.
	InService bool
	Reason    string
	// Routes say where clients of the database find it; nil leaves them as they are.
	Routes *Routes
	// WantsClone goes into the report.
	WantsClone bool
	// Waiting says in words what a change of the writer is waiting for.
	Waiting string
}

// Routes name regions: where this region's clients write and read. An empty name is nowhere.
type Routes struct{ Write, Read string }

// GuardAction is what a guard has to do.
type GuardAction string

// A guard is left as it is, opened (and from then on renewed with the lease), or closed.
const (
	GuardLeave GuardAction = ""
	GuardOpen  GuardAction = "open"
	GuardClose GuardAction = "close"
)

// GuardOrder is an action, with what it is bound to and why.
type GuardOrder struct {
	Action GuardAction
	Epoch  int64
	BootID string
	Reason string
}

// OrderKind is something that a database can be told to do.
type OrderKind string

// Kinds of Order.
const (
	Promote         OrderKind = "promote"
	SwitchSemiSync  OrderKind = "switch-semi-sync"
	Follow          OrderKind = "follow"
	Detach          OrderKind = "detach"
	Clone           OrderKind = "clone"
	SaveTail        OrderKind = "save-tail"
	MakeSchema      OrderKind = "make-schema"
	JoinGroup       OrderKind = "join-group"
	BeginGroup      OrderKind = "begin-group"
	LeaveGroup      OrderKind = "leave-group"
	BecomePrimary   OrderKind = "become-primary"
	Restart         OrderKind = "restart"
	nothingUnderWay OrderKind = ""
)

// Order tells a database what to do. Which fields count depends on its kind.
type Order struct {
	Kind OrderKind
	// Region is whom to follow or clone.
	Region   string
	SemiSync bool
	Epoch    int64
	BootID   string
	// GTIDs are what to wait for before a planned promotion, or the tail to save.
	GTIDs   mysql.GTIDSet
	Planned bool
	Lost    bool
	// Request is what the order fulfils.
	Request string
}

// Change is a transaction on the writer's key and the state, relative to what was viewed.
type Change struct {
	// Writer is the new value; nil deletes the key.
	Writer *Writer
	// State is the new value; nil leaves it.
	State *State
	// Lock takes the lock of whoever starts a group, instead of all the above.
	Lock string
	// Unlock frees that lock.
	Unlock bool
	// Answered deletes the request.
	Answered bool
	Event    *Event
}

// Txn returns c as a transaction that is done only if nothing has changed since the view. Every condition's key is also
// written, so that it can't be done twice.
func (c Change) Txn(a Agreed, now time.Time) quorum.Txn {
	revision := func(key string) quorum.Condition {
		return quorum.Condition{Key: key, Revision: a.snapshot.Items[key].Revision}
	}
	if c.Lock != "" {
		return quorum.Txn{If: []quorum.Condition{revision(KeyBootstrap)}, Put: []quorum.Put{{Key: KeyBootstrap, Value: []byte(c.Lock), Lease: a.lease}}}
	}
	txn := quorum.Txn{If: []quorum.Condition{revision(KeyWriter)}}
	if c.Unlock {
		txn.Delete = append(txn.Delete, KeyBootstrap)
	}
	if c.Writer != nil {
		txn.Put = append(txn.Put, quorum.Put{Key: KeyWriter, Value: encode(c.Writer), Lease: a.lease})
	} else {
		txn.Delete = append(txn.Delete, KeyWriter)
	}
	if c.State != nil {
		txn.If = append(txn.If, revision(KeyState))
		txn.Put = append(txn.Put, quorum.Put{Key: KeyState, Value: encode(c.State)})
	}
	if c.Answered {
		txn.If = append(txn.If, revision(KeyRequest))
		txn.Delete = append(txn.Delete, KeyRequest)
	}
	if c.Event != nil {
		txn.Put = append(txn.Put, quorum.Put{Key: EventKey(now, c.Event.Region), Value: encode(c.Event)})
	}
	return txn
}

// EventKey sorts by time.
func EventKey(now time.Time, region string) string {
	return fmt.Sprintf("%s%020d-%s", KeysEvent, now.UnixNano(), region)
}

func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("a %T can't be written as JSON: %v", value, err))
	}
	return text
}
