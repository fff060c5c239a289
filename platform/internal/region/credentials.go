package region

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"twinstack.dev/platform/internal/progress"
)

// admin names the credentials that have all rights from the start. Those that kubeadm calls admin get theirs only
// through a binding.
const admin = "super-admin"

// ensureCredentials makes the region's certificates and kubeconfigs once, and sees to it that the platform's kubeconfig
// has the region's context.
func (c *cluster) ensureCredentials(ctx context.Context, r *progress.Running) error {
	r.Done("already there")
	_, err := os.Stat(string(c.paths.Credentials))
	if errors.Is(err, fs.ErrNotExist) {
		r.Done("made")
		err = c.makeCredentials(ctx)
	}
	if err != nil {
		return err
	}
	own, err := readKubeconfig(c.paths.Credentials.Kubeconfig(admin))
	if err != nil {
		return err
	}
	all, err := readKubeconfig(c.Layout.Kubeconfig())
	if err != nil {
		return err
	}
	merged, err := all.with(c.region.Context(), own)
	if err != nil {
		return err
	}
	return merged.write(c.Layout.Kubeconfig())
}

// makeCredentials makes them apart and moves them into their place when they are complete.
func (c *cluster) makeCredentials(ctx context.Context) error {
	kubeadm, err := c.Program("kubeadm")
	if err != nil {
		return err
	}
	version, err := output(ctx, kubeadm, "version", "--output=short")
	if err != nil {
		return err
	}
	v := c.values()
	v.KubernetesVersion = strings.TrimSpace(string(version))
	text, err := render("kubeadm.yaml", v)
	if err != nil {
		return err
	}
	config := c.paths.config("kubeadm.yaml")
	if err := replaceFile(config, text, 0o600); err != nil {
		return err
	}
	drafts := c.paths.Drafts
	if err := os.RemoveAll(string(drafts)); err != nil {
		return err
	}
	for _, arguments := range [][]string{
		{"init", "phase", "certs", "all", "--config=" + config},
		{"init", "phase", "kubeconfig", "all", "--config=" + config, "--kubeconfig-dir=" + drafts.Kubeconfigs()},
	} {
		if _, err := output(ctx, kubeadm, arguments...); err != nil {
			return err
		}
	}
	proxyConfig, err := output(ctx, kubeadm, "kubeconfig", "user", "--client-name=system:kube-proxy", "--config="+config)
	if err != nil {
		return err
	}
	if err := os.WriteFile(drafts.Kubeconfig(proxy), proxyConfig, 0o600); err != nil {
		return err
	}
	return os.Rename(string(drafts), string(c.paths.Credentials))
}
