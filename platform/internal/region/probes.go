package region

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os/exec"
	"strings"
	"time"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/supervise"
)

const pollInterval = 200 * time.Millisecond

// local reaches the region's own health pages, whose daemons sign their certificates themselves.
var local = &http.Client{Transport: &http.Transport{
	TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
	DisableKeepAlives: true,
}}

// url is that of a page on the region's node.
func (c *cluster) url(scheme string, port uint16, path string) string {
	return scheme + "://" + netip.AddrPortFrom(c.region.Node.Addr(), port).String() + path
}

// probe tells when a daemon can be used.
func (c *cluster) probe(program string) supervise.Probe {
	switch program {
	case etcd:
		return page(local, c.url("http", etcdMetricsPort, "/health"))
	case containerd:
		return c.containerdAnswers
	case controllerManager:
		return page(local, c.url("https", controllerManagerPort, "/healthz"))
	case scheduler:
		return page(local, c.url("https", schedulerPort, "/healthz"))
	case kubelet:
		return page(local, c.url("http", kubeletHealthPort, "/healthz"))
	case proxy:
		return page(local, c.url("http", proxyHealthPort, "/healthz"))
	case volumes:
		return page(local, c.url("http", storagePort, "/healthz"))
	default:
		return page(local, c.url("https", layout.APIServerPort, "/readyz"))
	}
}

// page is ready when a page answers that all is well.
func page(client *http.Client, url string) supervise.Probe {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}

// containerdAnswers asks containerd for its version; its socket shows only inside of the region.
func (c *cluster) containerdAnswers(ctx context.Context) error {
	nsenter, err := c.Program("nsenter")
	if err != nil {
		return err
	}
	ctr, err := c.Program("ctr")
	if err != nil {
		return err
	}
	_, err = output(ctx, nsenter, "--mount="+c.paths.MountNamespace, "--", ctr, "--address", containerdSocket, "version")
	return err
}

// output runs a program and returns what it prints; when it fails, that is part of the error.
func output(ctx context.Context, program string, arguments ...string) ([]byte, error) {
	var printed, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Stdout, cmd.Stderr = &printed, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", program, strings.Join(arguments, " "), err, strings.TrimSpace(complaint.String()))
	}
	return printed.Bytes(), nil
}

// await polls until check finds nothing to wait for any more.
func await(ctx context.Context, limit time.Duration, check func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var reason error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			reason = err
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) && reason != nil {
				return fmt.Errorf("not ready after %s: %w", limit, reason)
			}
			return ctx.Err()
		case <-time.After(pollInterval):
		}
	}
}
