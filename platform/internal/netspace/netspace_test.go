package netspace

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/vishvananda/netns"
)

func TestWithin(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may make a network namespace")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := netns.Get()
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	var other netns.NsHandle
	err = Keeping(func() error {
		other, err = netns.New()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	failure := errors.New("passed on")
	err = Within(other, func() error {
		if links, err := net.Interfaces(); err != nil || len(links) == 0 || links[0].Flags&net.FlagUp != 0 {
			t.Errorf("got %+v, %v; want a new namespace, whose loopback is down", links, err)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if after, err := netns.Get(); err != nil || !after.Equal(before) {
		t.Errorf("the thread is left in %s, not in %s, %v", after.UniqueId(), before.UniqueId(), err)
	}
}

func TestID(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, file + "-missing"} {
		if id, err := ID(path); id != 0 || err != nil {
			t.Errorf("%s: got %d, %v", path, id, err)
		}
	}
	if id, err := ID("/proc/self/ns/net"); id == 0 || err != nil {
		t.Errorf("got %d, %v", id, err)
	}
}
