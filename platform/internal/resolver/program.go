package resolver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"twinstack.dev/platform/internal/debian"
	"twinstack.dev/platform/internal/progress"
)

// packages are the resolver's. They come from one release on every machine, because the resolver's configuration isn't
// the same from one version to the next, and aren't installed, because then they would be a service of the machine.
var packages = debian.Tree{Suite: "trixie", Extracted: []string{"pdns-recursor"},
	Without: []string{"/usr/share/*", "/usr/bin/*", "/usr/sbin/*", "/usr/lib/*/gconv/*", "/usr/lib/*/perl*", "/etc/*", "/var/*"},
	With:    []string{"/usr/sbin/pdns_recursor"}}

// program is a program that doesn't use the machine's libraries.
type program struct {
	// loader runs path with the libraries in the loader's own folder.
	loader, path string
}

// command runs the program with arguments.
func (p program) command(arguments ...string) []string {
	return append([]string{p.loader, "--library-path", filepath.Dir(p.loader), "--argv0", p.path, p.path}, arguments...)
}

// unpack makes sure that the resolver's program is in the cache.
func unpack(ctx context.Context, running *progress.Running, cache, mirror string) (program, error) {
	folder, err := packagesFolder(cache)
	if err != nil {
		return program{}, err
	}
	if _, err := os.Stat(folder); err == nil {
		return find(folder)
	}
	running.Doing("unpacking pdns-recursor")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return program{}, err
	}
	temporary, err := os.MkdirTemp(cache, ".unpacking-")
	if err != nil {
		return program{}, err
	}
	defer os.RemoveAll(temporary)
	tree := filepath.Join(temporary, "tree")
	if err := packages.Unpack(ctx, mirror, tree); err != nil {
		return program{}, err
	}
	if err := try(ctx, tree); err != nil {
		return program{}, err
	}
	if err := os.Rename(tree, folder); err != nil {
		return program{}, err
	}
	return find(folder)
}

// try starts the program once, so that a set of packages that lacks a library is never kept.
func try(ctx context.Context, folder string) error {
	program, err := find(folder)
	if err != nil {
		return err
	}
	command := program.command("--version")
	if output, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("pdns_recursor --version: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// packagesFolder is where the packages are unpacked; it changes with what is wanted of them.
func packagesFolder(cache string) (string, error) {
	text, err := json.Marshal(packages)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(text)
	return filepath.Join(cache, "resolver-"+hex.EncodeToString(digest[:])[:16]), nil
}

// find finds the program in the folder of its packages. The name of the libraries' folder tells the processor.
func find(folder string) (program, error) {
	pattern := filepath.Join(folder, "usr", "lib", "*", "ld-linux-*.so.*")
	loaders, err := filepath.Glob(pattern)
	if err != nil {
		return program{}, err
	}
	if len(loaders) != 1 {
		return program{}, fmt.Errorf("%s matches %d files; must match one: remove %s to have it made anew", pattern, len(loaders), folder)
	}
	return program{loader: loaders[0], path: filepath.Join(folder, "usr", "sbin", "pdns_recursor")}, nil
}
