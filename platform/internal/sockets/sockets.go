// Package sockets tells who listens where on the machine.
package sockets

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"twinstack.dev/platform/internal/proc"
)

// Listener is a socket that waits for connections, in the network namespace of the caller.
type Listener struct {
	// Address is host:port, or the path of a Unix socket (with @ at its start when it has no file).
	Address string
	// Protocol is tcp, tcp6 or unix.
	Protocol string

	inode string
}

// The kernel's numbers for a TCP socket that listens, and for a Unix socket that accepts connections.
const (
	tcpListen  = "0A"
	unixAccept = "00010000"
)

// Listeners lists the TCP and Unix sockets that listen.
func Listeners() ([]Listener, error) {
	var all []Listener
	for _, protocol := range []string{"tcp", "tcp6", "unix"} {
		text, err := os.ReadFile("/proc/thread-self/net/" + protocol)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		parse := parseTCP
		if protocol == "unix" {
			parse = parseUnix
		}
		found, err := parse(protocol, string(text))
		if err != nil {
			return nil, fmt.Errorf("/proc/thread-self/net/%s: %w", protocol, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// parseTCP reads /proc/net/tcp or tcp6.
func parseTCP(protocol, text string) ([]Listener, error) {
	var found []Listener
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != tcpListen {
			continue
		}
		address, err := parseAddress(fields[1])
		if err != nil {
			return nil, err
		}
		found = append(found, Listener{Address: address.String(), Protocol: protocol, inode: fields[9]})
	}
	return found, nil
}

// parseAddress reads an address such as 0100007F:1F90: words of four bytes in the machine's order, here little-endian.
func parseAddress(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil || len(host)%8 != 0 {
		return netip.AddrPort{}, fmt.Errorf("address is %q; must be hexadecimal host:port", text)
	}
	var bytes []byte
	for start := 0; start < len(host); start += 8 {
		word, err := strconv.ParseUint(host[start:start+8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("address is %q: %w", text, err)
		}
		bytes = append(bytes, byte(word), byte(word>>8), byte(word>>16), byte(word>>24))
	}
	address, ok := netip.AddrFromSlice(bytes)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("address is %q; must have 4 or 16 bytes", text)
	}
	return netip.AddrPortFrom(address, uint16(number)), nil
}

// parseUnix reads /proc/net/unix; a path may hold blanks.
func parseUnix(protocol, text string) ([]Listener, error) {
	const beforePath = 7
	var found []Listener
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) <= beforePath || fields[3] != unixAccept {
			continue
		}
		path := line[strings.Index(line, fields[beforePath]):]
		found = append(found, Listener{Address: path, Protocol: protocol, inode: fields[6]})
	}
	return found, nil
}

// Taker finds a socket that keeps others from listening on an address: one on the same address and port, or one on
// the same port of all addresses. It says who has it, such as "nginx (process 812)".
func Taker(wanted netip.AddrPort) (string, bool, error) {
	listeners, err := Listeners()
	if err != nil {
		return "", false, err
	}
	for _, listener := range listeners {
		address, err := netip.ParseAddrPort(listener.Address)
		if err != nil || address.Port() != wanted.Port() {
			continue
		}
		if address.Addr() == wanted.Addr() || address.Addr().IsUnspecified() {
			holder, err := Holder(listener)
			return holder, true, err
		}
	}
	return "", false, nil
}

// Holder names the process that has a socket open.
func Holder(listener Listener) (string, error) {
	processes, err := proc.List()
	if err != nil {
		return "", err
	}
	for _, process := range processes {
		if Open(process.PID, listener) {
			return fmt.Sprintf("%s (process %d)", process.Name, process.PID), nil
		}
	}
	return "a process that can't be seen from here", nil
}

// Open reports whether a process has a socket open.
func Open(pid int, listener Listener) bool {
	folder := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	descriptors, err := os.ReadDir(folder)
	if err != nil {
		return false
	}
	for _, descriptor := range descriptors {
		target, err := os.Readlink(filepath.Join(folder, descriptor.Name()))
		if err == nil && target == "socket:["+listener.inode+"]" {
			return true
		}
	}
	return false
}
