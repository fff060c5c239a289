package decision_test

import (
	"fmt"
	"strings"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
)

type gtid struct {
	origin string
	number uint64
}

// txn is one transaction: its GTID, and the client's write in it.
type txn struct {
	gtid
	write int
}

// db is a database and its guard, as far as decisions can tell.
type db struct {
	world *world
	name  string
	// rate is that of the machine's clock.
	rate float64

	running bool
	boot    int
	// log is the binary log; the first executed of it are committed, the rest waits for an acknowledgement.
	log      []txn
	executed int
	relay    []txn
	// has tells which write each of its transactions carries, the relay's included.
	has map[gtid]int
	// next numbers this server's own transactions; looked is how much of the source's log is known, as of both copies.
	next   uint64
	looked int
	copies int
	// generation counts clones.
	generation int
	follows    string
	threads    bool
	semi       bool
	clients    int

	open      bool
	until     time.Duration
	epoch     int64
	highest   int64
	closedFor int64
}

func (d *db) clock() time.Duration { return time.Duration(float64(d.world.now) * d.rate) }

func (d *db) writable() bool { return d.open && d.running }

func (d *db) bootID() string { return fmt.Sprintf("%s%d", d.name, d.boot) }

func serverUUID(name string) string { return strings.Repeat(name, 8) + "-0000-0000-0000-000000000000" }

// gtids is the set of a list; every origin's numbers are without gaps.
func gtids(lists ...[]txn) mysql.GTIDSet {
	last := map[string]uint64{}
	for _, list := range lists {
		for _, t := range list {
			last[t.origin] = max(last[t.origin], t.number)
		}
	}
	var parts []string
	for origin, n := range last {
		parts = append(parts, fmt.Sprintf("%s:1-%d", serverUUID(origin), n))
	}
	set, err := mysql.ParseGTIDSet(strings.Join(parts, ","))
	if err != nil {
		panic(err)
	}
	return set
}

func (d *db) status() *mysql.Status {
	s := &mysql.Status{ServerUUID: serverUUID(d.name), ReadOnly: !d.open, Executed: gtids(d.log[:d.executed])}
	s.SemiSync = mysql.SemiSync{SourceOn: d.semi, Waiting: len(d.log) - d.executed, Clients: d.clients}
	if d.follows != "" {
		s.Replica = &mysql.Replica{
			Source: mysql.Source{Host: d.follows}, Applying: d.threads, LagSeconds: 0, Retrieved: gtids(d.log, d.relay),
			Receiving: d.threads && d.world.linked(d.name, d.follows),
		}
	}
	return s
}

// write is a client's attempt.
func (d *db) write() {
	if !d.writable() {
		return
	}
	d.next++
	next := gtid{d.name, d.next}
	d.world.writes++
	d.log = append(d.log, txn{next, d.world.writes})
	d.has[next] = d.world.writes
	if !d.semi {
		d.commitAll()
	}
}

// commitAll commits what waits and tells the clients.
func (d *db) commitAll() {
	for _, t := range d.log[d.executed:] {
		d.world.acknowledge(t)
	}
	d.executed = len(d.log)
}

// replace makes the data a copy of another's.
func (d *db) replace(log []txn) {
	d.log, d.relay, d.executed = log, nil, len(log)
	d.has, d.next = map[gtid]int{}, 0
	d.generation++
	for _, t := range log {
		d.has[t.gtid] = t.write
		if t.origin == d.name {
			d.next = t.number
		}
	}
	d.world.dirty = true
}

// replicate moves transactions from the source to this member, and acknowledges them.
func (d *db) replicate() {
	source := d.world.sites[other(d.name)].db
	if d.follows != source.name || !d.threads || !d.running || !source.running || !d.world.linked("a", "b") {
		return
	}
	if copies := d.generation + source.generation; copies != d.copies {
		d.looked, d.copies = 0, copies
	}
	for _, t := range source.log[d.looked:] {
		switch write := d.has[t.gtid]; write {
		case t.write:
		case 0:
			d.relay = append(d.relay, t)
			d.has[t.gtid] = t.write
		default:
			d.world.violated("%s and %s differ in %v: writes %d and %d", d.name, source.name, t.gtid, write, t.write)
			return
		}
	}
	d.looked = len(source.log)
	sent, boot := len(source.log), source.boot
	d.world.after(d.world.delay(), func() {
		if source.boot == boot && source.running && source.semi && d.world.linked("a", "b") && sent > source.executed && sent <= len(source.log) {
			for _, t := range source.log[source.executed:sent] {
				d.world.acknowledge(t)
			}
			source.executed = sent
		}
	})
}

func (d *db) apply() {
	d.log = append(d.log, d.relay...)
	d.executed, d.relay = len(d.log), nil
}

// crash ends the server; recovery commits what was in the binary log.
func (d *db) crash(again time.Duration) {
	if !d.running {
		return
	}
	d.running, d.open, d.semi, d.threads = false, false, false, false
	d.boot++
	d.world.note("%s: database ended", d.name)
	boot := d.boot
	d.world.after(again, func() {
		if d.boot == boot && !d.world.sites[d.name].dark {
			d.running, d.executed = true, len(d.log)
		}
	})
}

// guardOpen is the guard's answer to an opening or a renewal.
func (d *db) guardOpen(boot string, epoch int64, until time.Duration) {
	if !d.running || boot != d.bootID() || epoch < d.highest || epoch <= d.closedFor || until <= d.clock() {
		return
	}
	if !d.open {
		d.opened(epoch)
	}
	d.open, d.until, d.epoch, d.highest = true, until, epoch, epoch
	if d.world.broken.fencing {
		return
	}
	// It notices late and may take all the time it has.
	left := time.Duration(float64(until-d.clock())/d.rate) + d.world.between(0, lease.FenceBudget)
	d.world.after(left, func() {
		if d.open && d.until == until && d.bootID() == boot {
			d.close()
		}
	})
}

// opened checks what a new writer must have.
func (d *db) opened(epoch int64) {
	d.world.note("%s: opened in epoch %d", d.name, epoch)
	if epoch > d.epoch {
		d.world.promotions++
	}
	if lost := d.world.missing(d); len(lost) > 0 && d.world.mode == decision.SemiSync {
		d.world.violated("region %s was opened without acknowledged writes %v", d.name, lost)
	}
}

// close ends writing at once. Commits that still wait after a while can't be ended but by ending the server.
func (d *db) close() {
	d.open = false
	d.world.note("%s: closed", d.name)
	boot := d.boot
	d.world.after(lease.CloseWithin, func() {
		if d.boot == boot && len(d.log) > d.executed {
			d.crash(d.world.between(500*time.Millisecond, 3*time.Second))
		}
	})
}

func other(name string) string {
	if name == "a" {
		return "b"
	}
	return "a"
}
