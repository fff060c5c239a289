package steward

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/guard/guardtest"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/operator"
	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/quorumtest"
)

func TestMain(m *testing.M) { quorumtest.Main(m) }

// stack is everything real but Kubernetes: etcd voters, mysqld under guards, and stewards.
type stack struct {
	t        *testing.T
	mode     decision.Mode
	voters   []*quorumtest.Voter
	operator operator.Operator
	regions  map[string]*region
	sites    []decision.Site
	sources  map[string]mysql.Source
}

type region struct {
	name   string
	member *guardtest.Member
	link   *link
	stop   context.CancelFunc
	ended  chan struct{}
}

// link is a store that can be cut off.
type link struct {
	*quorum.Etcd
	cut atomic.Bool
}

var errCut = errors.New("the link is cut")

func (l *link) Read(ctx context.Context) (quorum.Snapshot, error) {
	if l.cut.Load() {
		return quorum.Snapshot{}, errCut
	}
	return l.Etcd.Read(ctx)
}

func (l *link) Renew(ctx context.Context, id quorum.LeaseID) (quorum.Snapshot, error) {
	if l.cut.Load() {
		return quorum.Snapshot{}, errCut
	}
	return l.Etcd.Renew(ctx, id)
}

func (l *link) Grant(ctx context.Context, ttl time.Duration) (quorum.LeaseID, error) {
	if l.cut.Load() {
		return 0, errCut
	}
	return l.Etcd.Grant(ctx, ttl)
}

func (l *link) Commit(ctx context.Context, txn quorum.Txn) (bool, error) {
	if l.cut.Load() {
		return false, quorum.ErrUncertain
	}
	return l.Etcd.Commit(ctx, txn)
}

func newStack(t *testing.T, mode decision.Mode) *stack {
	databases := guardtest.NewStack(t, string(mode))
	s := &stack{t: t, mode: mode, voters: quorumtest.Start(t), regions: map[string]*region{}, sources: map[string]mysql.Source{}}
	s.operator = operator.Operator{Store: s.dial()}
	names := []string{"a", "b"}
	if mode == decision.Group {
		names = append(names, "w")
		databases.ReserveGroup(3)
	}
	for i, name := range names {
		s.sites = append(s.sites, decision.Site{Name: name, Witness: name == "w"})
		member := databases.Start(i + 1)
		s.sources[name] = member.Source
		s.regions[name] = &region{name: name, member: member}
	}
	for _, name := range names {
		s.regions[name].link = &link{Etcd: s.dial()}
		s.run(name)
	}
	return s
}

func (s *stack) dial() *quorum.Etcd {
	s.t.Helper()
	store, err := quorum.Dial(quorum.Config{Endpoints: quorumtest.URLs(s.voters), Prefix: "/test/", Request: time.Second})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(store.Close)
	return store
}

