package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"twinstack.dev/platform/internal/progress"
)

// installed maps programs the platform calls to the Debian packages that bring them. None of these starts a daemon.
var installed = []struct{ program, pkg string }{
	{"ip", "iproute2"},
	{"iptables", "iptables"},
	{"conntrack", "conntrack"},
	{"modprobe", "kmod"},
	{"nsenter", "util-linux"},
	{"mount", "mount"},
	{"mkfs.ext4", "e2fsprogs"},
	{"mmdebstrap", "mmdebstrap"},
}

// keyring lets mmdebstrap check Debian's signatures on other distributions too.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// unpacked are packages of which only the programs are wanted: installed, containerd would become a service of the
// machine.
var unpacked = []string{"containerd", "runc", "containernetworking-plugins"}

// sbin holds programs that a plain user's PATH lacks.
var sbin = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// Packages gets programs from the machine's Debian packages.
type Packages struct {
	cache  string
	folder string
}

// NewPackages keeps what it unpacks below the cache folder. It also makes sure that PATH has the folders of programs
// for administrators.
func NewPackages(cache string) (*Packages, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(string(release) + strings.Join(unpacked, " ")))
	path := os.Getenv("PATH")
	for _, folder := range sbin {
		if !strings.Contains(":"+path+":", ":"+folder+":") {
			path += ":" + folder
		}
	}
	folder := filepath.Join(cache, hex.EncodeToString(digest[:])[:16])
	return &Packages{cache: cache, folder: folder}, os.Setenv("PATH", path)
}

// Step installs and unpacks what is missing.
func (p *Packages) Step() progress.Step {
	return progress.Step{Title: "Debian packages", Run: func(ctx context.Context, r *progress.Running) error {
		missing := missingPackages()
		if len(missing) > 0 {
			r.Doing("installing %s", strings.Join(missing, " "))
			if err := install(ctx, missing); err != nil {
				return err
			}
		}
		fresh, err := p.unpack(ctx, r)
		switch {
		case err != nil:
			return err
		case len(missing) > 0:
			r.Done("installed %s", strings.Join(missing, " "))
		case fresh:
			r.Done("unpacked")
		default:
			r.Done("already there")
		}
		return nil
	}}
}

// missingPackages lists the packages whose programs aren't on PATH.
func missingPackages() []string {
	var missing []string
	for _, entry := range installed {
		if _, err := exec.LookPath(entry.program); err != nil {
			missing = append(missing, entry.pkg)
		}
	}
	if _, err := os.Stat(keyring); err != nil {
		missing = append(missing, "debian-archive-keyring")
	}
	return missing
}

// install installs packages, and brings the package lists up to date only when they don't do.
func install(ctx context.Context, packages []string) error {
	arguments := append([]string{"install", "--yes", "--no-install-recommends"}, packages...)
	return refreshed(ctx, func() error { return aptGet(ctx, "", arguments...) })
}

// refreshed does what needs package lists; should it fail, once more after `apt-get update`.
func refreshed(ctx context.Context, do func() error) error {
	if do() == nil {
		return nil
	}
	if err := aptGet(ctx, "", "update"); err != nil {
		return err
	}
	return do()
}

// aptGet runs apt-get in a folder without asking anything, waiting for another one that runs.
func aptGet(ctx context.Context, folder string, arguments ...string) error {
	options := []string{"-o", "DPkg::Lock::Timeout=300", "-o", "APT::Sandbox::User=root", "--quiet"}
	return run(ctx, folder, "apt-get", append(options, arguments...)...)
}

// run runs a program; its output is the error when it fails.
func run(ctx context.Context, folder, name string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}

// unpack makes the folder with the programs of the packages that aren't installed, and reports whether it was new.
func (p *Packages) unpack(ctx context.Context, r *progress.Running) (bool, error) {
	if _, err := os.Stat(p.folder); err == nil {
		return false, nil
	}
	r.Doing("unpacking %s", strings.Join(unpacked, " "))
	if err := os.MkdirAll(p.cache, 0o755); err != nil {
		return false, err
	}
	temporary, err := os.MkdirTemp(p.cache, ".unpacking-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(temporary)
	if err := p.fetch(ctx, temporary); err != nil {
		return false, err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return false, err
	}
	return true, os.Rename(temporary, p.folder)
}

// fetch downloads the packages into a folder and unpacks them there.
func (p *Packages) fetch(ctx context.Context, folder string) error {
	err := refreshed(ctx, func() error { return aptGet(ctx, folder, append([]string{"download"}, unpacked...)...) })
	if err != nil {
		return err
	}
	archives, err := filepath.Glob(filepath.Join(folder, "*.deb"))
	if err != nil {
		return err
	}
	for _, archive := range archives {
		if err := run(ctx, folder, "dpkg-deb", "--extract", archive, folder); err != nil {
			return err
		}
		if err := os.Remove(archive); err != nil {
			return err
		}
	}
	return nil
}

// CNI is the folder of the network plugins.
func (p *Packages) CNI() string { return filepath.Join(p.folder, "usr", "lib", "cni") }

// Program is the path of a program from the packages, unpacked or installed.
func (p *Packages) Program(name string) (string, error) {
	for _, folder := range []string{"bin", "sbin"} {
		path := filepath.Join(p.folder, "usr", folder, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return exec.LookPath(name)
}
