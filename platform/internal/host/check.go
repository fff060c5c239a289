// Package host looks at the machine the platform runs on, and gets what it lacks from the machine's own packages.
package host

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	gibibyte = 1 << 30
	// A machine sold with 8 GiB shows a little less: the kernel keeps some.
	leastMemory     = 7 * gibibyte
	plentyAvailable = 4 * gibibyte
	leastDisk       = 3 * gibibyte
	plentyDisk      = 12 * gibibyte
	overlayMagic    = 0x794c7630
	leastNode       = 20
)

// Facts is what the checks look at.
type Facts struct {
	UserID int
	// MemoryTotal and MemoryAvailable are in bytes.
	MemoryTotal, MemoryAvailable uint64
	// DiskFree is in bytes, on the file system of the cache.
	DiskFree uint64
	// Cache is the folder, and OnOverlay says whether it is on an overlay file system.
	Cache     string
	OnOverlay bool
	// AptGet says whether apt-get is there.
	AptGet bool
	// Node is what `node --version` says, or "".
	Node string
}

// Gather looks at the machine.
func Gather(cache string) (Facts, error) {
	facts := Facts{UserID: os.Geteuid(), Cache: cache}
	memory, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return Facts{}, err
	}
	facts.MemoryTotal, facts.MemoryAvailable = meminfo(string(memory), "MemTotal"), meminfo(string(memory), "MemAvailable")
	var disk unix.Statfs_t
	if err := unix.Statfs(existing(cache), &disk); err != nil {
		return Facts{}, fmt.Errorf("statfs %s: %w", existing(cache), err)
	}
	facts.DiskFree = disk.Bavail * uint64(disk.Bsize)
	facts.OnOverlay = disk.Type == overlayMagic
	_, err = exec.LookPath("apt-get")
	facts.AptGet = err == nil
	if version, err := exec.Command("node", "--version").Output(); err == nil {
		facts.Node = strings.TrimSpace(string(version))
	}
	return facts, nil
}

// Root refuses a user who may not change the machine's network and mounts.
func Root() error {
	if id := os.Geteuid(); id != 0 {
		return notRoot(id)
	}
	return nil
}

func notRoot(id int) error {
	return fmt.Errorf("user id is %d; must be 0, because the platform makes network namespaces and mounts: run it as root, "+
		"such as by sudo -E", id)
}

// Problems says what might become a trouble, and what keeps the platform from running here, all at once.
func (f Facts) Problems() (warnings []string, problem error) {
	var problems []error
	deny := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	warn := func(format string, values ...any) { warnings = append(warnings, fmt.Sprintf(format, values...)) }
	if f.UserID != 0 {
		problems = append(problems, notRoot(f.UserID))
	}
	if !f.AptGet {
		deny("apt-get is missing; the platform runs on Debian 12 or newer and Ubuntu 22.04 or newer")
	}
	switch major := nodeMajor(f.Node); {
	case f.Node == "":
		deny("node is missing; must be Node.js %d or newer: install it from your distribution or from nodejs.org", leastNode)
	case major < leastNode:
		deny("node is %s; must be %d or newer: install it from your distribution or from nodejs.org", f.Node, leastNode)
	}
	switch {
	case f.MemoryTotal < leastMemory:
		deny("memory is %s; must be 8 GiB: a region with its workload takes 4 to 6 GiB", gib(f.MemoryTotal))
	case f.MemoryAvailable < plentyAvailable:
		warn("only %s of memory is available; builds may fail, close what you don't need", gib(f.MemoryAvailable))
	}
	switch {
	case f.DiskFree < leastDisk:
		deny("free space for %s is %s; must be at least %s: free some or set TWINSTACK_CACHE to another disk",
			f.Cache, gib(f.DiskFree), gib(leastDisk))
	case f.DiskFree < plentyDisk:
		warn("only %s are free for %s; a first run takes about %s", gib(f.DiskFree), f.Cache, gib(plentyDisk))
	}
	if f.OnOverlay {
		deny("%s is on an overlay file system; must be on a real one, since containers' layers can't be overlaid twice: "+
			"set TWINSTACK_CACHE to a mounted volume", f.Cache)
	}
	return warnings, errors.Join(problems...)
}

// meminfo reads one entry of /proc/meminfo, in bytes.
func meminfo(text, name string) uint64 {
	scanner := bufio.NewScanner(strings.NewReader(text))
	for scanner.Scan() {
		fields := strings.Fields(scanner.Text())
		if len(fields) >= 2 && fields[0] == name+":" {
			kibibytes, err := strconv.ParseUint(fields[1], 10, 64)
			if err == nil {
				return kibibytes << 10
			}
		}
	}
	return 0
}

// nodeMajor is the 20 of v20.19.0, and 0 of what isn't a version.
func nodeMajor(version string) int {
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	number, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return number
}

// existing is the nearest folder above a path that is there.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || path == "/" {
			return path
		}
		path = filepath.Dir(path)
	}
}

func gib(bytes uint64) string {
	return fmt.Sprintf("%.1f GiB", float64(bytes)/gibibyte)
}
