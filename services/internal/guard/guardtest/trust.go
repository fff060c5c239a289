package guardtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"twinstack.dev/services/internal/mysql"
)

// Authority signs certificates for tests.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority returns one that nothing else trusts.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	return &Authority{key: newKey(t), certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "guardtest"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(24 * time.Hour),
	}}
}

// Issue writes a certificate for name, and for this machine, into a new folder as a Kubernetes TLS secret would.
func (a *Authority) Issue(t testing.TB, name string) (directory string) {
	t.Helper()
	directory = t.TempDir()
	a.IssueInto(t, directory, name)
	return directory
}

// IssueInto does the same in a folder that exists, and replaces what is there.
func (a *Authority) IssueInto(t testing.TB, directory, name string) {
	t.Helper()
	key := newKey(t)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: a.certificate.NotAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	files := mysql.TrustIn(directory)
	writePEM(t, files.CA, "CERTIFICATE", a.sign(t, a.certificate, &a.key.PublicKey))
	writePEM(t, files.Cert, "CERTIFICATE", a.sign(t, leaf, &key.PublicKey))
	writePEM(t, files.Key, "PRIVATE KEY", pkcs8)
}

func (a *Authority) sign(t testing.TB, what *x509.Certificate, public *ecdsa.PublicKey) []byte {
	t.Helper()
	signed, err := x509.CreateCertificate(rand.Reader, what, a.certificate, public, a.key)
	must(t, err)
	return signed
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func writePEM(t testing.TB, path, kind string, bytes []byte) {
	t.Helper()
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
