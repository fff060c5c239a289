package sockets

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"0100007F:1F90":                         "127.0.0.1:8080",
		"010012C6:1388":                         "198.18.0.1:5000",
		"00000000:0016":                         "0.0.0.0:22",
		"00000000000000000000000001000000:0050": "[::1]:80",
	} {
		got, err := parseAddress(text)
		if err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0100007F", "0100007:1F90", "zzzzzzzz:0050", "0100007F0100007F:0050", "0100007F:1F90F"} {
		if got, err := parseAddress(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
}

func TestParseUnix(t *testing.T) {
	const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 11 /run/with blank.sock
0000000000000000: 00000003 00000000 00000000 0001 03 12 /run/connected.sock
0000000000000000: 00000002 00000000 00010000 0001 01 13 @abstract
0000000000000000: 00000003 00000000 00000000 0001 03 14
`
	found, err := parseUnix("unix", text)
	if err != nil || len(found) != 2 || found[0].Address != "/run/with blank.sock" || found[1].Address != "@abstract" {
		t.Errorf("got %+v, %v", found, err)
	}
}

func TestTaker(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := netip.MustParseAddrPort(listener.Addr().String())
	who, taken, err := Taker(address)
	if err != nil || !taken || !strings.HasSuffix(who, fmt.Sprintf("(process %d)", os.Getpid())) {
		t.Errorf("got %q, %t, %v", who, taken, err)
	}
	elsewhere := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), address.Port())
	if who, taken, err := Taker(elsewhere); err != nil || taken {
		t.Errorf("another address: %q, %t, %v", who, taken, err)
	}
	everywhere, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer everywhere.Close()
	port := netip.MustParseAddrPort(everywhere.Addr().String()).Port()
	if _, taken, err := Taker(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), port)); err != nil || !taken {
		t.Errorf("a listener on all addresses wasn't found, %v", err)
	}
}

func TestListenersSeeUnixSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	all, err := Listeners()
	if err != nil {
		t.Fatal(err)
	}
	index := slices.IndexFunc(all, func(l Listener) bool { return l.Address == path })
	if index < 0 || !Open(os.Getpid(), all[index]) || Open(os.Getppid(), all[index]) {
		t.Errorf("index %d of %d", index, len(all))
	}
}