// run starts a region's steward; end stops it without a goodbye.
func (s *stack) run(name string) {
	r := s.regions[name]
	config := Config{Region: name, Mode: s.mode, Lease: lease.Terms{Duration: 5 * time.Second}, Fencing: true}
	rules := decision.Config{
		Self: name, Sites: s.sites, Mode: s.mode, Preferred: "a", DegradeAfter: 5 * time.Second, UnreachableAfter: 7 * time.Second,
		MaxLagSeconds: 10, Sources: s.sources,
	}
	peers := map[string]Database{}
	for other, one := range s.regions {
		peers[other] = one.member
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("region", name)
	steward := newSteward(config, rules, Parts{
		Store: r.link, Database: r.member, Peers: peers, Guard: r.member.Guard, Clock: lease.Clock, Log: log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	r.stop, r.ended = cancel, make(chan struct{})
	go func() {
		defer close(r.ended)
		steward.Run(ctx)
	}()
	s.t.Cleanup(r.end)
}

func (r *region) end() {
	r.stop()
	<-r.ended
}

const livePatience = 3 * time.Minute

func (s *stack) eventually(what string, ask func(operator.Status) bool) {
	s.t.Helper()
	begin := time.Now()
	var last operator.Status
	quorumtest.Eventually(s.t, livePatience, what, func() bool {
		status, err := s.operator.Status(context.Background(), s.mode, s.sites)
		last = status
		return err == nil && ask(status)
	})
	s.t.Logf("%s: after %.1f s (epoch %d)", what, time.Since(begin).Seconds(), last.Epoch)
}

func writes(region string) func(operator.Status) bool {
	return func(s operator.Status) bool { return s.Writer == region && s.Open }
}

func promised(region string) func(operator.Status) bool {
	return func(s operator.Status) bool {
		return writes(region)(s) && s.Promise.RPO == "0" && len(s.Regions) > 1 && s.Regions[0].Errant+s.Regions[1].Errant == ""
	}
}

// clients write into whatever accepts writes, and remember what was acknowledged.
type clients struct {
	s            *stack
	pools        map[string]*sql.DB
	next         atomic.Int64
	acknowledged []int64
}

func (s *stack) clients() *clients {
	c := &clients{s: s, pools: map[string]*sql.DB{}}
	for name, r := range s.regions {
		c.pools[name] = r.member.Client("app")
	}
	migrate := s.regions["a"].member.Client("migrate")
	_, err := migrate.ExecContext(guardtest.Deadline(s.t), "CREATE TABLE app.writes (id BIGINT PRIMARY KEY)")
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// write makes some acknowledged writes in a region.
func (c *clients) write(region string, count int) {
	c.s.t.Helper()
	for range count {
		id := c.next.Add(1)
		if _, err := c.pools[region].ExecContext(guardtest.Deadline(c.s.t), "INSERT INTO app.writes VALUES (?)", id); err != nil {
			c.s.t.Fatalf("write %d in region %s: %v", id, region, err)
		}
		c.acknowledged = append(c.acknowledged, id)
	}
}

// await writes once the region accepts it. In a group the first writes of a term may be refused: an election that ends
// after the guard has opened the database makes it read-only again, until its steward begins anew.
func (c *clients) await(region string) {
	c.s.t.Helper()
	quorumtest.Eventually(c.s.t, livePatience, "region "+region+" accepts a write", func() bool {
		id := c.next.Add(1)
		_, err := c.pools[region].ExecContext(guardtest.Deadline(c.s.t), "INSERT INTO app.writes VALUES (?)", id)
		if err == nil {
			c.acknowledged = append(c.acknowledged, id)
		}
		return err == nil
	})
}

// expectAll asserts that a region has every acknowledged write.
func (c *clients) expectAll(region string) {
	c.s.t.Helper()
	for _, id := range c.acknowledged {
		var found int64
		row := c.pools[region].QueryRowContext(guardtest.Deadline(c.s.t), "SELECT id FROM app.writes WHERE id = ?", id)
		if err := row.Scan(&found); err != nil {
			c.s.t.Fatalf("region %s has no acknowledged write %d: %v", region, id, err)
		}
	}
}

func (c *clients) expectRefused(region string) {
	c.s.t.Helper()
	if _, err := c.pools[region].ExecContext(guardtest.Deadline(c.s.t), "INSERT INTO app.writes VALUES (?)", c.next.Add(1)); err == nil {
		c.s.t.Fatalf("region %s accepts writes", region)
	}
}

func TestSemiSync(t *testing.T) {
	s := newStack(t, decision.SemiSync)
	s.eventually("the preferred region writes and the other is in sync", promised("a"))
	c := s.clients()
	c.write("a", 20)

	s.regions["a"].member.Kill()
	s.eventually("mysqld of the writer killed: the other region writes", writes("b"))
	c.expectAll("b")
	c.write("b", 20)
	s.eventually("the former writer is back in sync by itself", promised("b"))

	if err := s.operator.Switchover(guardtest.Deadline(t), "a"); err != nil {
		t.Fatal(err)
	}
	s.eventually("switched over", promised("a"))
	c.expectAll("a")
	c.expectRefused("b")
	c.write("a", 20)

	s.regions["a"].link.cut.Store(true)
	s.eventually("the writer's region cut off from the quorum: the other one writes", writes("b"))
	c.expectRefused("a")
	c.expectAll("b")
	c.write("b", 5)
	s.regions["a"].link.cut.Store(false)
	s.eventually("the cut is over: back in sync", promised("b"))

	s.regions["b"].end()
	s.run("b")
	c.write("b", 5)
	s.eventually("steward restarted: same writer", promised("b"))
	c.expectAll("b")

	s.errant(c)
}

// errant makes a transaction in the replica behind everybody's back.
func (s *stack) errant(c *clients) {
	ctx := guardtest.Deadline(s.t)
	s.execute("a", "SET GLOBAL super_read_only = OFF", "CREATE DATABASE behind", "SET GLOBAL super_read_only = ON")
	s.eventually("an errant transaction is found and the member kept out", func(status operator.Status) bool {
		return status.Regions[0].Errant != "" && len(status.Promise.Synced) == 0
	})
	c.write("b", 5)
	if err := s.operator.Switchover(ctx, "a"); err == nil {
		s.t.Error("switched over to a member that is kept out")
	} else {
		s.t.Log(err)
	}
	if err := s.operator.Rebuild(guardtest.Deadline(s.t), "a"); err != nil {
		s.t.Fatal(err)
	}
	s.eventually("rebuilt: in sync again", promised("b"))
}

// execute does something in a database that its steward knows nothing of.
func (s *stack) execute(region string, statements ...string) {
	s.t.Helper()
	ctx := guardtest.Deadline(s.t)
	connection, err := s.regions[region].member.Local().Conn(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	defer connection.Close()
	for _, statement := range statements {
		if _, err := connection.ExecContext(ctx, statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestAsyncCountsWhatIsLost(t *testing.T) {
	s := newStack(t, decision.Async)
	ready := func(status operator.Status) bool { return writes("a")(status) && len(status.Promise.Synced) == 1 }
	s.eventually("the preferred region writes and the other follows", ready)
	c := s.clients()
	c.write("a", 5)
	ctx := guardtest.Deadline(t)
	if err := s.regions["b"].member.WaitExecuted(ctx, s.regions["a"].member.Now().Executed); err != nil {
		t.Fatal(err)
	}
	s.regions["b"].end()
	// From here on region b gets nothing, not even from a database that is back.
	s.execute("b", "STOP REPLICA", "CHANGE REPLICATION SOURCE TO SOURCE_PORT = 9")
	before := len(c.acknowledged)
	c.write("a", 7)
	c.acknowledged = c.acknowledged[:before]
	s.regions["a"].end()
	s.eventually("the writer's lease is gone", func(status operator.Status) bool { return status.Writer == "" })
	s.run("b")
	s.eventually("the writer lost: the other region writes", writes("b"))
	c.expectAll("b")
	s.run("a")
	s.eventually("the loss is counted and told", func(status operator.Status) bool {
		return len(status.Tails) == 1 && status.Tails[0].Lost && status.Tails[0].Count >= 7 && status.Tails[0].Path != ""
	})
	s.eventually("the former writer follows", func(status operator.Status) bool {
		return writes("b")(status) && len(status.Promise.Synced) == 1
	})
}

func TestGroup(t *testing.T) {
	s := newStack(t, decision.Group)
	s.eventually("the group begins and a region writes", func(status operator.Status) bool {
		return status.Open && status.Promise.RPO == "0" && online(status) == 3
	})
	status, err := s.operator.Status(context.Background(), s.mode, s.sites)
	if err != nil {
		t.Fatal(err)
	}
	first := status.Writer
	if first != "a" {
		if err := s.operator.Switchover(guardtest.Deadline(t), "a"); err != nil {
			t.Fatal(err)
		}
	}
	s.eventually("region a writes", writes("a"))
	c := s.clients()
	c.await("a")
	c.write("a", 20)
	s.regions["a"].member.Kill()
	s.eventually("mysqld of the writer killed: the other region writes", writes("b"))
	c.expectAll("b")
	c.await("b")
	c.write("b", 20)
	s.eventually("the former writer is back in the group by itself", func(status operator.Status) bool { return online(status) == 3 })
	if err := s.operator.Switchover(guardtest.Deadline(t), "a"); err != nil {
		t.Fatal(err)
	}
	s.eventually("switched over", writes("a"))
	c.expectAll("a")
	c.expectRefused("b")
}

func online(s operator.Status) int {
	n := 0
	for _, r := range s.Regions {
		if r.Database == "writer" || r.Database == "primary" || r.Database == "secondary" {
			n++
		}
	}
	return n
}
