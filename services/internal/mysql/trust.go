package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// TrustFiles are the files of a certificate authority and of a certificate that it signed.
type TrustFiles struct{ CA, Cert, Key string }

// TrustIn names the files of a mounted Kubernetes TLS secret.
func TrustIn(directory string) TrustFiles {
	return TrustFiles{
		CA:   filepath.Join(directory, "ca.crt"),
		Cert: filepath.Join(directory, "tls.crt"),
		Key:  filepath.Join(directory, "tls.key"),
	}
}

// Authority reads the certificates to trust.
func (f TrustFiles) Authority() (*x509.CertPool, error) {
	text, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate; must hold the authority's in PEM; mount the trust secret there", f.CA)
	}
	return pool, nil
}

// Client returns the configuration of one new connection to serverName. The files are read anew every time, since a
// renewal changes them under a running process.
func (f TrustFiles) Client(serverName string) (*tls.Config, error) {
	authority, authorityErr := f.Authority()
	own, ownErr := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err := errors.Join(authorityErr, ownErr); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ServerName: serverName, RootCAs: authority, Certificates: []tls.Certificate{own},
	}, nil
}

// Credentials are an account of the database.
type Credentials struct{ Username, Password string }

// ReadCredentials reads the files username and password of a mounted Kubernetes secret.
func ReadCredentials(directory string) (Credentials, error) {
	username, nameErr := os.ReadFile(filepath.Join(directory, "username"))
	password, passwordErr := os.ReadFile(filepath.Join(directory, "password"))
	if err := errors.Join(nameErr, passwordErr); err != nil {
		return Credentials{}, err
	}
	c := Credentials{strings.TrimSpace(string(username)), strings.TrimSpace(string(password))}
	if c.Username == "" || c.Password == "" {
		return Credentials{}, fmt.Errorf("%s has an empty username or password; must have both; mount the account's secret there", directory)
	}
	return c, nil
}

// String keeps the password out of logs.
func (c Credentials) String() string { return c.Username }

// GoString keeps the password out of logs.
func (c Credentials) GoString() string { return c.Username }
