// Package resolver runs the caching resolver that clients of the regions ask, as a provider's stands between clients and
// a real zone. It knows one zone, whose servers are those of the regions, and asks nobody else: no root server, and no
// other resolver of the machine, whose own resolver configuration stays as it is.
package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/sockets"
	"twinstack.dev/platform/internal/supervise"
)

// Daemon is the name of the resolver's daemon.
const Daemon = "resolver"

// Resolver is what the daemon is made from.
type Resolver struct {
	Layout     layout.Layout
	Supervisor *supervise.Supervisor
	// Mirror is the Debian mirror to take packages from.
	// @default as debian.Tree.Unpack says
	Mirror string
	// Regions are those that the machine is about to have; those it has already are asked too.
	Regions []layout.Region
}

// Step runs the resolver.
func (r Resolver) Step() progress.Step {
	return progress.Step{Title: "resolver " + layout.Resolver().String(), Run: func(ctx context.Context, running *progress.Running) error {
		program, err := unpack(ctx, running, r.Layout.Packages(), r.Mirror)
		if err != nil {
			return err
		}
		spec, err := r.spec(program)
		if err != nil {
			return err
		}
		if err := r.portFree(); err != nil {
			return err
		}
		outcome, err := r.Supervisor.Ensure(ctx, spec)
		running.Done("%s", outcome)
		return err
	}}
}

// spec writes the configuration.
func (r Resolver) spec(program program) (supervise.Spec, error) {
	folder := filepath.Join(layout.RunDir, Daemon)
	text, err := r.settings(folder).render()
	if err != nil {
		return supervise.Spec{}, err
	}
	file := filepath.Join(r.Layout.State, Daemon, "recursor.yml")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, text, 0o644),
		os.MkdirAll(folder, 0o755), os.Chown(folder, nobody, nobody)); err != nil {
		return supervise.Spec{}, err
	}
	return supervise.Spec{
		Name:        Daemon,
		Command:     program.command("--config-dir=" + filepath.Dir(file)),
		ConfigFiles: []string{file},
		Ready:       answers(layout.Resolver()),
	}, nil
}

// settings are the daemon's; folder is for its control socket.
func (r Resolver) settings(folder string) settings {
	return settings{Listen: layout.Resolver(), Clients: layout.Plan, Source: layout.ResolverSource,
		Authorities: r.authorities(), Folder: folder}
}

// authorities are the servers of all regions that serve, or will: a witness doesn't.
func (r Resolver) authorities() []netip.AddrPort {
	var all []netip.AddrPort
	for _, region := range layout.AllRegions() {
		_, err := os.Stat(r.Layout.RegionState(region))
		if !region.Witness && (err == nil || slices.Contains(r.Regions, region)) {
			all = append(all, region.Authority())
		}
	}
	return all
}

// portFree names whoever listens where the resolver is about to.
func (r Resolver) portFree() error {
	running, err := r.Supervisor.Runs(Daemon)
	if err != nil || running {
		return err
	}
	who, taken, err := sockets.Taker(layout.Resolver())
	if err != nil || !taken {
		return err
	}
	return fmt.Errorf("port %d is taken by %s; the resolver needs it on %s: stop that program or let it listen on one address only",
		layout.Resolver().Port(), who, layout.Resolver().Addr())
}
