// Command handshake tells whether Go's crypto/tls accepts an authority, a server and a client made by the tls plugin: it
// reads them as JSON from stdin, lets client and server meet, each showing its certificate, and prints whom each one saw.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
)

type identity struct {
	Certificate, Key string
}

type meeting struct {
	Authority      string
	Server, Client identity
	// Name is what the client calls the server.
	Name string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var m meeting
	if err := json.NewDecoder(os.Stdin).Decode(&m); err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(m.Authority)) {
		return errors.New("no authority")
	}
	server, err := tls.X509KeyPair([]byte(m.Server.Certificate), []byte(m.Server.Key))
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	client, err := tls.X509KeyPair([]byte(m.Client.Certificate), []byte(m.Client.Key))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return meet(
		&tls.Config{Certificates: []tls.Certificate{server}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert},
		&tls.Config{Certificates: []tls.Certificate{client}, RootCAs: pool, ServerName: m.Name},
	)
}

func meet(server, client *tls.Config) error {
	there, here := net.Pipe()
	defer there.Close()
	defer here.Close()
	serving := tls.Server(there, server)
	calling := tls.Client(here, client)
	served := make(chan error, 1)
	go func() {
		err := serving.Handshake()
		if err != nil {
			there.Close()
		}
		served <- err
	}()
	called := calling.Handshake()
	if called != nil {
		here.Close()
	}
	if err := errors.Join(called, <-served); err != nil {
		return err
	}
	fmt.Println(calling.ConnectionState().PeerCertificates[0].Subject, serving.ConnectionState().PeerCertificates[0].Subject)
	return nil
}
