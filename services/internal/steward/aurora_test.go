package steward

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"twinstack.dev/services/internal/aurora"
	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/dynamotest"
	gates "twinstack.dev/services/internal/gate"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/operator"
	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/quorumtest"
	"twinstack.dev/services/internal/rdstest"
)

// Stewards, leases, decisions and gates are real here. DynamoDB is moto, RDS is a stand-in that moves the writer of a global
// cluster, and the database answers every line with the name of its region: what is shown is who lets clients through when.
var awsRegions = map[string]string{"a": "eu-central-1", "b": "eu-west-1"}

// awsLease leaves time for two regions to agree, and for the stand-in on a busy machine.
const awsLease = 10 * time.Second

// world is a stack on AWS.
type world struct {
	t        *testing.T
	rds      *rdstest.Global
	operator operator.Operator
	sites    []decision.Site
	regions  map[string]*awsRegion
}

type awsRegion struct {
	name     string
	database *echo
	gate     *gates.Gate
	// stop ends steward and gate as a kill does: nothing is given back.
	stop  context.CancelFunc
	ended chan struct{}
	// cut makes the region lose the quorum.
	cut atomic.Bool
}

// echo is a region's end point.
type echo struct {
	listener net.Listener
	serving  sync.WaitGroup
	down     atomic.Bool
}

