// Package registry runs the machine's container image registry, and asks it what it has.
package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"text/template"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/sockets"
	"twinstack.dev/platform/internal/supervise"
)

// Daemon is the name of the registry's daemon.
const Daemon = "registry"

// The secret only signs upload sessions, of a registry nobody but this machine can reach.
var config = template.Must(template.New("registry").Parse(`version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: {{.Storage}}
  delete:
    enabled: true
http:
  addr: {{.Address}}
  secret: {{.Address}}
`))

// Step runs the registry.
func Step(l layout.Layout, supervisor *supervise.Supervisor, program func(string) (string, error)) progress.Step {
	return progress.Step{Title: "registry " + layout.Registry(), Run: func(ctx context.Context, r *progress.Running) error {
		binary, err := program("registry")
		if err != nil {
			return err
		}
		spec, err := newSpec(l, binary)
		if err != nil {
			return err
		}
		if err := portFree(supervisor); err != nil {
			return err
		}
		outcome, err := supervisor.Ensure(ctx, spec)
		r.Done("%s", outcome)
		return err
	}}
}

// newSpec writes the configuration.
func newSpec(l layout.Layout, binary string) (supervise.Spec, error) {
	var text bytes.Buffer
	values := struct{ Storage, Address string }{l.RegistryStorage(), layout.Registry()}
	if err := config.Execute(&text, values); err != nil {
		return supervise.Spec{}, err
	}
	file := filepath.Join(l.State, "registry.yaml")
	if err := errors.Join(os.MkdirAll(l.State, 0o755), os.WriteFile(file, text.Bytes(), 0o600)); err != nil {
		return supervise.Spec{}, err
	}
	return supervise.Spec{
		Name:        Daemon,
		Command:     []string{binary, "serve", file},
		Environment: []string{"OTEL_TRACES_EXPORTER=none"},
		ConfigFiles: []string{file},
		Ready:       Client{Address: layout.Registry()}.Ready,
	}, nil
}

// portFree names whoever listens where the registry is about to.
func portFree(supervisor *supervise.Supervisor) error {
	running, err := supervisor.Runs(Daemon)
	if err != nil || running {
		return err
	}
	who, taken, err := sockets.Taker(netip.MustParseAddrPort(layout.Registry()))
	if err != nil || !taken {
		return err
	}
	return fmt.Errorf("port %d is taken by %s; the registry needs it on %s: stop that program or let it listen on one address only",
		layout.RegistryPort, who, layout.HostAddress())
}
