package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// apart moves the test into a mount namespace of its own: whatever ends it, its mounts end with it.
func apart(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	// Never unlocked: the thread, which can't go back, ends with the test.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
}

func mustCreate(t *testing.T, v Volumes, name string) {
	t.Helper()
	if err := v.Create(context.Background(), name, LeastBytes); err != nil {
		t.Fatal(err)
	}
}

// A full volume takes no more, and the folder it is kept in never grows past its size.
func TestVolumeIsAsLargeAsItsClaim(t *testing.T) {
	apart(t)
	v := Volumes{Folder: t.TempDir()}
	mustCreate(t, v, "pvc-1")
	t.Cleanup(func() { _ = v.Remove("pvc-1") })
	file := filepath.Join(v.Path("pvc-1"), "file")
	if err := os.WriteFile(file, make([]byte, LeastBytes*3/4), 0o600); err != nil {
		t.Fatalf("three quarters of the size: %v", err)
	}
	if err := os.WriteFile(file+"2", make([]byte, LeastBytes/2), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("more than the size: got %v, want %v", err, unix.ENOSPC)
	}
	if info, err := os.Stat(v.image("pvc-1")); err != nil || info.Size() != LeastBytes {
		t.Errorf("got a file of %d bytes, %v; want %d", info.Size(), err, LeastBytes)
	}
}

// What was written is there again after the end of a region, and nobody sees the place of a volume before that.
func TestVolumesOutliveTheirMounts(t *testing.T) {
	apart(t)
	v := Volumes{Folder: t.TempDir()}
	for _, name := range []string{"pvc-1", "pvc-2"} {
		mustCreate(t, v, name)
		t.Cleanup(func() { _ = v.Remove(name) })
		if err := os.WriteFile(filepath.Join(v.Path(name), "file"), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := unix.Unmount(v.point(name), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(v.Path(name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there without its volume: %v", v.Path(name), err)
		}
	}
	unfinished := v.image("pvc-3") + draft
	if err := os.WriteFile(unfinished, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// Once more for what is mounted: it stays as it is.
	for range 2 {
		names, err := v.MountAll(context.Background())
		if err != nil || !slices.Equal(names, []string{"pvc-1", "pvc-2"}) {
			t.Fatalf("got %v, %v", names, err)
		}
	}
	mustCreate(t, v, "pvc-2")
	for _, name := range []string{"pvc-1", "pvc-2"} {
		if text, err := os.ReadFile(filepath.Join(v.Path(name), "file")); err != nil || string(text) != name {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
	if _, err := os.Stat(unfinished); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an unfinished file is left: %v", err)
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	apart(t)
	v := Volumes{Folder: t.TempDir()}
	mustCreate(t, v, "pvc-1")
	t.Cleanup(func() { _ = v.Remove("pvc-1") })
	if device, file, err := below(v.Folder); err != nil || file != v.image("pvc-1") || !strings.HasPrefix(device, "loop") {
		t.Errorf("got device %q with %q, %v", device, file, err)
	}
	for range 2 {
		if err := v.Remove("pvc-1"); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(v.Folder); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
	if err := AwaitRelease(context.Background(), v.Folder); err != nil {
		t.Error(err)
	}
}

// A volume in use isn't torn away from under its user, and a wait for it can be given up.
func TestVolumeInUse(t *testing.T) {
	apart(t)
	v := Volumes{Folder: t.TempDir()}
	mustCreate(t, v, "pvc-1")
	t.Cleanup(func() { _ = v.Remove("pvc-1") })
	file, err := os.Create(filepath.Join(v.Path("pvc-1"), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := v.Remove("pvc-1"); !errors.Is(err, unix.EBUSY) {
		t.Errorf("got %v, want %v", err, unix.EBUSY)
	}
	if _, err := os.Stat(v.image("pvc-1")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := AwaitRelease(ctx, v.Folder); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := AwaitRelease(context.Background(), v.Folder+"-other"); err != nil {
		t.Error(err)
	}
}

func TestErrorsSayWhatFailed(t *testing.T) {
	apart(t)
	v := Volumes{Folder: t.TempDir()}
	if err := os.WriteFile(v.image("pvc-1"), []byte("no file system"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := v.MountAll(context.Background())
	if err == nil || !strings.HasPrefix(err.Error(), "mount -t ext4 -o loop,noatime "+v.image("pvc-1")) {
		t.Errorf("got %v", err)
	}
}
