package region

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/supervise"
)

const (
	nodeTimeout    = time.Minute
	serviceTimeout = 2 * time.Minute
	applyTimeout   = time.Minute
	requestTimeout = 10 * time.Second
	fieldManager   = "twinstack-platform"
)

// ensureControlPlane runs what a cluster needs before a node can join it.
func (c *cluster) ensureControlPlane(ctx context.Context, r *progress.Running) error {
	if err := c.writeConfig(); err != nil {
		return err
	}
	// The API server is ready once the roles exist without which the controller manager would give up.
	return c.ensureDaemons(ctx, r, []string{etcd, containerd}, []string{apiServer}, []string{controllerManager, scheduler})
}

// ensureNode runs what makes the region's network namespace a node of the cluster.
func (c *cluster) ensureNode(ctx context.Context, r *progress.Running) error {
	if err := c.ensureDaemons(ctx, r, []string{volumes, kubelet, proxy}); err != nil {
		return err
	}
	r.Doing("waiting for the node")
	server, err := c.newAPI()
	if err != nil {
		return err
	}
	return await(ctx, nodeTimeout, func(ctx context.Context) error { return c.nodeReady(ctx, server) })
}

// ensureDaemons runs groups of daemons, one group after the other, those of a group at once.
func (c *cluster) ensureDaemons(ctx context.Context, r *progress.Running, groups ...[]string) error {
	var changed []string
	for _, group := range groups {
		r.Doing("starting %s", strings.Join(group, ", "))
		outcomes, errs := make([]supervise.Outcome, len(group)), make([]error, len(group))
		var wait sync.WaitGroup
		for i, program := range group {
			wait.Go(func() { outcomes[i], errs[i] = c.ensureDaemon(ctx, program) })
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		for i, program := range group {
			if outcomes[i] != supervise.Running {
				changed = append(changed, program+" "+string(outcomes[i]))
			}
		}
	}
	r.Done("running")
	if len(changed) > 0 {
		r.Done("%s", strings.Join(changed, ", "))
	}
	return nil
}

func (c *cluster) ensureDaemon(ctx context.Context, program string) (supervise.Outcome, error) {
	spec, err := c.spec(program)
	if err != nil {
		return "", err
	}
	return c.Supervisor.Ensure(ctx, spec)
}

// ensureServices runs the cluster's own services and waits until they serve.
func (c *cluster) ensureServices(ctx context.Context, r *progress.Running) error {
	r.Doing("applying manifests")
	// An API server whose etcd was restarted doesn't take writes at once.
	if err := await(ctx, applyTimeout, c.apply); err != nil {
		return err
	}
	r.Done("serving")
	server, err := c.newAPI()
	if err != nil {
		return err
	}
	for _, service := range c.services() {
		r.Doing("waiting for %s", service.name)
		err := await(ctx, serviceTimeout, func(ctx context.Context) error { return service.ready(ctx, server) })
		if err != nil {
			return fmt.Errorf("%s: %w; look with: kubectl --context %s --namespace kube-system get pods,events",
				service.name, err, c.region.Context())
		}
	}
	return nil
}

// apply brings the cluster's own objects to what the manifests say, whoever changed them.
func (c *cluster) apply(ctx context.Context) error {
	kubectl, err := c.Program("kubectl")
	if err != nil {
		return err
	}
	arguments := append([]string{"apply", "--server-side", "--force-conflicts"}, flags(
		"field-manager", fieldManager,
		"request-timeout", requestTimeout.String(),
		"kubeconfig", c.paths.Credentials.Kubeconfig(admin),
		"cache-dir", c.paths.ClientCache,
	)...)
	for _, name := range c.manifests() {
		arguments = append(arguments, "--filename="+filepath.Join(c.paths.Manifests, name))
	}
	_, err = output(ctx, kubectl, arguments...)
	return err
}

// rolledOut tells whether a Deployment of the cluster's own is.
func rolledOut(name string) func(ctx context.Context, server *api) error {
	return func(ctx context.Context, server *api) error {
		var deployment object
		if err := server.get(ctx, "/apis/apps/v1/namespaces/kube-system/deployments/"+name, &deployment); err != nil {
			return err
		}
		return deployment.rolledOut()
	}
}

func (c *cluster) nodeReady(ctx context.Context, server *api) error {
	var node object
	if err := server.get(ctx, "/api/v1/nodes/"+c.region.Netns, &node); err != nil {
		return err
	}
	return node.holds("Ready")
}
