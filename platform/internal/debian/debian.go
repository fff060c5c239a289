// Package debian unpacks packages of a Debian release, whichever distribution the machine itself runs.
package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tree says which files of a release's packages are wanted.
type Tree struct {
	// Suite is the Debian release the packages come from, such as trixie.
	Suite string
	// Installed packages are set up as on a machine, with the packages Debian calls essential.
	Installed []string
	// Extracted packages are only unpacked, with those they depend on, without a shell or anything else they don't name.
	Extracted []string
	// Without lists paths that are left out, as patterns, and With exceptions from those.
	Without, With []string
}

// Unpack writes the files into a folder that isn't there yet, or into an archive when the target ends in .tar. An empty
// mirror stands for the machine's own when it runs Debian, else for mmdebstrap's. It works in a mount namespace of its
// own, and beside the target, so that whatever ends it leaves no mount, and no file elsewhere.
func (t Tree) Unpack(ctx context.Context, mirror, target string) error {
	if mirror == "" {
		mirror = hostMirror(ctx)
	}
	cmd := exec.CommandContext(ctx, "unshare", append([]string{"--mount", "mmdebstrap"}, t.arguments(mirror, target)...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+filepath.Dir(target), "SOURCE_DATE_EPOCH=0", "LC_ALL=C.UTF-8")
	output, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	const shown = 20
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return fmt.Errorf("mmdebstrap %s: %w\n%s", t.Suite, err, strings.Join(lines[max(0, len(lines)-shown):], "\n"))
}

// arguments are mmdebstrap's.
func (t Tree) arguments(mirror, target string) []string {
	variant, packages := "essential", t.Installed
	if len(t.Extracted) > 0 {
		variant, packages = "extract", t.Extracted
	}
	arguments := []string{
		"--mode=root", "--variant=" + variant, "--skip=output/dev",
		"--keyring=/usr/share/keyrings/debian-archive-keyring.gpg",
		// A mirror may lag behind what its release file promises.
		`--aptopt=Acquire::Check-Valid-Until "false"`,
	}
	for _, pkg := range packages {
		arguments = append(arguments, "--include="+pkg)
	}
	for _, pattern := range t.Without {
		arguments = append(arguments, "--dpkgopt=path-exclude="+pattern)
	}
	for _, pattern := range t.With {
		arguments = append(arguments, "--dpkgopt=path-include="+pattern)
	}
	arguments = append(arguments, t.Suite, target)
	if mirror != "" {
		arguments = append(arguments, mirror)
	}
	return arguments
}

// hostMirror is where a Debian machine gets its own packages, and "" on others or without package lists.
func hostMirror(ctx context.Context) string {
	output, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(SITE)",
		"Origin: Debian", "Label: Debian", "Created-By: Packages").Output()
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(output), "\n")
	return strings.TrimSpace(first)
}
