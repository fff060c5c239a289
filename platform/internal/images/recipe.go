// Package images assembles the base images from Debian packages and pushes them to the machine's registry.
package images

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	"twinstack.dev/platform/internal/layout"
)

// Recipe says what a base image is made of, beside the files in platform/images/<name>.
type Recipe struct {
	// Name and Tag name the image: base/<name>:<tag>.
	Name, Tag string
	// Suite is the Debian release the packages come from; without one the image has no packages.
	Suite string
	// Installed packages are set up as on a machine, with the packages Debian calls essential.
	Installed []string
	// Extracted packages are only unpacked, without a shell or anything else they don't name.
	Extracted []string
	// Without lists paths that are left out, as patterns, and With exceptions from those.
	Without, With []string
	// Source is the folder of a Go program, relative to platform/, that is added under the image's name.
	Source string
	// Built says that the toolchain's program of the image's name is added.
	Built bool
}

// documentation is never read in a container.
var documentation = []string{"/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*",
	"/usr/share/lintian/*"}

// extras are what packages bring along that neither server needs.
var extras = append([]string{"/usr/lib/*/gconv/*", "/usr/share/perl5/*", "/usr/lib/systemd/*", "/usr/lib/*/systemd/*",
	"/etc/systemd/*", "/etc/init.d/*", "/usr/bin/*ctl", "/usr/sbin/*-reconfigure", "/usr/bin/debconf*", "/usr/bin/systemd-*"},
	documentation...)

// Images that a cluster runs for itself.
var (
	Pause         = Recipe{Name: "pause", Tag: "1", Source: "images/pause"}
	CoreDNS       = Recipe{Name: "coredns", Tag: "1", Built: true}
	MetricsServer = Recipe{Name: "metrics-server", Tag: "1", Built: true}
)

// Bases are what the stack builds its images from.
var Bases = []Recipe{
	{Name: "nginx", Tag: "sid", Suite: "sid", Extracted: []string{"base-files", "coreutils", "dash", "nginx"},
		Without: append([]string{"/etc/nginx/*"}, extras...), With: []string{"/etc/nginx/mime.types"}},
	{Name: "valkey", Tag: "sid", Suite: "sid", Extracted: []string{"base-files", "valkey-server"}, Without: extras},
	{Name: "go", Tag: "trixie", Suite: "trixie", Installed: []string{"golang-go", "ca-certificates"},
		Without: append([]string{"/usr/share/go-*/test/*"}, documentation...)},
}

// Repository is the image's name within the registry.
func (r Recipe) Repository() string { return "base/" + r.Name }

// Reference is the image's full name.
func (r Recipe) Reference() string { return layout.Registry() + "/" + r.Repository() + ":" + r.Tag }

// files are all files that go into the image beside its packages, in order.
func (r Recipe) files(l layout.Layout) ([]string, error) {
	return filepath.Glob(filepath.Join(l.ImageSource(r.Name), "*"))
}

// key changes with whatever the image is made of; program is the path of the program that the toolchain built, which
// has the key of its build in it. Newer packages in Debian don't change it: an image stays as it is
// until its recipe changes or the registry's storage is removed from the cache.
func (r Recipe) key(l layout.Layout, program string) (string, error) {
	files, err := r.files(l)
	if err != nil {
		return "", err
	}
	contents := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		contents[filepath.Base(file)] = string(text)
	}
	text, err := json.Marshal([]any{r, program, contents})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:16], nil
}

// debootstrap are the arguments for mmdebstrap that write the packages' files as an archive.
func (r Recipe) debootstrap(mirror, archive string) []string {
	variant, packages := "essential", r.Installed
	if len(r.Extracted) > 0 {
		variant, packages = "extract", r.Extracted
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
	for _, pattern := range r.Without {
		arguments = append(arguments, "--dpkgopt=path-exclude="+pattern)
	}
	for _, pattern := range r.With {
		arguments = append(arguments, "--dpkgopt=path-include="+pattern)
	}
	arguments = append(arguments, r.Suite, archive)
	if mirror != "" {
		arguments = append(arguments, mirror)
	}
	return arguments
}
