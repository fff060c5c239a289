package resolver

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
)

// relied are the settings whose values the platform relies on.
type relied struct {
	Incoming struct {
		Listen    []string `json:"listen"`
		AllowFrom []string `json:"allow_from"`
	} `json:"incoming"`
	Outgoing struct {
		SourceAddress  []string `json:"source_address"`
		DontQuery      []string `json:"dont_query"`
		NetworkTimeout int      `json:"network_timeout"`
	} `json:"outgoing"`
	Recursor struct {
		ForwardZones []struct {
			Zone       string   `json:"zone"`
			Recurse    bool     `json:"recurse"`
			Forwarders []string `json:"forwarders"`
		} `json:"forward_zones"`
		SocketDir string `json:"socket_dir"`
	} `json:"recursor"`
}

func configure(t *testing.T, r Resolver) relied {
	t.Helper()
	text, err := r.settings("/run/x").render()
	if err != nil {
		t.Fatal(err)
	}
	var s relied
	if err := yaml.Unmarshal(text, &s); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

func TestConfig(t *testing.T) {
	regions, err := layout.ParseRegions("b,a,w")
	if err != nil {
		t.Fatal(err)
	}
	s := configure(t, Resolver{Layout: layout.Layout{State: t.TempDir()}, Regions: regions})
	if !slices.Equal(s.Incoming.Listen, []string{"198.18.0.1:53"}) || s.Recursor.SocketDir != "/run/x" {
		t.Errorf("got %+v", s)
	}
	// Nobody is asked but the servers of the zone, which are exempt from this.
	if !slices.Equal(s.Outgoing.DontQuery, []string{"0.0.0.0/0", "::/0"}) {
		t.Errorf("queries may go to others than %v", s.Outgoing.DontQuery)
	}
	if !slices.Equal(s.Outgoing.SourceAddress, []string{"198.18.1.250"}) || !layout.ClientPrefix.Contains(layout.ResolverSource) {
		t.Errorf("asks from %v; must be a client's address, of %s", s.Outgoing.SourceAddress, layout.ClientPrefix)
	}
	if len(s.Recursor.ForwardZones) != 1 {
		t.Fatalf("got %+v", s.Recursor.ForwardZones)
	}
	zone := s.Recursor.ForwardZones[0]
	if want := []string{"198.18.0.10:30053", "198.18.0.11:30053"}; zone.Zone != "twinstack.test" || zone.Recurse || !slices.Equal(zone.Forwarders, want) {
		t.Errorf("got %+v, want %q, which leave out the witness", zone, want)
	}
}

// A region that is there stays known when only others are brought up.
func TestConfigKeepsRegionsThatAreThere(t *testing.T) {
	l := layout.Layout{State: t.TempDir()}
	if zones := configure(t, Resolver{Layout: l}).Recursor.ForwardZones; len(zones) > 0 {
		t.Errorf("without any region: got %+v", zones)
	}
	regions, err := layout.ParseRegions("b,w")
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range regions {
		if err := os.MkdirAll(l.RegionState(region), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	only, err := layout.ParseRegions("a")
	if err != nil {
		t.Fatal(err)
	}
	zones := configure(t, Resolver{Layout: l, Regions: only}).Recursor.ForwardZones
	if len(zones) != 1 || !slices.Equal(zones[0].Forwarders, []string{"198.18.0.10:30053", "198.18.0.11:30053"}) {
		t.Errorf("got %+v", zones)
	}
}

// The program is unpacked once, into a place where an interrupted attempt never is, and runs with its own libraries.
func TestUnpack(t *testing.T) {
	cache, tools := t.TempDir(), t.TempDir()
	log := filepath.Join(tools, "log")
	// It makes what the packages have, in the folder that is the argument after the suite.
	script := "#!/bin/sh\nPATH=/usr/bin:/bin\necho called >>" + log + "\n[ -e " + tools + "/broken ] && exit 1\n" +
		"while [ \"$1\" != trixie ]; do shift; done\nmkdir -p $2/usr/lib/x-y $2/usr/sbin\n" +
		"cp " + tools + "/loader $2/usr/lib/x-y/ld-linux-x.so.2\ntouch $2/usr/sbin/pdns_recursor\n"
	// It stands for the one that runs the program.
	loader := "#!/bin/sh\n[ -e " + tools + "/incomplete ] || exit 0\necho no library\nexit 127\n"
	for name, text := range map[string]string{"unshare": script, "loader": loader, "broken": "", "incomplete": ""} {
		if err := os.WriteFile(filepath.Join(tools, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", tools)
	for _, failure := range []struct{ file, want string }{
		{"broken", "mmdebstrap trixie: exit status 1"}, {"incomplete", "pdns_recursor --version: exit status 127: no library"},
	} {
		_, err := unpack(context.Background(), &progress.Running{}, cache, "http://mirror")
		if err == nil || !strings.Contains(err.Error(), failure.want) {
			t.Errorf("%s: got %v", failure.file, err)
		}
		if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v", failure.file, left, err)
		}
		if err := os.Remove(filepath.Join(tools, failure.file)); err != nil {
			t.Fatal(err)
		}
	}
	var found program
	for range 2 {
		var err error
		if found, err = unpack(context.Background(), &progress.Running{}, cache, "http://mirror"); err != nil {
			t.Fatal(err)
		}
	}
	if calls, err := os.ReadFile(log); err != nil || strings.Count(string(calls), "called") != 3 {
		t.Errorf("calls %q, %v; want one more than the two that failed", calls, err)
	}
	command := found.command("--version")
	want := []string{found.loader, "--library-path", filepath.Dir(found.loader), "--argv0", found.path, found.path, "--version"}
	if !slices.Equal(command, want) || !strings.HasPrefix(found.path, cache+"/resolver-") {
		t.Errorf("got %q", command)
	}
}

func TestFindTellsWhatIsWrong(t *testing.T) {
	folder := t.TempDir()
	_, err := find(folder)
	if err == nil || !strings.HasSuffix(err.Error(), "matches 0 files; must match one: remove "+folder+" to have it made anew") {
		t.Errorf("got %v", err)
	}
}
