package main

import (
	"context"
	"net"
	"path/filepath"
	"strconv"

	"twinstack.dev/services/internal/aurora"
	"twinstack.dev/services/internal/gate"
	"twinstack.dev/services/internal/steward"
)

// connectAurora opens the gate's ports, with the writing ones closed, and makes a client of what is behind it; end cuts
// whoever is connected.
func connectAurora(config steward.Config, parts *steward.Parts) (end func(), err error) {
	port := strconv.Itoa(mysqlPort)
	writer, reader := net.JoinHostPort(config.DatabaseHost, port), net.JoinHostPort(config.ReaderHost, port)
	server, err := aurora.Connect(aurora.Endpoints{
		Writer: writer, Reader: reader, Accounts: config.AccountsDirectory,
		CAFile: filepath.Join(config.TrustDirectory, "ca.crt"), Region: config.AwsRegion,
	})
	if err != nil {
		return nil, err
	}
	peer := config.Peer()
	cluster, err := aurora.New(context.Background(), aurora.Config{
		GlobalCluster: config.GlobalCluster, Cluster: config.Cluster, Region: config.AwsRegion, Peer: peer.Source(),
		Server: server, Clock: parts.Clock, Log: parts.Log,
	})
	if err != nil {
		return nil, err
	}
	doors, err := gate.Listen(gate.Config{
		Writer: writer, Reader: reader, Ports: [3]int{gate.WriterPort, gate.ForwardPort, gate.ReaderPort},
		Limits: gate.DefaultLimits(), Clock: parts.Clock, Log: parts.Log,
	})
	if err != nil {
		return nil, err
	}
	parts.Guard, parts.Forward, parts.Database = doors, doors, cluster
	parts.Peers = map[string]steward.Database{peer.Name: aurora.Peer{Cluster: cluster}}
	for _, door := range doors.Doors() {
		parts.Collectors = append(parts.Collectors, door)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		doors.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}, nil
}