func startEcho(t *testing.T, name string) *echo {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{listener: listener}
	e.serving.Add(1)
	go func() {
		defer e.serving.Done()
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			e.serving.Add(1)
			go func() {
				defer e.serving.Done()
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					if _, err := fmt.Fprintln(c, name); err != nil {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		e.serving.Wait()
	})
	return e
}

func (e *echo) address() string { return e.listener.Addr().String() }

// ProbeWrite, Lag and Bootstrap are what the steward asks of a database itself.
func (e *echo) ProbeWrite(context.Context) error {
	if e.down.Load() {
		return errAway
	}
	return nil
}
func (e *echo) Lag(context.Context) (time.Duration, error) { return 100 * time.Millisecond, nil }
func (e *echo) Bootstrap(context.Context) error            { return nil }

// tableLink is a store that a region can lose.
type tableLink struct {
	*quorum.Dynamodb
	cut *atomic.Bool
}

func (l tableLink) Read(ctx context.Context) (quorum.Snapshot, error) {
	if l.cut.Load() {
		return quorum.Snapshot{}, errCut
	}
	return l.Dynamodb.Read(ctx)
}

func (l tableLink) Renew(ctx context.Context, id quorum.LeaseID) (quorum.Snapshot, error) {
	if l.cut.Load() {
		return quorum.Snapshot{}, errCut
	}
	return l.Dynamodb.Renew(ctx, id)
}

func (l tableLink) Grant(ctx context.Context, ttl time.Duration) (quorum.LeaseID, error) {
	if l.cut.Load() {
		return 0, errCut
	}
	return l.Dynamodb.Grant(ctx, ttl)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dynamotest.Start(t)
	w := &world{
		t: t, regions: map[string]*awsRegion{}, sites: []decision.Site{{Name: "a"}, {Name: "b"}},
		rds: rdstest.Start(t, rdstest.Arn(awsRegions["a"], "app-a"), rdstest.Arn(awsRegions["b"], "app-b")),
	}
	w.rds.MoveTakes = time.Second
	w.operator = operator.Operator{Store: w.open()}
	for name := range awsRegions {
		w.regions[name] = &awsRegion{name: name, database: startEcho(t, name)}
		w.run(name)
	}
	return w
}

func (w *world) open() *quorum.Dynamodb {
	w.t.Helper()
	store, err := quorum.OpenTable(context.Background(), quorum.TableConfig{
		// The stand-in has no copies: both regions ask the one that there is.
		Table: dynamotest.Table, Region: dynamotest.Region, Prefix: "/" + w.t.Name() + "/", Request: 2 * time.Second, Clock: lease.Clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return store
}

// run starts a region's steward with its gate, as one process.
func (w *world) run(name string) {
	w.t.Helper()
	r := w.regions[name]
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("region", name)
	config := Config{
		Region: name, Mode: decision.Async, DatabaseKind: Aurora, Lease: lease.Terms{Duration: awsLease}, Fencing: true,
		Regions: []Region{{Name: "a"}, {Name: "b"}},
	}
	cluster, err := aurora.New(context.Background(), aurora.Config{
		GlobalCluster: rdstest.Name, Cluster: "app-" + name, Region: awsRegions[name], Peer: config.Peer().Source(),
		Server: r.database, Clock: lease.Clock, Log: log,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	r.gate, err = gates.Listen(gates.Config{
		Writer: r.database.address(), Reader: r.database.address(), ListenHost: "127.0.0.1",
		Limits: gates.DefaultLimits(), Clock: lease.Clock, Log: log,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	rules := config.Decision()
	rules.Preferred = "a"
	s := newSteward(config, rules, Parts{
		Store: tableLink{w.open(), &r.cut}, Database: cluster, Peers: map[string]Database{config.Peer().Name: aurora.Peer{Cluster: cluster}},
		Guard: r.gate, Forward: r.gate, Clock: lease.Clock, Log: log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	r.stop, r.ended = cancel, make(chan struct{})
	go func() {
		defer close(r.ended)
		var running sync.WaitGroup
		for _, part := range []func(context.Context){s.Run, r.gate.Run} {
			running.Add(1)
			go func() {
				defer running.Done()
				part(ctx)
			}()
		}
		running.Wait()
	}()
	w.t.Cleanup(r.end)
}

func (r *awsRegion) end() {
	r.stop()
	<-r.ended
}

// ask says something through a door and returns the region that answers; nothing if nobody does.
func ask(address string) string {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := io.WriteString(c, "write\n"); err != nil {
		return ""
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimSpace(line)
}

const (
	writerDoor = iota
	forwardDoor
	readerDoor
)

func (w *world) through(region string, door int) string {
	return ask(w.regions[region].gate.Addresses()[door])
}

func (w *world) eventually(what string, condition func() bool) {
	w.t.Helper()
	begin := time.Now()
	quorumtest.Eventually(w.t, livePatience, what, condition)
	w.t.Logf("%s: after %.1f s", what, time.Since(begin).Seconds())
}

// writes tells that clients of a region write there, and those of the other have it handed on.
func (w *world) writes(region, other string) bool {
	return w.through(region, writerDoor) == region && w.through(other, writerDoor) == "" && w.through(other, forwardDoor) == other
}

// watch samples both writing doors every 10 ms until it is called off, and fails if both are open at once.
func (w *world) watch() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	both, samples := 0, 0
	all := []*gates.Gate{w.regions["a"].gate, w.regions["b"].gate}
	go func() {
		defer close(ended)
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			open := 0
			for _, g := range all {
				if state, err := g.State(context.Background()); err == nil && state.Open {
					open++
				}
			}
			samples++
			if open > 1 {
				both++
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		w.t.Logf("both doors open in %d of %d samples", both, samples)
		if both > 0 || samples == 0 {
			w.t.Error("two regions let clients write at once")
		}
	}
}

func (w *world) synced() bool {
	status, err := w.operator.Status(context.Background(), decision.Async, w.sites)
	return err == nil && len(status.Promise.Synced) == 1
}

func TestAuroraBehindGates(t *testing.T) {
	w := newWorld(t)
	a, b := w.regions["a"], w.regions["b"]
	w.eventually("the preferred region writes, and the other one hands on", func() bool { return w.writes("a", "b") && w.synced() })
	stop := w.watch()

	w.switchOver("b")
	w.eventually("switched over to b", func() bool { return w.writes("b", "a") && w.synced() })
	w.switchOver("a")
	w.eventually("and back to a", func() bool { return w.writes("a", "b") && w.synced() })
	for region, cluster := range map[string]string{"eu-west-1": "app-b", "eu-central-1": "app-a"} {
		if move := "SwitchoverGlobalCluster " + rdstest.Arn(region, cluster); !slices.Contains(w.rds.Moves(), move) {
			t.Errorf("moves %q, without %q", w.rds.Moves(), move)
		}
	}

	// The region's link to the quorum is lost. Its steward lives, its database works, and its clients are hung up on in time.
	client := w.shout("a")
	a.cut.Store(true)
	lost := lease.Clock()
	w.eventually("cut off from the quorum: b writes", func() bool { return w.through("b", writerDoor) == "b" })
	answered := client()
	if late := answered - lost; late > awsLease {
		t.Errorf("a client of the region that was cut off was answered %s later, which no lease covers", late)
	}
	if w.through("a", writerDoor) != "" || w.through("a", forwardDoor) != "" {
		t.Error("the region without a lease lets clients write")
	}
	if got := w.through("a", readerDoor); got != "a" {
		t.Errorf("the region without a lease lets nobody read: %q", got)
	}
	if moves := w.rds.Moves(); moves[len(moves)-1] != "FailoverGlobalCluster "+rdstest.Arn("eu-west-1", "app-b")+" true" {
		t.Errorf("moves %q", moves)
	}
	a.cut.Store(false)
	w.eventually("the cut is over: a hands on", func() bool { return w.writes("b", "a") && w.synced() })
	stop()

	// The writer's whole region is killed.
	b.end()
	killed := time.Now()
	w.eventually("b killed: a writes", func() bool { return w.through("a", writerDoor) == "a" })
	t.Logf("writes again %.1f s after the kill", time.Since(killed).Seconds())
	w.run("b")
	w.eventually("b is back and hands on", func() bool { return w.writes("a", "b") && w.synced() })
}

// switchOver asks until it is done: a machine that is too busy for the stand-in may lose a lease for a while.
func (w *world) switchOver(to string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), livePatience)
	defer cancel()
	w.eventually("switching over to "+to, func() bool {
		err := w.operator.Switchover(ctx, to)
		if err != nil {
			w.t.Log(err)
		}
		return err == nil
	})
}

// shout talks through a region's writing door all the time. The function it returns waits until the client was hung up on,
// and tells when it was answered last.
func (w *world) shout(region string) (last func() time.Duration) {
	w.t.Helper()
	c, err := net.Dial("tcp", w.regions[region].gate.Addresses()[writerDoor])
	if err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan time.Duration, 1)
	go func() {
		defer c.Close()
		var answered time.Duration
		lines := bufio.NewReader(c)
		for {
			if _, err := io.WriteString(c, "write\n"); err != nil {
				break
			}
			if _, err := lines.ReadString('\n'); err != nil {
				break
			}
			answered = lease.Clock()
			time.Sleep(5 * time.Millisecond)
		}
		ended <- answered
	}()
	return func() time.Duration { return <-ended }
}

// A switchover that AWS refuses gives the role back: the former writer goes on.
func TestAuroraSwitchoverRefused(t *testing.T) {
	w := newWorld(t)
	w.eventually("the preferred region writes", func() bool { return w.writes("a", "b") && w.synced() })
	w.rds.Refuse("InvalidGlobalClusterStateFault")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.operator.Switchover(ctx, "b"); err == nil {
		t.Fatal("switched over although AWS refused")
	}
	w.eventually("the former writer goes on", func() bool { return w.writes("a", "b") })
	if moves := w.rds.Moves(); len(moves) > 0 {
		t.Errorf("moves %q", moves)
	}
}

var _ Database = (*aurora.Cluster)(nil)
var _ aurora.Server = (*echo)(nil)
