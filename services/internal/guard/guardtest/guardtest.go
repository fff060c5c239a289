// Package guardtest runs members of a replicated database for tests: real mysqld processes under real guards, from the
// tree of files that TWINSTACK_MYSQL_ROOT names (an unpacked image of the platform's, say). Tests that need one are
// skipped where there is none, and say so.
package guardtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/nettest"
)

// RootVariable names the variable that holds the folder with usr/sbin/mysqld and its libraries.
const RootVariable = "TWINSTACK_MYSQL_ROOT"

const (
	// StewardName is in the certificate that the guards listen to.
	StewardName = "steward-test"
	host        = "127.0.0.1"
	// patience is for what takes seconds on an idle machine.
	patience = 90 * time.Second
)

// Stack is what the members of one test share.
type Stack struct {
	t         testing.TB
	mode      string
	authority *Authority
	// Steward is the folder of a certificate that guards obey.
	Steward string
	// Accounts is the folder of the accounts' names and passwords.
	Accounts string
	mysqld   string
	groups   []string
}

// NewStack prepares a stack in a replication mode, or skips the test.
func NewStack(t testing.TB, mode string) *Stack {
	t.Helper()
	s := &Stack{t: t, mode: mode, mysqld: wrapper(t), authority: NewAuthority(t), Accounts: t.TempDir()}
	s.Steward = s.authority.Issue(t, StewardName)
	for _, name := range []string{"steward", "replication", "app", "migrate", "probe"} {
		must(t, os.MkdirAll(filepath.Join(s.Accounts, name), 0o700))
		must(t, os.WriteFile(filepath.Join(s.Accounts, name, "username"), []byte(name), 0o600))
		must(t, os.WriteFile(filepath.Join(s.Accounts, name, "password"), []byte("quote'"+name), 0o600))
	}
	return s
}

// ReserveGroup sets the group's addresses of so many members aside; it comes before their Prepare.
func (s *Stack) ReserveGroup(members int) {
	for range members {
		s.groups = append(s.groups, nettest.FreeAddress(s.t))
	}
}

// Prepare returns a member that doesn't run yet.
func (s *Stack) Prepare(number int) *Member {
	t := s.t
	t.Helper()
	// Not t.TempDir: its names are too long for a socket.
	directory, err := os.MkdirTemp("", "guard")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	port, admin := portOf(t, nettest.FreeAddress(t)), portOf(t, nettest.FreeAddress(t))
	config := filepath.Join(directory, "my.cnf")
	must(t, os.WriteFile(config, []byte(configuration(s.mode, port, admin)), 0o600))
	m := &Member{Directory: directory, stack: s, Source: mysql.Source{Host: host, Port: port}}
	m.Settings = guard.Settings{
		Region: "test", Member: host, Mode: s.mode, ServerID: number, PodIP: host, ReportPort: port, GroupWeight: 50,
		DataDirectory: filepath.Join(directory, "data"), ConfigFile: config, SocketFile: filepath.Join(directory, "socket"),
		TrustDirectory: s.authority.Issue(t, host), AccountsDirectory: s.Accounts, ListenAddress: nettest.FreeAddress(t),
		Clients: []string{StewardName}, Stop: time.Millisecond, Command: []string{s.mysqld},
	}
	if len(s.groups) >= number {
		m.Settings.GroupSeeds, m.Settings.GroupPort = s.groups, portOf(t, s.groups[number-1])
	}
	m.connect(admin)
	return m
}

// Start returns a running member, which follows nobody and is read-only.
func (s *Stack) Start(number int) *Member {
	s.t.Helper()
	m := s.Prepare(number)
	m.Run()
	m.AwaitRunning()
	return m
}

// Issue writes a certificate of the stack's authority into a new folder.
func (s *Stack) Issue(name string) (directory string) { return s.authority.Issue(s.t, name) }

// Deadline returns a context for what takes seconds at most.
func Deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Eventually asks until the answer is yes, and fails the test with the last error when patience is over.
func Eventually(t testing.TB, what string, ask func(context.Context) (bool, error)) {
	t.Helper()
	ctx := Deadline(t)
	for {
		done, err := ask(ctx)
		if done && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s; last error: %v", what, patience, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func portOf(t testing.TB, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	must(t, err)
	port, err := strconv.Atoi(text)
	must(t, err)
	return port
}

// wrapper returns a program that is the tree's mysqld, run by the tree's own loader, so that any machine's libraries do.
func wrapper(t testing.TB) string {
	t.Helper()
	tree := os.Getenv(RootVariable)
	if tree == "" {
		t.Skip(RootVariable + " is not set; set it to a folder with usr/sbin/mysqld to run this test against a real MySQL")
	}
	loader, _ := filepath.Glob(filepath.Join(tree, "lib*", "ld-linux-*.so.*"))
	libraries, _ := filepath.Glob(filepath.Join(tree, "usr", "lib", "*-linux-gnu"))
	if len(loader) == 0 {
		t.Fatalf("%s is %q; must be a folder with usr/sbin/mysqld and its libraries; unpack an image of the platform's there", RootVariable, tree)
	}
	extra := ""
	if os.Geteuid() == 0 {
		extra = "--user=root"
	}
	path := filepath.Join(t.TempDir(), "mysqld")
	script := fmt.Sprintf("#!/bin/sh\nexec %s --library-path %s %s \"$@\" %s %s %s %s\n", loader[0], strings.Join(libraries, ":"),
		filepath.Join(tree, "usr/sbin/mysqld"), "--lc-messages-dir="+filepath.Join(tree, "usr/share/mysql"),
		"--character-sets-dir="+filepath.Join(tree, "usr/share/mysql/charsets"),
		"--plugin-dir="+filepath.Join(tree, "usr/lib/mysql/plugin"), extra)
	must(t, os.WriteFile(path, []byte(script), 0o700))
	return path
}
