package mounts

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParse(t *testing.T) {
	const info = `22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw
90 28 0:4 net:[1] /run/netns/a rw shared:3 master:1 - nsfs nsfs rw
91 28 254:0 /x /var/lib/with\040blank\011tab rw - ext4 /dev/vda rw
`
	all, err := parse(info)
	want := []Mount{{"/sys", "sysfs"}, {"/run/netns/a", "nsfs"}, {"/var/lib/with blank\ttab", "ext4"}}
	if err != nil || !slices.Equal(all, want) {
		t.Errorf("got %+v, %v", all, err)
	}
	for _, text := range []string{"22 28\n", "22 28 0:21 / /sys rw sysfs sysfs rw\n"} {
		if all, err := parse(text); err == nil {
			t.Errorf("%q was read as %+v", text, all)
		}
	}
}

func TestBelow(t *testing.T) {
	all := []Mount{{Point: "/"}, {Point: "/a"}, {Point: "/ab"}, {Point: "/a/b"}, {Point: "/a/b/c"}, {Point: "/a"}}
	for folder, want := range map[string][]string{
		"/a":   {"/a", "/a/b/c", "/a/b", "/a"},
		"/a/b": {"/a/b/c", "/a/b"},
		"/x":   nil,
	} {
		if got := Below(all, folder); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", folder, got, want)
		}
	}
}

func TestUnmount(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	folder := t.TempDir()
	inner := filepath.Join(folder, "inner")
	for _, point := range []string{folder, inner, inner} {
		if err := os.MkdirAll(point, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("tmpfs", point, "tmpfs", 0, "size=64k"); err != nil {
			t.Fatal(err)
		}
	}
	points, err := Unmount(folder)
	if err != nil || len(points) != 3 || points[2] != folder {
		t.Errorf("got %v, %v", points, err)
	}
	if points, err := Unmount(folder); err != nil || len(points) != 0 {
		t.Errorf("the second time: %v, %v", points, err)
	}
}
