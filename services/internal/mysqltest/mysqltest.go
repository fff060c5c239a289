// Package mysqltest runs real MySQL servers for tests, from the tree of files that TWINSTACK_MYSQL_ROOT names (an
// unpacked image of the platform's, say). Tests that need one are skipped where there is none, and say so.
package mysqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"twinstack.dev/services/internal/nettest"
)

// RootVariable names the variable that holds the folder with usr/sbin/mysqld and its libraries.
const RootVariable = "TWINSTACK_MYSQL_ROOT"

const startTimeout = 60 * time.Second

var lastServerID atomic.Uint32

// Server is a mysqld with GTIDs and TLS that a test can kill, pause and start again.
type Server struct {
	// Address is a loopback host:port.
	Address string
	// CAFile is the authority that signed the server's certificate, which is for 127.0.0.1 and localhost; all servers of a
	// test process have the same.
	CAFile string
	// Directory holds the server's data directory (data), socket, log and certificates.
	Directory string

	t         testing.TB
	arguments []string
	command   *exec.Cmd
	ended     chan struct{}
	root      *sql.DB
}

// Start runs a server until the test ends. Arguments are mysqld's own and win over those that this package gives.
func Start(t testing.TB, arguments ...string) *Server {
	t.Helper()
	tree := os.Getenv(RootVariable)
	if tree == "" {
		t.Skip(RootVariable + " is not set; set it to a folder with usr/sbin/mysqld to run this test against a real MySQL")
	}
	// Not t.TempDir: its names are too long for a socket.
	directory, err := os.MkdirTemp("", "mysqld")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	s := &Server{Address: nettest.FreeAddress(t), Directory: directory, CAFile: filepath.Join(directory, "ca.crt"), t: t}
	writeCertificates(t, directory)
	if output, err := exec.Command("cp", "-a", template(t, tree), s.path("data")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	s.arguments = append(s.defaults(tree), arguments...)
	s.Restart()
	t.Cleanup(s.Kill)
	s.root = s.open()
	t.Cleanup(func() { _ = s.root.Close() })
	return s
}

func (s *Server) path(name string) string { return filepath.Join(s.Directory, name) }

func (s *Server) defaults(tree string) []string {
	host, port, _ := strings.Cut(s.Address, ":")
	return append(basics(tree, s.path("data")),
		"--bind-address="+host, "--port="+port, "--mysqlx=OFF",
		"--socket="+s.path("socket"), "--pid-file="+s.path("pid"), "--log-error="+s.path("log"),
		"--ssl-ca="+s.CAFile, "--ssl-cert="+s.path("tls.crt"), "--ssl-key="+s.path("tls.key"),
		"--server-id="+strconv.Itoa(int(lastServerID.Add(1))), "--gtid-mode=ON", "--enforce-gtid-consistency=ON",
		// Written to the kernel, not to the disk: as much as a killed process needs.
		"--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0",
		"--innodb-buffer-pool-size=32M", "--max-connections=100", "--skip-name-resolve", "--secure-file-priv=NULL")
}

// Root is a pool of the administrator's connections through the socket.
func (s *Server) Root() *sql.DB { return s.root }

// Exec runs statements as the administrator, on one connection.
func (s *Server) Exec(statements ...string) {
	s.t.Helper()
	connection, err := s.root.Conn(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	defer connection.Close()
	for _, statement := range statements {
		if _, err := connection.ExecContext(context.Background(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Follow makes the server a replica of source, by GTID.
func (s *Server) Follow(source *Server) {
	s.t.Helper()
	source.Exec("SET sql_log_bin = 0",
		"CREATE USER IF NOT EXISTS replication@'%' IDENTIFIED BY 'replication'",
		"GRANT REPLICATION SLAVE ON *.* TO replication@'%'")
	host, port, _ := strings.Cut(source.Address, ":")
	s.Exec(fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '%s', SOURCE_PORT = %s, SOURCE_USER = 'replication', "+
		"SOURCE_PASSWORD = 'replication', SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_SSL = 1", host, port),
		"START REPLICA")
}

// Kill ends the server without a goodbye.
func (s *Server) Kill() {
	// Killing a process that has ended is no failure here.
	_ = s.command.Process.Kill()
	<-s.ended
}

// Pause stops the server from doing anything, and its connections stay.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume continues a paused server.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// Restart starts a killed server again, at the same address and with the same data.
func (s *Server) Restart() {
	s.t.Helper()
	command, ended := exec.Command(s.arguments[0], s.arguments[1:]...), make(chan struct{})
	// A test that is itself killed leaves no server behind.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		defer close(ended)
		_ = command.Wait()
	}()
	s.command, s.ended = command, ended
	if err := s.waitUntilUp(); err != nil {
		s.Kill()
		log, _ := os.ReadFile(s.path("log"))
		s.t.Fatalf("mysqld: %v; its log:\n%s", err, log)
	}
}

func (s *Server) waitUntilUp() error {
	probe := s.open()
	defer probe.Close()
	timeout := time.After(startTimeout)
	for {
		err := probe.Ping()
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("ended before it answered")
		case <-timeout:
			return fmt.Errorf("no answer within %s: %w", startTimeout, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) open() *sql.DB {
	s.t.Helper()
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.Logger = "root", "unix", s.path("socket"), &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		s.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	// What a test sets in a session ends with it.
	db.SetMaxIdleConns(-1)
	return db
}

// basics is the command line up to where the data is. The tree's own loader runs mysqld, so that any machine's libraries do.
func basics(tree, data string) []string {
	var line []string
	if loader, _ := filepath.Glob(filepath.Join(tree, "lib*", "ld-linux-*.so.*")); len(loader) > 0 {
		libraries, _ := filepath.Glob(filepath.Join(tree, "usr", "lib", "*-linux-gnu"))
		line = append(line, loader[0], "--library-path", strings.Join(libraries, ":"))
	}
	line = append(line, filepath.Join(tree, "usr/sbin/mysqld"), "--no-defaults", "--datadir="+data,
		"--lc-messages-dir="+filepath.Join(tree, "usr/share/mysql"),
		"--character-sets-dir="+filepath.Join(tree, "usr/share/mysql/charsets"),
		"--plugin-dir="+filepath.Join(tree, "usr/lib/mysql/plugin"), "--innodb-redo-log-capacity=8M")
	if os.Geteuid() == 0 {
		line = append(line, "--user=root")
	}
	return line
}

// template is an initialised data directory, made once for each mysqld and kept in the user's cache.
func template(t testing.TB, tree string) string {
	t.Helper()
	binary, err := os.Stat(filepath.Join(tree, "usr/sbin/mysqld"))
	if err != nil {
		t.Fatalf("%s is %q; must be a folder with usr/sbin/mysqld: %v", RootVariable, tree, err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	key := fnv.New64a()
	fmt.Fprint(key, tree, binary.Size(), binary.ModTime().UnixNano())
	made := filepath.Join(cache, "twinstack", "mysqltest", strconv.FormatUint(key.Sum64(), 16))
	if _, err := os.Stat(made); err == nil {
		return made
	}
	if err := os.MkdirAll(filepath.Dir(made), 0o755); err != nil {
		t.Fatal(err)
	}
	making, err := os.MkdirTemp(filepath.Dir(made), "making")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(making)
	data := filepath.Join(making, "data")
	line := append(basics(tree, data), "--initialize-insecure")
	if output, err := exec.Command(line[0], line[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	// Each server makes an identity of its own.
	if err := os.Remove(filepath.Join(data, "auto.cnf")); err != nil {
		t.Fatal(err)
	}
	// Packages are tested side by side: whoever comes second finds it made.
	if err := os.Rename(data, made); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return made
}
