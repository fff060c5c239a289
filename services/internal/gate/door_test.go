package gate

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"twinstack.dev/services/internal/lease"
)

const patience = 20 * time.Second

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// listen returns a loopback listener that ends with the test.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// database answers every line with the same line, and remembers when it heard the last one.
type database struct {
	address string
	heard   atomic.Int64
	bytes   atomic.Int64
}

func startDatabase(t *testing.T) *database {
	t.Helper()
	l := listen(t)
	d := &database{address: l.Addr().String()}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	serving.Add(1)
	go func() {
		defer serving.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Add(1)
			go func() {
				defer serving.Done()
				defer c.Close()
				d.serve(c)
			}()
		}
	}()
	return d
}

func (d *database) serve(c net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := c.Read(buffer)
		if n > 0 {
			d.heard.Store(int64(lease.Clock()))
			d.bytes.Add(int64(n))
			if _, err := c.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return // At the end of what a client says it has its answers, and the connection ends.
		}
	}
}

func startDoor(t *testing.T, target string, change func(*Limits)) (*Door, string) {
	t.Helper()
	limits := DefaultLimits()
	if change != nil {
		change(&limits)
	}
	d := NewDoor("writer", target, limits, lease.Clock, quiet())
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Serve(ctx, l)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return d, l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

func say(c net.Conn, what string) (string, error) {
	if _, err := io.WriteString(c, what); err != nil {
		return "", err
	}
	answer := make([]byte, len(what))
	_, err := io.ReadFull(c, answer)
	return string(answer), err
}

func expectAnswer(t *testing.T, c net.Conn) {
	t.Helper()
	if answer, err := say(c, "hello"); answer != "hello" || err != nil {
		t.Fatalf("%q, %v", answer, err)
	}
}

func expectHungUp(t *testing.T, address string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		return // It may come as soon as the connection is made.
	}
	defer c.Close()
	if answer, err := say(c, "hello"); err == nil {
		t.Fatalf("answered with %q", answer)
	}
}

func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ask(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

func in(d time.Duration) time.Duration { return lease.Clock() + d }

func TestOpensAndCloses(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("door", func(t *testing.T) {
		d, address := startDoor(t, startDatabase(t).address, nil)
		expectHungUp(t, address)
		d.Open(in(time.Minute))
		c := dial(t, address)
		expectAnswer(t, c)
		d.Close("test")
		if answer, err := say(c, "more"); err == nil {
			t.Errorf("answered with %q after it was closed", answer)
		}
		expectHungUp(t, address)
		d.Open(in(time.Minute))
		expectAnswer(t, dial(t, address))
	})
}

// Nobody tells the door to close. Clients shout all the time, and none is heard later than it may be.
func TestClosesByItselfInTime(t *testing.T) {
	const clients = 20
	data := startDatabase(t)
	d, address := startDoor(t, data.address, nil)
	until := in(700 * time.Millisecond)
	d.Open(until)
	var last atomic.Int64
	var shouting sync.WaitGroup
	for range clients {
		c := dial(t, address)
		shouting.Add(1)
		go func() {
			defer shouting.Done()
			for {
				if _, err := say(c, "write"); err != nil {
					return
				}
				last.Store(max(last.Load(), int64(lease.Clock())))
			}
		}()
	}
	shouting.Wait()
	ended := lease.Clock()
	if heard := time.Duration(data.heard.Load()); heard >= until+lease.GuardTick {
		t.Errorf("the database heard of a client %s after the door's time", heard-until)
	}
	if answered := time.Duration(last.Load()); answered >= until+lease.FenceBudget {
		t.Errorf("a client was answered %s after the door's time", answered-until)
	}
	if ended >= until+lease.FenceBudget {
		t.Errorf("the last client was hung up on %s after the door's time", ended-until)
	}
	if data.bytes.Load() == 0 {
		t.Error("the test is about nothing")
	}
	t.Logf("last heard %s, last answer %s, all hung up on %s after the door's time",
		time.Duration(data.heard.Load())-until, time.Duration(last.Load())-until, ended-until)
}

// A door that is renewed stays open, with the connections that it has.
func TestRenewalKeepsConnections(t *testing.T) {
	d, address := startDoor(t, startDatabase(t).address, nil)
	d.Open(in(300 * time.Millisecond))
	c := dial(t, address)
	for range 20 {
		expectAnswer(t, c)
		d.Open(in(300 * time.Millisecond))
		time.Sleep(50 * time.Millisecond)
	}
	// What comes late moves the time back too: the last word counts.
	d.Open(in(time.Millisecond))
	eventually(t, "the door closes", func() bool { open, _ := d.State(); return !open })
	if answer, err := say(c, "more"); err == nil {
		t.Errorf("answered with %q", answer)
	}
}

// What was let in ends with its term, also if the door opens again at once.
func TestNewTermRevivesNothing(t *testing.T) {
	d, address := startDoor(t, startDatabase(t).address, nil)
	d.Open(in(time.Minute))
	c := dial(t, address)
	expectAnswer(t, c)
	d.Close("test")
	d.Open(in(time.Minute))
	if answer, err := say(c, "more"); err == nil {
		t.Errorf("answered with %q", answer)
	}
	expectAnswer(t, dial(t, address))
}

// A process that was stopped past its time has chunks in its hands when it wakes up: none of them passes. The clock jumps
// here, which is what such a process sees.
func TestNothingPassesAfterASleep(t *testing.T) {
	data := startDatabase(t)
	var jump atomic.Int64
	d := NewDoor("writer", data.address, DefaultLimits(), func() time.Duration { return lease.Clock() + time.Duration(jump.Load()) }, quiet())
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Serve(ctx, l)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	d.Open(in(20 * time.Second))
	c := dial(t, l.Addr().String())
	expectAnswer(t, c)
	before := data.bytes.Load()
	jump.Store(int64(30 * time.Second))
	if answer, err := say(c, "more"); err == nil {
		t.Errorf("answered with %q", answer)
	}
	if after := data.bytes.Load(); after != before {
		t.Errorf("%d bytes passed", after-before)
	}
}

// The answer to what was sent in time is told, if it comes soon.
func TestLateAnswersPassForAWhile(t *testing.T) {
	answered := make(chan struct{})
	l := listen(t)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buffer := make([]byte, 6)
		_, _ = io.ReadFull(c, buffer)
		<-answered
		_, _ = io.WriteString(c, "done!!")
		_, _ = io.Copy(io.Discard, c)
	}()
	d, address := startDoor(t, l.Addr().String(), nil)
	d.Open(in(time.Minute))
	c := dial(t, address)
	if _, err := io.WriteString(c, "commit"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the database has it", func() bool { return counted(t, d, "gate_bytes_total") >= 6 })
	begin := lease.Clock()
	d.Close("test")
	close(answered)
	answer := make([]byte, 6)
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "done!!" {
		t.Errorf("%q, %v", answer, err)
	}
	if _, err := c.Read(answer); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("not reset: %v", err)
	}
	if took := lease.Clock() - begin; took >= lease.FenceBudget {
		t.Errorf("cut after %s", took)
	}
}

