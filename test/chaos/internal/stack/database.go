package stack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// databasePatience bounds connecting, and any answer of a database.
const databasePatience = 5 * time.Second

// Account is a user of the databases.
type Account struct{ Username, Password string }

// Account reads an account from its Secret, which each region has.
func (s Stack) Account(ctx context.Context, name string) (Account, error) {
	var failures []error
	for _, region := range s.Regions {
		var secret struct{ Data map[string]string }
		err := s.kubectlJSON(ctx, region.Name, &secret, "get", "secret", "database-"+name)
		if err == nil {
			username, err := base64.StdEncoding.DecodeString(secret.Data["username"])
			if err != nil {
				return Account{}, err
			}
			password, err := base64.StdEncoding.DecodeString(secret.Data["password"])
			return Account{string(username), string(password)}, err
		}
		failures = append(failures, err)
	}
	return Account{}, errors.Join(failures...)
}

// Authority is who signed the databases' certificates, in PEM.
func (s Stack) Authority(ctx context.Context) (string, error) {
	var failures []error
	for _, region := range s.Regions {
		var found struct{ Data map[string]string }
		err := s.kubectlJSON(ctx, region.Name, &found, "get", "configmap", "database-authority")
		if err == nil {
			return found.Data["ca.crt"], nil
		}
		failures = append(failures, err)
	}
	return "", errors.Join(failures...)
}

// Database returns a region's own database, by its node's address: no steward, DNS or router is between.
func (s Stack) Database(site Site, account Account, authority string) (*sql.DB, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(authority)) {
		return nil, errors.New("the databases' authority has no certificate in PEM")
	}
	config := mysql.NewConfig()
	config.User, config.Passwd = account.Username, account.Password
	config.Net, config.Addr = "tcp", net.JoinHostPort(site.Address, strconv.Itoa(s.DatabasePort))
	config.TLS = &tls.Config{RootCAs: roots, ServerName: "database-" + site.Name + "-0", MinVersion: tls.VersionTLS13}
	config.Timeout, config.ReadTimeout, config.WriteTimeout = databasePatience, databasePatience, databasePatience
	config.InterpolateParams = true
	config.Params = map[string]string{"innodb_lock_wait_timeout": "1"}
	config.Logger = silent{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// silent drops the driver's own words: errors are returned too.
type silent struct{}

func (silent) Print(...any) {}

// Books is what a member has of the ledger.
type Books struct {
	// IDs are the transfers of one run.
	IDs map[string]bool
	// Total is the sum of the balances of the runs' accounts.
	Total int64
	// Checksums of the schema's tables, by name.
	Checksums map[string]string
}

// ReadBooks reads a member's ledger, of the transfers those that begin with prefix.
func ReadBooks(ctx context.Context, db *sql.DB, prefix, accounts string) (Books, error) {
	b := Books{IDs: map[string]bool{}, Checksums: map[string]string{}}
	ids, err := column(ctx, db, "SELECT id FROM app.transfers WHERE id LIKE ?", prefix+"-%")
	if err != nil {
		return b, err
	}
	for _, id := range ids {
		b.IDs[id] = true
	}
	row := db.QueryRowContext(ctx, "SELECT COALESCE(SUM(balance), 0) FROM app.accounts WHERE name LIKE ?", accounts+"-%")
	if err := row.Scan(&b.Total); err != nil {
		return b, err
	}
	tables, err := column(ctx, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'app' ORDER BY 1")
	if err != nil {
		return b, err
	}
	for _, table := range tables {
		var name, sum string
		if err := db.QueryRowContext(ctx, "CHECKSUM TABLE app.`"+table+"`").Scan(&name, &sum); err != nil {
			return b, fmt.Errorf("checksum of %s: %w", table, err)
		}
		b.Checksums[name] = sum
	}
	return b, nil
}

func column(ctx context.Context, db *sql.DB, query string, arguments ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Executed is the set of transactions that a member has.
func Executed(ctx context.Context, db *sql.DB) (string, error) {
	var set string
	err := db.QueryRowContext(ctx, "SELECT @@global.gtid_executed").Scan(&set)
	return strings.ReplaceAll(set, "\n", ""), err
}

// Contains tells whether a member has a whole set of transactions.
func Contains(ctx context.Context, db *sql.DB, set string) (bool, error) {
	var contained bool
	err := db.QueryRowContext(ctx, "SELECT GTID_SUBSET(?, @@global.gtid_executed)", set).Scan(&contained)
	return contained, err
}
