package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"twinstack.dev/services/internal/gate"
	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/lifecycle"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/operator"
	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/routes"
	"twinstack.dev/services/internal/steward"
)

const (
	shutdownWithin = 2 * time.Second
	mysqlPort      = 3306
)

func runSteward(i invocation) int {
	if len(i.args) > 0 {
		return i.wrongArguments("run")
	}
	config, err := steward.Load(i.lookup)
	if err != nil {
		fmt.Fprintln(i.stderr, err)
		return exitUsage
	}
	log := slog.New(slog.NewJSONHandler(i.stdout, &slog.HandlerOptions{Level: config.LogLevel}))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	log.Info("starting", "version", version, "region", config.Region, "mode", string(config.Mode), "leaseSeconds", config.Lease.Duration.Seconds())
	if err := serve(config, i.lookup, log, signals); err != nil {
		log.Error("stopped", "error", err.Error())
		return exitFailed
	}
	log.Info("stopped")
	return exitOK
}

// serve wires the steward and runs it until a signal ends it. It gives nothing up: the next process takes over its keys.
func serve(config steward.Config, lookup func(string) (string, bool), log *slog.Logger, signals <-chan os.Signal) error {
	store, err := dialQuorum(config)
	if err != nil {
		return err
	}
	defer store.Close()
	parts := steward.Parts{Store: store, Clock: lease.Clock, Log: log}
	// Only voters of the stack's own have a leader that could be moved.
	parts.Leader, _ = store.(steward.Leader)
	connect := connectMembers
	if config.DatabaseKind == steward.Aurora {
		connect = connectAurora
	}
	end, err := connect(config, &parts)
	if err != nil {
		return err
	}
	defer end()
	if config.Namespace != "" {
		if parts.Routes, err = route(config, lookup); err != nil {
			return err
		}
	}
	s := steward.New(config, parts)
	ctx, cancel := context.WithCancel(context.Background())
	var deciding sync.WaitGroup
	deciding.Add(1)
	go func() {
		defer deciding.Done()
		s.Run(ctx)
	}()
	defer deciding.Wait()
	defer cancel()
	life := lifecycle.Lifecycle{Shutdown: shutdownWithin, OnDrain: cancel, Log: log}
	return life.Run(signals, &lifecycle.Server{Name: "public", HTTP: s.Server()})
}

// quorumStore is a store that ends with the process.
type quorumStore interface {
	operator.Store
	Close()
}

func dialQuorum(config steward.Config) (quorumStore, error) {
	if config.QuorumKind == steward.Dynamodb {
		return quorum.OpenTable(context.Background(), quorum.TableConfig{
			Table: config.QuorumTable, Region: config.AwsRegion, Prefix: config.QuorumPrefix,
			Request: config.Lease.RequestTimeout(), Clock: lease.Clock,
		})
	}
	return dialEtcd(config)
}

func dialEtcd(config steward.Config) (*quorum.Etcd, error) {
	trust, err := mysql.TrustIn(config.TrustDirectory).Client("")
	if err != nil {
		return nil, err
	}
	// The files are read for every connection, since a renewal changes them under a running process.
	trust.Certificates = nil
	trust.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		fresh, err := mysql.TrustIn(config.TrustDirectory).Client("")
		if err != nil {
			return nil, err
		}
		return &fresh.Certificates[0], nil
	}
	return quorum.Dial(quorum.Config{
		Endpoints: config.QuorumEndpoints, Prefix: config.QuorumPrefix, Request: config.Lease.RequestTimeout(), Trust: trust,
	})
}

// connectMembers makes clients of the guard and of the databases; end closes them.
func connectMembers(config steward.Config, parts *steward.Parts) (end func(), err error) {
	account, err := mysql.ReadCredentials(filepath.Join(config.AccountsDirectory, "steward"))
	if err != nil {
		return nil, err
	}
	replication, err := mysql.ReadCredentials(filepath.Join(config.AccountsDirectory, "replication"))
	if err != nil {
		return nil, err
	}
	trust := mysql.TrustIn(config.TrustDirectory)
	if parts.Guard, err = guard.NewClient(guard.ClientConfig{URL: config.GuardURL, Trust: trust}); err != nil {
		return nil, err
	}
	var members []*mysql.Member
	member := func(host string, port int, name string) (*mysql.Member, error) {
		m, err := mysql.NewMember(mysql.Config{
			Address: net.JoinHostPort(host, fmt.Sprint(port)), ServerName: name, Account: account, Replication: replication, Trust: trust,
		})
		if err == nil {
			members = append(members, m)
		}
		return m, err
	}
	if parts.Database, err = member(config.DatabaseHost, config.DatabasePort, config.DatabaseMember); err != nil {
		return nil, err
	}
	parts.Peers = map[string]steward.Database{}
	for _, one := range config.Regions {
		if one.Name == config.Region {
			continue
		}
		host := steward.MemberHost(one.Name)
		if parts.Peers[one.Name], err = member(host, one.DatabasePort, host); err != nil {
			return nil, err
		}
	}
	return func() {
		for _, m := range members {
			// Connections end with the process.
			_ = m.Close()
		}
	}, nil
}

func route(config steward.Config, lookup func(string) (string, bool)) (steward.Routes, error) {
	cluster, err := routes.InPod(lookup, config.Namespace)
	if err != nil {
		return nil, err
	}
	if config.DatabaseKind == steward.Aurora {
		return routes.NewToGate(routes.Gate{
			Region: config.Region, Address: config.PodIP, Writer: gate.WriterPort, Forward: gate.ForwardPort, Reader: gate.ReaderPort,
		}, cluster), nil
	}
	peers := map[string]routes.Target{}
	for _, one := range config.Regions {
		peers[one.Name] = routes.Target{Address: one.Address, Port: one.DatabasePort}
	}
	return routes.New(routes.Config{
		Region: config.Region, LocalHost: config.DatabaseHost, LocalPort: mysqlPort, Peers: peers,
	}, cluster), nil
}
