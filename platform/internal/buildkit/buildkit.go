// Package buildkit runs the daemon that builds container images.
package buildkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/supervise"
)

// Daemon is the name of BuildKit's daemon.
const Daemon = "buildkitd"

// cacheBytes bounds the build cache.
const cacheBytes = 10 << 30

// The containers of a build use the machine's own network: no bridge and no iptables rule is made for them.
var config = template.Must(template.New("buildkitd").Parse(`root = "{{.Root}}"

[grpc]
  address = ["unix://{{.Socket}}"]

[worker.containerd]
  enabled = false

[worker.oci]
  enabled = true
  snapshotter = "overlayfs"
  networkMode = "host"
  defaultCgroupParent = "{{.Cgroup}}"
  gc = true
  reservedSpace = {{.CacheBytes}}
  maxUsedSpace = {{.CacheBytes}}

[cdi]
  disabled = true

[registry."{{.Registry}}"]
  http = true
`))

// Step runs the daemon.
func Step(l layout.Layout, supervisor *supervise.Supervisor, program func(string) (string, error)) progress.Step {
	return progress.Step{Title: "image builder", Run: func(ctx context.Context, r *progress.Running) error {
		spec, err := newSpec(l, program)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(layout.RunDir, 0o755); err != nil {
			return err
		}
		outcome, err := supervisor.Ensure(ctx, spec)
		r.Done("%s", outcome)
		return err
	}}
}

// newSpec writes the configuration.
func newSpec(l layout.Layout, program func(string) (string, error)) (supervise.Spec, error) {
	var paths []string
	for _, name := range []string{"buildkitd", "buildctl", "runc"} {
		path, err := program(name)
		if err != nil {
			return supervise.Spec{}, err
		}
		paths = append(paths, path)
	}
	daemon, client, runc := paths[0], paths[1], paths[2]
	var text bytes.Buffer
	if err := config.Execute(&text, map[string]any{
		"Root": l.BuildkitRoot(), "Socket": l.BuildkitSocket(), "Cgroup": layout.CgroupRoot + "/buildkit",
		"CacheBytes": cacheBytes, "Registry": layout.Registry(),
	}); err != nil {
		return supervise.Spec{}, err
	}
	file := filepath.Join(l.State, "buildkitd.toml")
	if err := errors.Join(os.MkdirAll(l.State, 0o755), os.WriteFile(file, text.Bytes(), 0o600)); err != nil {
		return supervise.Spec{}, err
	}
	return supervise.Spec{
		Name:        Daemon,
		Command:     []string{daemon, "--config", file},
		Environment: []string{"PATH=" + filepath.Dir(runc) + ":" + supervise.SystemPath, "OTEL_TRACES_EXPORTER=none"},
		ConfigFiles: []string{file},
		Ready: func(ctx context.Context) error {
			output, err := exec.CommandContext(ctx, client, "--addr", "unix://"+l.BuildkitSocket(), "debug", "workers").CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s", strings.TrimSpace(string(output)))
			}
			return nil
		},
		StopTimeout: 20 * time.Second,
	}, nil
}
