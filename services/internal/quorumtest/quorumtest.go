// Package quorumtest runs a real quorum of three etcd voters for tests, each a process of its own that can be killed,
// paused and started again: the test binary plays them, with etcd's own server library.
package quorumtest

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"twinstack.dev/services/internal/nettest"
)

const (
	// asVoter makes a test binary be a voter. Its value holds name, folder, client URL, peer URL and all peers.
	asVoter   = "TWINSTACK_TEST_AS_VOTER"
	separator = "|"
)

// Main runs the tests of a package, or the voter that this process is to be.
func Main(m *testing.M) {
	if text := os.Getenv(asVoter); text != "" {
		if err := vote(strings.Split(text, separator)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func vote(settings []string) error {
	name, directory, client, peer, all := settings[0], settings[1], settings[2], settings[3], settings[4]
	clientURL, err := url.Parse(client)
	if err != nil {
		return err
	}
	peerURL, err := url.Parse(peer)
	if err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Name, config.Dir, config.InitialCluster = name, directory, all
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*clientURL}, []url.URL{*clientURL}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peerURL}, []url.URL{*peerURL}
	config.LogLevel, config.LogOutputs = "error", []string{filepath.Join(filepath.Dir(directory), name+".log")}
	// Nothing here has to survive a crash of the machine.
	config.UnsafeNoFsync = true
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer server.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return err
	}
}

// Voter is one of three.
type Voter struct {
	// Name is the host that it is reached at; every voter has one of its own.
	Name string
	// URL is where it answers.
	URL string

	t           testing.TB
	environment string
	process     *exec.Cmd
}

// Start runs three voters until the test ends.
func Start(t testing.TB) []*Voter {
	t.Helper()
	directory := t.TempDir()
	var voters []*Voter
	var peers, all []string
	for i := range 3 {
		host := fmt.Sprintf("127.0.0.%d", i+1)
		_, port, _ := strings.Cut(nettest.FreeAddress(t), ":")
		_, peerPort, _ := strings.Cut(nettest.FreeAddress(t), ":")
		voters = append(voters, &Voter{Name: host, URL: "http://" + host + ":" + port, t: t})
		peers = append(peers, "http://"+host+":"+peerPort)
		all = append(all, fmt.Sprintf("voter%d=%s", i, peers[i]))
	}
	for i, v := range voters {
		name := fmt.Sprintf("voter%d", i)
		v.environment = asVoter + "=" + strings.Join(
			[]string{name, filepath.Join(directory, name), v.URL, peers[i], strings.Join(all, ",")}, separator)
		v.Run()
		t.Cleanup(v.Kill)
	}
	return voters
}

// URLs are where the voters answer.
func URLs(voters []*Voter) []string {
	var all []string
	for _, v := range voters {
		all = append(all, v.URL)
	}
	return all
}

// Run starts the voter, or starts it again with the data it had.
func (v *Voter) Run() {
	v.t.Helper()
	v.process = exec.Command(os.Args[0])
	v.process.Env = append(os.Environ(), v.environment)
	v.process.Stderr = os.Stderr
	v.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := v.process.Start(); err != nil {
		v.t.Fatal(err)
	}
}

// Kill ends the voter at once.
func (v *Voter) Kill() {
	if v.process == nil {
		return
	}
	_ = v.process.Process.Kill()
	// A killed process ends with an error, always.
	_ = v.process.Wait()
	v.process = nil
}

// Pause lets the voter hang: it keeps its connections and answers nothing.
func (v *Voter) Pause() { v.signal(syscall.SIGSTOP) }

// Resume lets a paused voter go on, as if no time had passed.
func (v *Voter) Resume() { v.signal(syscall.SIGCONT) }

func (v *Voter) signal(s syscall.Signal) {
	v.t.Helper()
	if err := v.process.Process.Signal(s); err != nil {
		v.t.Fatal(err)
	}
}

// Eventually asks until the answer is yes.
func Eventually(t testing.TB, within time.Duration, what string, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ask(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}
