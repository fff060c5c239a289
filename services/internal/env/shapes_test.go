package env_test

import (
	"slices"
	"testing"

	"twinstack.dev/services/internal/env"
)

func TestShapesAccept(t *testing.T) {
	r := env.NewReader(lookup(map[string]string{"PATH": "/a/../b", "IP": "2001:db8::1", "LABELS": "a,b-1", "TO": "a:1,b:65535"}))
	if got := r.Path("PATH", "/x", ""); got != "/b" {
		t.Errorf("Path = %s", got)
	}
	if got := r.IP("IP", "127.0.0.1", ""); got != "2001:db8::1" {
		t.Errorf("IP = %s", got)
	}
	if got := r.Labels("LABELS", "x", ""); !slices.Equal(got, []string{"a", "b-1"}) {
		t.Errorf("Labels = %q", got)
	}
	if got := r.Labels("UNSET", "x,y", ""); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("unset Labels = %q", got)
	}
	if got := r.Addresses("TO", "x:1", ""); !slices.Equal(got, []string{"a:1", "b:65535"}) {
		t.Errorf("Addresses = %q", got)
	}
	if got := r.Addresses("UNSET", "x:1", ""); got != nil {
		t.Errorf("unset Addresses = %q", got)
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestShapesRefuse(t *testing.T) {
	path := func(r *env.Reader) { r.Path("V", "/data", "") }
	ip := func(r *env.Reader) { r.IP("V", "127.0.0.1", "") }
	labels := func(r *env.Reader) { r.Labels("V", "a", "") }
	addresses := func(r *env.Reader) { r.Addresses("V", "a:1", "") }
	const (
		pathRule      = "; must be an absolute path; set it to e.g. /data"
		ipRule        = "; must be an IP address; set it to e.g. 127.0.0.1"
		labelsRule    = "; must be labels (1 to 63 lower-case letters, digits and inner hyphens) separated by commas; set it to e.g. a"
		addressesRule = "; must be host:port separated by commas, or empty; set it to e.g. a:1"
	)
	for _, test := range []struct {
		value string
		read  func(*env.Reader)
		want  string
	}{
		{"data", path, `V is "data"` + pathRule},
		{"host", ip, `V is "host"` + ipRule},
		{"10.0.0.1:80", ip, `V is "10.0.0.1:80"` + ipRule},
		{"a,", labels, `V is "a,"` + labelsRule},
		{"a, b", labels, `V is "a, b"` + labelsRule},
		{"a", addresses, `V is "a"` + addressesRule},
		{"a:0", addresses, `V is "a:0"` + addressesRule},
		{"a:1,:2", addresses, `V is "a:1,:2"` + addressesRule},
		{"user:hunter2@a:1", addresses, `V is "***@a:1"` + addressesRule},
	} {
		r := env.NewReader(lookup(map[string]string{"V": test.value}))
		test.read(r)
		if err := r.Err(); err == nil || err.Error() != test.want {
			t.Errorf("%q:\n got %v\nwant %s", test.value, err, test.want)
		}
	}
}
