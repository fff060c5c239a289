package pulumi

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/toolchain"
)

// Step puts what was found in the checkout's own PULUMI_HOME, and stand-ins for what wasn't.
func (f Found) Step(l layout.Layout) progress.Step {
	return progress.Step{Title: "Pulumi plugins", Run: func(ctx context.Context, r *progress.Running) error {
		if f.Command != "" {
			if err := toolchain.Link(f.Command, filepath.Join(l.LocalBin(), "pulumi")); err != nil {
				return err
			}
		}
		for _, name := range names() {
			if err := f.place(l, name); err != nil {
				return err
			}
		}
		missing := f.Missing()
		if len(missing) == 0 {
			r.Done("official")
			return nil
		}
		r.Doing("bundling stand-ins")
		r.Done("stand-ins bundled")
		return bundle(ctx, l, missing)
	}}
}

// place makes room for a stand-in, or links the official provider. Official language hosts are found beside pulumi.
func (f Found) place(l layout.Layout, name string) error {
	folders, err := filepath.Glob(filepath.Join(l.LocalPlugins(), name+"-v*"))
	if err != nil {
		return err
	}
	official := f.Plugins[name]
	for _, folder := range folders {
		linked, err := isLinked(folder)
		if err != nil {
			return err
		}
		// A stand-in in the official one's place, or links to an official one that is no longer there.
		if linked == (official == "") {
			if err := os.RemoveAll(folder); err != nil {
				return err
			}
		}
	}
	if official == "" || !slices.Contains(providers, strings.TrimPrefix(name, "resource-")) {
		return nil
	}
	return linkPlugin(official, filepath.Join(l.LocalPlugins(), filepath.Base(official)))
}

// isLinked reports whether a plugin's folder holds links, as linkPlugin makes them.
func isLinked(folder string) (bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Type()&os.ModeSymlink != 0 }), nil
}

// linkPlugin links the files of a plugin one by one: Pulumi passes over folders that are links.
func linkPlugin(source, target string) error {
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := toolchain.Link(filepath.Join(source, entry.Name()), filepath.Join(target, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// bundle builds stand-ins from the checkout's source; nothing is written when nothing changed.
func bundle(ctx context.Context, l layout.Layout, names []string) error {
	if _, err := os.Stat(filepath.Join(l.Checkout, "node_modules")); err != nil {
		return fmt.Errorf("node_modules is missing in %s; install the Node packages by `make deps`", l.Checkout)
	}
	arguments := append([]string{"platform/plugins/build.mjs", "--out", l.LocalPlugins()}, names...)
	cmd := exec.CommandContext(ctx, "node", arguments...)
	cmd.Dir = l.Checkout
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("node %s: %w\n%s", strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}
