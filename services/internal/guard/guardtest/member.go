package guardtest

import (
	"context"
	"crypto/tls"
	"database/sql"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/mysql"
)

// Member is a mysqld under a guard, with clients for both.
type Member struct {
	*mysql.Member
	Guard    *guard.Client
	Source   mysql.Source
	Settings guard.Settings
	// Directory holds the data directory, the socket and what the guard keeps.
	Directory string

	stack *Stack
	ended chan struct{}
}

func (m *Member) connect(admin int) {
	t := m.stack.t
	t.Helper()
	var err error
	m.Guard, err = guard.NewClient(guard.ClientConfig{URL: "https://" + m.Settings.ListenAddress, Trust: mysql.TrustIn(m.stack.Steward)})
	must(t, err)
	steward, err := mysql.ReadCredentials(filepath.Join(m.stack.Accounts, "steward"))
	must(t, err)
	replication, err := mysql.ReadCredentials(filepath.Join(m.stack.Accounts, "replication"))
	must(t, err)
	m.Member, err = mysql.NewMember(mysql.Config{
		Address: net.JoinHostPort(host, strconv.Itoa(admin)), Account: steward, Replication: replication,
		Trust: mysql.TrustIn(m.stack.Steward), ServerTrust: mysql.TrustIn(m.Settings.TrustDirectory),
	})
	must(t, err)
	t.Cleanup(func() { _ = m.Member.Close() })
}

// Run starts the guard in this process. It is stopped with the test.
func (m *Member) Run() {
	t := m.stack.t
	ctx, cancel := context.WithCancel(context.Background())
	m.ended = make(chan struct{})
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("member", m.Settings.ServerID)
	go func() {
		defer close(m.ended)
		if err := guard.New(m.Settings, "test", log).Run(ctx); err != nil {
			t.Errorf("guard: %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-m.ended
	})
}

// AwaitRunning waits until mysqld answers its guard.
func (m *Member) AwaitRunning() guard.State {
	m.stack.t.Helper()
	var state guard.State
	Eventually(m.stack.t, "mysqld runs", func(ctx context.Context) (done bool, err error) {
		select {
		case <-m.ended: // Never, where the guard is a process of its own.
			m.stack.t.Fatal("the guard has ended")
		default:
		}
		state, err = m.Guard.State(ctx)
		return state.Running, err
	})
	return state
}

// Open opens the member for so long.
func (m *Member) Open(epoch int64, duration time.Duration) guard.State {
	t := m.stack.t
	t.Helper()
	state := m.AwaitRunning()
	must(t, m.Guard.Open(Deadline(t), state.BootID, epoch, state.Clock+duration))
	return state
}

// RenewTrust replaces the certificate of mysqld and guard by another one of the same authority.
func (m *Member) RenewTrust() {
	m.stack.t.Helper()
	m.stack.authority.IssueInto(m.stack.t, m.Settings.TrustDirectory, host)
}

// Certificate returns the serial number of the certificate that mysqld shows to a new client.
func (m *Member) Certificate() (serial string) {
	m.stack.t.Helper()
	pool := m.client("app", func(state tls.ConnectionState) error {
		serial = state.PeerCertificates[0].SerialNumber.String()
		return nil
	})
	defer pool.Close()
	must(m.stack.t, pool.PingContext(Deadline(m.stack.t)))
	return serial
}

// Client returns connections of one of the accounts, by the port that clients use.
func (m *Member) Client(account string) *sql.DB {
	m.stack.t.Helper()
	return m.client(account, nil)
}

func (m *Member) client(account string, look func(tls.ConnectionState) error) *sql.DB {
	t := m.stack.t
	t.Helper()
	credentials, err := mysql.ReadCredentials(filepath.Join(m.stack.Accounts, account))
	must(t, err)
	settings := driver.NewConfig()
	settings.Net, settings.Addr, settings.Logger = "tcp", m.Source.String(), &driver.NopLogger{}
	settings.User, settings.Passwd = credentials.Username, credentials.Password
	settings.TLS, err = mysql.TrustIn(m.stack.Steward).Client(host)
	must(t, err)
	settings.TLS.VerifyConnection = look
	connector, err := driver.NewConnector(settings)
	must(t, err)
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// Local returns connections of the guard's own account.
func (m *Member) Local() *sql.DB {
	t := m.stack.t
	t.Helper()
	pool, err := sql.Open("mysql", "guard@unix("+m.Settings.SocketFile+")/")
	must(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// Now returns the member's status.
func (m *Member) Now() mysql.Status {
	m.stack.t.Helper()
	status, err := m.Status(Deadline(m.stack.t))
	must(m.stack.t, err)
	return status
}

// Kill ends mysqld without a goodbye. The guard starts it again.
func (m *Member) Kill() {
	m.stack.t.Helper()
	must(m.stack.t, syscall.Kill(m.PID(), syscall.SIGKILL))
}

// PID is mysqld's process number, as mysqld itself knows it.
func (m *Member) PID() int {
	m.stack.t.Helper()
	text, err := os.ReadFile(m.Settings.SocketFile + ".pid")
	must(m.stack.t, err)
	number, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(m.stack.t, err)
	return number
}
