// Package redistest runs a redis server for tests: the machine's valkey-server or redis-server where there is one,
// else an in-process server that speaks the same protocol.
package redistest

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"twinstack.dev/services/internal/nettest"
)

const startTimeout = 10 * time.Second

// Server is a running redis that a test can kill and start again on the same address.
type Server struct {
	Address string
	kill    func()
	start   func()
}

// Kill ends the server without a goodbye.
func (s *Server) Kill() { s.kill() }

// Restart starts a killed server again, at the same address.
func (s *Server) Restart() { s.start() }

// Start returns a running server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	for _, name := range []string{"valkey-server", "redis-server"} {
		if binary, err := exec.LookPath(name); err == nil {
			return startProcess(t, binary)
		}
	}
	return startInProcess(t)
}

func startProcess(t testing.TB, binary string) *Server {
	address := nettest.FreeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	var command *exec.Cmd
	s := &Server{Address: address}
	s.start = func() {
		command = exec.Command(binary, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no")
		command.Dir = t.TempDir()
		command.Stderr = os.Stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, address)
	}
	s.kill = func() {
		// Killing a process that has ended, and waiting for it twice, are no failures here.
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func startInProcess(t testing.TB) *Server {
	redis := miniredis.RunT(t)
	return &Server{
		Address: redis.Addr(),
		kill:    redis.Close,
		start: func() {
			if err := redis.Restart(); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func waitFor(t testing.TB, address string) {
	t.Helper()
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			return
		}
	}
	t.Fatalf("redis did not listen on %s within %s", address, startTimeout)
}
