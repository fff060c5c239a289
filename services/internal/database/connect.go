// Package database is a client of a replicated MySQL that has one writer and, near by, a reader. Both are names that
// somebody else points at other servers while the process runs: connections are short-lived, and dropped as soon as
// one of them shows that its server is no longer the right one.
package database

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	// maxDial bounds connecting to a server that is gone without a trace.
	maxDial = time.Second
	// maxLifetime bounds how long a connection may stay with a server that the name no longer leads to.
	maxLifetime = 10 * time.Second
)

// Settings say where one side of the database is and who asks.
type Settings struct {
	// Address is a host:port; the host must be one that the server's certificate is for.
	Address string
	// Schema holds the tables.
	Schema string
	// UsernameFile and PasswordFile are read for every connection, so that a new password needs no restart.
	UsernameFile string
	PasswordFile string
	// CAFile is the PEM file of who signs the servers' certificates; read for every connection as well.
	CAFile string
	// ServerName is the name in the servers' certificates; the host of Address if empty.
	ServerName string
	// Session is variables that every session sets first, as name=value separated by commas.
	Session string
	// Budget bounds every exchange with the server.
	Budget time.Duration
	// Connections is how many there may be at once.
	Connections int
}

// Connect returns a pool that connects when first needed. It fails only if a file that it names can't be used.
func (s Settings) Connect() (*sql.DB, error) { return s.connect(nil) }

// connectWriter is Connect for transactions. READ COMMITTED, since nothing here reads twice and the default would lock
// gaps between rows. A lock is waited for as long as the caller waits, in whole seconds. A client that is cut off in a
// transaction keeps its locks until the server misses it, which by default it does after hours.
func (s Settings) connectWriter() (*sql.DB, error) {
	wait := int(math.Ceil(s.Budget.Seconds()))
	db, err := s.connect(map[string]string{
		"transaction_isolation": "'READ-COMMITTED'", "innodb_lock_wait_timeout": strconv.Itoa(wait), "wait_timeout": strconv.Itoa(wait + 1),
	})
	if err == nil {
		// Before the server closes them. One that it has closed is noticed before it is used, and costs a new one.
		db.SetConnMaxIdleTime(s.Budget)
	}
	return db, err
}

func (s Settings) connect(session map[string]string) (*sql.DB, error) {
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", s.Address, s.Schema
	config.Timeout, config.ReadTimeout, config.WriteTimeout = min(maxDial, s.Budget), s.Budget, s.Budget
	// A prepared statement costs a round trip, which to the writer may be one to another region.
	config.InterpolateParams = true
	// A server that refuses to write has been relieved: the driver closes the connection and reports driver.ErrBadConn.
	config.RejectReadOnly = true
	// What fails is returned; the driver's own lines would say it a second time, in another format.
	config.Logger = &mysql.NopLogger{}
	config.Params = s.variables(session)
	if err := s.authenticate(config); err != nil {
		return nil, err
	}
	renew := func(_ context.Context, config *mysql.Config) error { return s.authenticate(config) }
	if err := config.Apply(mysql.BeforeConnect(renew)); err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(s.Connections)
	db.SetMaxIdleConns(s.Connections)
	db.SetConnMaxLifetime(maxLifetime)
	return db, nil
}

// variables adds those of Session, which win over ours.
func (s Settings) variables(ours map[string]string) map[string]string {
	all := maps.Clone(ours)
	for one := range strings.SplitSeq(s.Session, ",") {
		name, value, given := strings.Cut(one, "=")
		if !given {
			continue
		}
		if all == nil {
			all = map[string]string{}
		}
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			value = "'" + value + "'"
		}
		all[name] = value
	}
	return all
}

// handsOn tells whether the servers hand writes on to another one, which a session asks for by this variable. They are
// read-only themselves.
func (s Settings) handsOn() bool { return s.variables(nil)["aurora_replica_read_consistency"] != "" }

// authenticate reads who this is and whom to trust.
func (s Settings) authenticate(config *mysql.Config) error {
	username, err := readLine(s.UsernameFile)
	if err != nil {
		return err
	}
	password, err := readLine(s.PasswordFile)
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate; must be a PEM file of the database's certificate authority", s.CAFile)
	}
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	config.User, config.Passwd = username, password
	config.TLS = &tls.Config{RootCAs: authorities, ServerName: cmp.Or(s.ServerName, host), MinVersion: tls.VersionTLS12}
	return nil
}

func readLine(path string) (string, error) {
	content, err := os.ReadFile(path)
	return strings.TrimRight(string(content), "\r\n"), err
}
