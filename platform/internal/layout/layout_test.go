package layout

import (
	"strings"
	"testing"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestFromEnvironment(t *testing.T) {
	const checkout = "/src/twinstack"
	tests := map[string]struct {
		env          map[string]string
		cache, state string
	}{
		"home":     {map[string]string{"HOME": "/home/u"}, "/home/u/.cache/twinstack", "/var/lib/twinstack"},
		"xdg":      {map[string]string{"HOME": "/home/u", "XDG_CACHE_HOME": "/c"}, "/c/twinstack", "/var/lib/twinstack"},
		"explicit": {map[string]string{"TWINSTACK_CACHE": "/big/disk", "TWINSTACK_STATE": "/big/state"}, "/big/disk", "/big/state"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.env["TWINSTACK_CHECKOUT"] = checkout
			l, err := FromEnvironment(environment(test.env))
			if err != nil {
				t.Fatal(err)
			}
			if l.Cache != test.cache || l.State != test.state || l.Checkout != checkout {
				t.Errorf("got %+v", l)
			}
		})
	}
}

func TestFromEnvironmentRefuses(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		want string
	}{
		"nowhere to cache": {map[string]string{}, "set TWINSTACK_CACHE"},
		"no checkout":      {map[string]string{"HOME": "/h"}, "TWINSTACK_CHECKOUT is empty"},
		"relative": {map[string]string{"HOME": "/h", "TWINSTACK_CHECKOUT": "/s/t", "TWINSTACK_STATE": "state"},
			`TWINSTACK_STATE is "state"; must be an absolute path`},
		"top folder": {map[string]string{"HOME": "/h", "TWINSTACK_CHECKOUT": "/s/t", "TWINSTACK_STATE": "/etc"},
			`TWINSTACK_STATE is "/etc"; must be a folder of the platform's own`},
		"cache inside state": {map[string]string{"TWINSTACK_CACHE": "/x/state/cache", "TWINSTACK_CHECKOUT": "/s/t", "TWINSTACK_STATE": "/x/state"},
			"the state must be apart from both"},
		"checkout inside state": {map[string]string{"HOME": "/h", "TWINSTACK_CHECKOUT": "/x/state/src", "TWINSTACK_STATE": "/x/state"},
			"the state must be apart from both"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := FromEnvironment(environment(test.env))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestRegionPlan(t *testing.T) {
	b, err := NewRegion(1)
	if err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		b.Name:                                  "b",
		b.Netns:                                 "twinstack-b",
		b.NetnsPath():                           "/run/netns/twinstack-b",
		b.Node.String():                         "198.18.0.11/24",
		b.Pods.String():                         "198.19.32.0/20",
		b.Services.String():                     "198.19.48.0/20",
		b.KubernetesService().String():          "198.19.48.1",
		b.ClusterDNS().String():                 "198.19.48.10",
		b.APIServer():                           "https://198.18.0.11:6443",
		Registry():                              "198.18.0.1:5000",
		HardwareAddress(b.Node.Addr()).String(): "02:00:c6:12:00:0b",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRegionsDoNotOverlap(t *testing.T) {
	regions := AllRegions()
	if len(regions) != MaxRegions {
		t.Fatalf("got %d regions", len(regions))
	}
	for i, r := range regions {
		if r.Pods.Overlaps(r.Services) {
			t.Errorf("region %s: pods %s overlap services %s", r.Name, r.Pods, r.Services)
		}
		if len(r.HostLink) > 15 {
			t.Errorf("link name %q is longer than the kernel's 15 bytes", r.HostLink)
		}
		for _, other := range regions[i+1:] {
			if r.Pods.Overlaps(other.Pods) || r.Services.Overlaps(other.Services) || r.Pods.Overlaps(other.Services) ||
				r.Services.Overlaps(other.Pods) || r.Node.Addr() == other.Node.Addr() {
				t.Errorf("regions %+v and %+v overlap", r, other)
			}
		}
	}
}

func TestParseRegions(t *testing.T) {
	regions, err := ParseRegions("b,a")
	if err != nil || len(regions) != 2 || regions[0].Name != "b" || regions[1].Index != 0 {
		t.Errorf("got %+v, %v", regions, err)
	}
	const among = "must be a comma-separated list of names among a, b, w, c, d, e, f, g, such as a,b,w"
	for list, want := range map[string]string{
		"":     `--regions is ""; ` + among,
		"z":    `--regions is "z"; ` + among,
		"a,,b": `--regions is "a,,b"; ` + among,
		"ab":   `--regions is "ab"; ` + among,
		"A":    `--regions is "A"; ` + among,
		"a,a":  `--regions is "a,a"; names a twice`,
	} {
		if _, err := ParseRegions(list); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", list, err, want)
		}
	}
	if _, err := NewRegion(MaxRegions); err == nil {
		t.Error("a region beyond the plan was accepted")
	}
	if _, err := ParseRegion("x"); err == nil || err.Error() != `region is "x"; must be one of a, b, w, c, d, e, f, g` {
		t.Errorf("got %v", err)
	}
}

func TestDefaultRegions(t *testing.T) {
	regions, err := ParseRegions(DefaultRegions)
	if err != nil || len(regions) != 3 {
		t.Fatalf("got %+v, %v", regions, err)
	}
	for i, r := range regions {
		if r.Index != i || r.Witness != (r.Name == "w") {
			t.Errorf("got %+v", r)
		}
	}
	if w := regions[2]; w.Node.String() != "198.18.0.12/24" || w.Context() != "twinstack-w" || w.Pods.String() != "198.19.64.0/20" {
		t.Errorf("got %+v", w)
	}
}
