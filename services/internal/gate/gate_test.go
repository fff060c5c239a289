package gate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
)

func startGate(t *testing.T) *Gate {
	t.Helper()
	writer, reader := startDatabase(t), startDatabase(t)
	g, err := Listen(Config{
		Writer: writer.address, Reader: reader.address, ListenHost: "127.0.0.1", Limits: DefaultLimits(), Clock: lease.Clock, Log: quiet(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return g
}

func state(t *testing.T, g *Gate) guard.State {
	t.Helper()
	s, err := g.State(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGateIsAGuard(t *testing.T) {
	g := startGate(t)
	ctx := context.Background()
	writer, reader := g.Addresses()[0], g.Addresses()[2]
	before := state(t, g)
	if !before.Running || before.Open || before.BootID == "" || before.Epoch != 0 {
		t.Errorf("%+v", before)
	}
	expectHungUp(t, writer)
	expectAnswer(t, dial(t, reader))
	for name, test := range map[string]struct {
		boot  string
		epoch int64
		until time.Duration
		want  error
	}{
		"another boot":  {"other", 1, in(time.Second), guard.ErrStaleBoot},
		"over":          {before.BootID, 1, lease.Clock(), guard.ErrPast},
		"too far ahead": {before.BootID, 1, in(2 * time.Minute), guard.ErrPast},
		"no epoch":      {before.BootID, 0, in(time.Second), guard.ErrStaleEpoch},
	} {
		if err := g.Open(ctx, test.boot, test.epoch, test.until); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := g.Open(ctx, before.BootID, 3, in(20*time.Second)); err != nil {
		t.Fatal(err)
	}
	c := dial(t, writer)
	expectAnswer(t, c)
	if s := state(t, g); !s.Open || s.Epoch != 3 || s.Until <= s.Clock {
		t.Errorf("%+v", s)
	}
	begin := lease.Clock()
	if _, err := g.Close(ctx, "test"); err != nil {
		t.Fatal(err)
	}
	if took := lease.Clock() - begin; took >= lease.FenceBudget || state(t, g).Open {
		t.Errorf("closed after %s: %+v", took, state(t, g))
	}
	if _, err := say(c, "more"); err == nil {
		t.Error("answered after Close had returned")
	}
	if err := g.Open(ctx, before.BootID, 3, in(time.Second)); !errors.Is(err, guard.ErrStaleEpoch) {
		t.Errorf("opened in an epoch that was ended: %v", err)
	}
	if err := g.Open(ctx, before.BootID, 4, in(time.Second)); err != nil {
		t.Error(err)
	}
	eventually(t, "it closes by itself", func() bool { return !state(t, g).Open })
	expectAnswer(t, dial(t, reader))
}

func TestForwarding(t *testing.T) {
	g := startGate(t)
	forward := g.Addresses()[1]
	expectHungUp(t, forward)
	g.Forward(5, in(time.Minute))
	c := dial(t, forward)
	expectAnswer(t, c)
	g.Withdraw(5)
	if _, err := say(c, "more"); err == nil {
		t.Error("answered after it was withdrawn")
	}
	// The renewal that allowed it was on its way.
	g.Forward(5, in(time.Minute))
	expectHungUp(t, forward)
	g.Forward(6, in(2*time.Minute))
	expectHungUp(t, forward)
	g.Forward(6, in(time.Minute))
	expectAnswer(t, dial(t, forward))
}

func TestGateCantDoWhatAServerCan(t *testing.T) {
	g := startGate(t)
	_, _, tail := g.SaveTail(context.Background(), mysql.GTIDSet{})
	for _, err := range []error{g.Restart(context.Background(), "", ""), tail} {
		if err == nil || err.Error() != "the database is run by AWS: a gate opens and closes, no more" {
			t.Error(err)
		}
	}
}

func TestPortsThatAreTaken(t *testing.T) {
	g := startGate(t)
	config := g.config
	config.Ports[2] = g.listeners[0].Addr().(*net.TCPAddr).Port
	if _, err := Listen(config); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("the gate's port %d: ", config.Ports[2])) {
		t.Errorf("a port was bound twice: %v", err)
	}
}

func TestDoorsAreTold(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, d := range startGate(t).Doors() {
		registry.MustRegister(d)
	}
	if _, err := registry.Gather(); err != nil {
		t.Error(err)
	}
}
