// Package images assembles the base images from Debian packages and pushes them to the machine's registry.
package images

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"twinstack.dev/platform/internal/debian"
	"twinstack.dev/platform/internal/layout"
)

// Recipe says what a base image is made of, beside the files in platform/images/<name>.
type Recipe struct {
	// Name and Tag name the image: base/<name>:<tag>.
	Name, Tag string
	// Tree is what comes from Debian packages; without a suite the image has none.
	debian.Tree
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

// mysqlExtras are what MySQL's packages bring along that a server in a container doesn't need: most of its tools, the
// Perl that some of them are written in, messages in other languages, and plugins for clients, tracing and tests.
var mysqlExtras = []string{"/usr/bin/my*", "/usr/bin/ibd2sdi", "/usr/bin/innochecksum", "/usr/bin/perror", "/usr/bin/*perl*",
	"/usr/lib/*perl*", "/usr/share/perl/*", "/usr/lib/*/libdb-*", "/usr/lib/*/libtcmalloc_*", "/usr/share/mysql/*",
	"/usr/lib/mysql/plugin/*_client.so", "/usr/lib/mysql/plugin/*keyring*", "/usr/lib/mysql/plugin/*telemetry*",
	"/usr/lib/mysql/plugin/adt_null.so", "/usr/lib/mysql/plugin/mypluglib.so"}

// Images that a cluster runs for itself.
var (
	Pause         = Recipe{Name: "pause", Tag: "1", Source: "images/pause"}
	CoreDNS       = Recipe{Name: "coredns", Tag: "1", Built: true}
	MetricsServer = Recipe{Name: "metrics-server", Tag: "1", Built: true}
)

// Bases are what the stack builds its images from, or runs.
var Bases = []Recipe{
	{Name: "nginx", Tag: "sid", Tree: debian.Tree{Suite: "sid", Extracted: []string{"base-files", "coreutils", "dash", "nginx"},
		Without: append([]string{"/etc/nginx/*"}, extras...), With: []string{"/etc/nginx/mime.types"}}},
	{Name: "valkey", Tag: "sid", Tree: debian.Tree{Suite: "sid", Extracted: []string{"base-files", "valkey-server"}, Without: extras}},
	{Name: "mysql", Tag: "sid", Tree: debian.Tree{Suite: "sid",
		Extracted: []string{"base-files", "coreutils", "dash", "mysql-client-core", "mysql-server-core"},
		Without:   slices.Concat(mysqlExtras, extras),
		With: []string{"/usr/bin/mysql", "/usr/bin/mysqladmin", "/usr/bin/mysqlbinlog", "/usr/bin/mysqldump",
			"/usr/share/mysql/charsets/*", "/usr/share/mysql/english/*"}}},
	{Name: "etcd", Tag: "sid", Tree: debian.Tree{Suite: "sid", Extracted: []string{"base-files", "etcd-client", "etcd-server"},
		Without: extras, With: []string{"/usr/bin/etcdctl"}}},
	{Name: "powerdns", Tag: "sid", Tree: debian.Tree{Suite: "sid",
		Extracted: []string{"base-files", "coreutils", "dash", "pdns-backend-bind", "pdns-server", "pdns-tools"},
		Without:   append([]string{"/etc/powerdns/*"}, extras...)}},
	{Name: "go", Tag: "trixie", Tree: debian.Tree{Suite: "trixie", Installed: []string{"golang-go", "ca-certificates"},
		Without: append([]string{"/usr/share/go-*/test/*"}, documentation...)}},
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
