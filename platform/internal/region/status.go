package region

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/supervise"
)

// checkTimeout bounds one check: what hangs isn't well.
const checkTimeout = 5 * time.Second

// Check is one line about a region.
type Check struct {
	// Name is what was looked at, such as kube-apiserver or cluster DNS.
	Name string
	// Problem is nil when all is well.
	Problem error
}

// Status looks at a region without changing it. A region that was never made has no checks.
func Status(ctx context.Context, deps Deps, r layout.Region) ([]Check, error) {
	c := newCluster(deps, r)
	if _, err := os.Stat(c.paths.State); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if off, err := c.off(); err != nil || off {
		return []Check{{"power", fmt.Errorf("switched off; switch it on by `platform/run start %s`", r.Name)}}, err
	}
	running, err := c.running()
	if err != nil {
		return nil, err
	}
	var checks []Check
	for _, program := range programs {
		name := daemonName(r, program)
		if !slices.ContainsFunc(running, func(s supervise.Status) bool { return s.Name == name }) {
			checks = append(checks, Check{program, fmt.Errorf("doesn't run; see %s", deps.Supervisor.LogFile(name))})
			continue
		}
		checks = append(checks, check(ctx, program, c.probe(program)))
	}
	return append(checks, c.contents(ctx)...), nil
}

// contents looks at what the API server tells.
func (c *cluster) contents(ctx context.Context) []Check {
	server, err := c.newAPI()
	if err != nil {
		return []Check{{"credentials", err}}
	}
	ask := func(ready func(context.Context, *api) error) supervise.Probe {
		return func(ctx context.Context) error { return ready(ctx, server) }
	}
	checks := []Check{check(ctx, "node", ask(c.nodeReady))}
	for _, service := range c.services() {
		checks = append(checks, check(ctx, service.name, ask(service.ready)))
	}
	return checks
}

func check(ctx context.Context, name string, probe supervise.Probe) Check {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return Check{name, probe(ctx)}
}
