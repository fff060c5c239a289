package wan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"time"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/netspace"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/supervise"
)

// Daemon is the name under which the daemon is supervised.
const Daemon = "wan"

// Command is the platform's own command that is the daemon, without the path of its socket.
const Command = "wan"

// Step runs the daemon, joins the regions there are, and makes all links perfect.
func Step(l layout.Layout, supervisor *supervise.Supervisor) progress.Step {
	return progress.Step{Title: "links between the regions", Run: func(ctx context.Context, r *progress.Running) error {
		spec, err := newSpec(l)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(layout.RunDir, 0o755); err != nil {
			return err
		}
		outcome, err := supervisor.Ensure(ctx, spec)
		if err != nil {
			return err
		}
		r.Done("%s", outcome)
		var failures []error
		client := NewClient(l.WANSocket())
		for _, region := range layout.AllRegions() {
			if id, err := netspace.ID(region.NetnsPath()); err != nil || id == 0 {
				failures = append(failures, err)
				continue
			}
			failures = append(failures, client.Attach(ctx, region))
		}
		return errors.Join(append(failures, client.Heal(ctx))...)
	}}
}

func newSpec(l layout.Layout) (supervise.Spec, error) {
	program, err := os.Executable()
	if err != nil {
		return supervise.Spec{}, err
	}
	build, err := digest(program)
	if err != nil {
		return supervise.Spec{}, err
	}
	client := NewClient(l.WANSocket())
	return supervise.Spec{
		Name:    Daemon,
		Command: []string{program, Command, l.WANSocket()},
		// A daemon of an older build is replaced.
		Environment: []string{"TWINSTACK_BUILD=" + build},
		Ready: func(ctx context.Context) error {
			_, err := client.Links(ctx)
			return err
		},
		StopTimeout: 3 * time.Second,
	}, nil
}

// digest names the content of a file.
func digest(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
