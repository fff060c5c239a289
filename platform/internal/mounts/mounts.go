// Package mounts reads what is mounted, and unmounts it.
package mounts

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Mount is one entry of the kernel's table.
type Mount struct {
	// Point is the path it is mounted on.
	Point string
	// Type is the kind of its file system.
	Type string
}

// List lists the mounts of the calling thread's mount namespace, in the order in which they were mounted.
func List() ([]Mount, error) {
	info, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return nil, err
	}
	return parse(string(info))
}

// parse reads mountinfo as proc(5) describes it: the type follows a lone hyphen.
func parse(info string) ([]Mount, error) {
	var all []Mount
	for line := range strings.Lines(info) {
		before, after, found := strings.Cut(line, " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 6 || len(rest) < 1 {
			return nil, fmt.Errorf("mountinfo has the line %q; must have fields before and after a hyphen", line)
		}
		all = append(all, Mount{Point: unescape(fields[4]), Type: rest[0]})
	}
	return all, nil
}

// unescape undoes the kernel's octal escapes of blanks, such as \040.
func unescape(text string) string {
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if code, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				plain.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		plain.WriteByte(text[i])
	}
	return plain.String()
}

// Below lists the mount points at and below a folder, the last mounted first.
func Below(all []Mount, folder string) []string {
	var found []string
	for i := len(all) - 1; i >= 0; i-- {
		if point := all[i].Point; point == folder || strings.HasPrefix(point, path.Clean(folder)+"/") {
			found = append(found, point)
		}
	}
	return found
}

// Unmount removes what is mounted at and below a folder, and returns the mount points.
func Unmount(folder string) ([]string, error) {
	all, err := List()
	if err != nil {
		return nil, err
	}
	points := Below(all, folder)
	for _, point := range points {
		// One mount may have gone with another it was shared with.
		err := unix.Unmount(point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return nil, fmt.Errorf("unmount %s: %w", point, err)
		}
	}
	all, err = List()
	if err != nil {
		return nil, err
	}
	if left := Below(all, folder); len(left) > 0 {
		return nil, fmt.Errorf("%s is still mounted after it was unmounted", left[0])
	}
	return points, nil
}