func TestHalfClose(t *testing.T) {
	d, address := startDoor(t, startDatabase(t).address, nil)
	d.Open(in(time.Minute))
	c := dial(t, address)
	if _, err := io.WriteString(c, "all that I say"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil || string(answer) != "all that I say" {
		t.Errorf("%q, %v", answer, err)
	}
	eventually(t, "the connection is gone", func() bool { return d.present() == 0 })
}

func TestLimits(t *testing.T) {
	t.Run("too many", func(t *testing.T) {
		d, address := startDoor(t, startDatabase(t).address, func(l *Limits) { l.Connections = 2 })
		d.Open(in(time.Minute))
		first := dial(t, address)
		expectAnswer(t, first)
		expectAnswer(t, dial(t, address))
		expectHungUp(t, address)
		_ = first.Close()
		eventually(t, "there is room again", func() bool { return d.present() == 1 })
		expectAnswer(t, dial(t, address))
	})
	t.Run("idle", func(t *testing.T) {
		d, address := startDoor(t, startDatabase(t).address, func(l *Limits) { l.Idle = 200 * time.Millisecond })
		d.Open(in(time.Minute))
		c := dial(t, address)
		for range 6 {
			expectAnswer(t, c)
			time.Sleep(60 * time.Millisecond)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("an idle connection stays")
		}
		if counted(t, d, "gate_idle_total") == 0 {
			t.Error("not counted")
		}
	})
	t.Run("out of reach", func(t *testing.T) {
		gone := listen(t)
		_ = gone.Close()
		d, address := startDoor(t, gone.Addr().String(), nil)
		d.Open(in(time.Minute))
		expectHungUp(t, address)
		eventually(t, "it is counted", func() bool { return counted(t, d, "gate_unreachable_total") == 1 })
	})
}

// counted sums a metric of a door.
func counted(t *testing.T, d *Door, name string) float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(d)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

func TestMetrics(t *testing.T) {
	d, address := startDoor(t, startDatabase(t).address, nil)
	expectHungUp(t, address)
	d.Open(in(time.Minute))
	expectAnswer(t, dial(t, address))
	for name, want := range map[string]float64{"gate_open": 1, "gate_connections": 1, "gate_connections_total": 2, "gate_bytes_total": 10} {
		eventually(t, name, func() bool { return counted(t, d, name) == want })
	}
}
