package nettest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Forwarder is an address that leads to another one, as a Kubernetes Service does: a new target is for new connections,
// and those that are there stay where they are.
type Forwarder struct {
	// Address is a loopback host:port.
	Address string

	target   atomic.Pointer[string]
	silent   atomic.Bool
	listener net.Listener
	mutex    sync.Mutex
	open     []net.Conn
	working  sync.WaitGroup
}

// Forward returns a forwarder at host that leads to target until the test ends.
func Forward(t testing.TB, host, target string) *Forwarder {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	f := &Forwarder{Address: listener.Addr().String(), listener: listener}
	f.Lead(target)
	f.working.Add(1)
	go f.accept()
	t.Cleanup(func() {
		_ = listener.Close()
		f.Cut()
		f.working.Wait()
	})
	return f
}

// Lead makes new connections go to target.
func (f *Forwarder) Lead(target string) { f.target.Store(&target) }

// Silence keeps all answers back from now on, for connections that are there as well; requests still arrive.
func (f *Forwarder) Silence(silent bool) { f.silent.Store(silent) }

// Cut ends all connections.
func (f *Forwarder) Cut() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, connection := range f.open {
		_ = connection.Close()
	}
	f.open = nil
}

func (f *Forwarder) accept() {
	defer f.working.Done()
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", *f.target.Load())
		if err != nil {
			_ = client.Close()
			continue
		}
		f.mutex.Lock()
		f.open = append(f.open, client, server)
		f.mutex.Unlock()
		f.working.Add(2)
		go f.copy(server, client, func() bool { return false })
		go f.copy(client, server, f.silent.Load)
	}
}

// copy ends both connections when one has ended.
func (f *Forwarder) copy(to, from net.Conn, withheld func() bool) {
	defer f.working.Done()
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !withheld() {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
