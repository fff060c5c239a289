package region

import (
	"context"
	"errors"
	"fmt"
	"os"

	"twinstack.dev/platform/internal/layout"
)

// Down removes a region and everything of it, however much of it there is.
func Down(ctx context.Context, deps Deps, r layout.Region) error {
	c := newCluster(deps, r)
	if err := errors.Join(deps.Links.Detach(ctx, r), c.clear(ctx)); err != nil {
		return fmt.Errorf("region %s: %w", r.Name, err)
	}
	for _, name := range daemonNames(r) {
		if err := os.RemoveAll(deps.Supervisor.LogFile(name)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(c.paths.State); err != nil {
		return err
	}
	all, err := readKubeconfig(deps.Layout.Kubeconfig())
	if err != nil {
		return err
	}
	rest := all.without(r.Context())
	if len(rest.Contexts) == 0 {
		return os.RemoveAll(deps.Layout.Kubeconfig())
	}
	return rest.write(deps.Layout.Kubeconfig())
}
