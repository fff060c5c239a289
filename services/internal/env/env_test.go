package env_test

import (
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/env"
)

func lookup(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func TestReaderAccepts(t *testing.T) {
	r := env.NewReader(lookup(map[string]string{
		"N": "7", "D": "3", "WORD": "b", "LABEL": "eu-1", "LISTEN": "0.0.0.0:0", "LOOP": "[::1]:81", "TO": "cache:6379", "EMPTY": "",
	}))
	if got := r.Int("N", 1, 0, 7, ""); got != 7 {
		t.Errorf("Int = %d", got)
	}
	if got := r.Duration("D", time.Minute, 1, 0, 9, ""); got != 3*time.Minute {
		t.Errorf("Duration = %s", got)
	}
	if got := r.Int("EMPTY", 5, 0, 7, ""); got != 5 {
		t.Errorf("empty Int = %d, want the default", got)
	}
	for name, got := range map[string]string{
		"b":          r.OneOf("WORD", "a", []string{"a", "b"}, ""),
		"eu-1":       r.Label("LABEL", "x", ""),
		"0.0.0.0:0":  r.ListenAddress("LISTEN", ":1", ""),
		"[::1]:81":   r.LoopbackAddress("LOOP", "127.0.0.1:1", ""),
		"cache:6379": r.OptionalAddress("TO", "x:1", ""),
		"":           r.OptionalAddress("UNSET", "x:1", ""),
	} {
		if got != name {
			t.Errorf("got %q, want %q", got, name)
		}
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestReaderRefuses(t *testing.T) {
	integer := func(r *env.Reader) { r.Int("V", 5, 0, 300, "") }
	label := func(r *env.Reader) { r.Label("V", "local", "") }
	listen := func(r *env.Reader) { r.ListenAddress("V", ":8080", "") }
	loopback := func(r *env.Reader) { r.LoopbackAddress("V", "127.0.0.1:8081", "") }
	optional := func(r *env.Reader) { r.OptionalAddress("V", "cache:6379", "") }
	const (
		integerRule  = "; must be an integer from 0 to 300; set it to e.g. 5"
		labelRule    = "; must be 1 to 63 lower-case letters, digits and inner hyphens; set it to e.g. local"
		listenRule   = "; must be [host]:port with a port from 0 to 65535; set it to e.g. :8080"
		loopbackRule = "; must be a loopback ip:port with a port from 0 to 65535; set it to e.g. 127.0.0.1:8081"
		optionalRule = "; must be host:port with a port from 1 to 65535, or empty; set it to e.g. cache:6379"
	)
	for _, test := range []struct {
		value string
		read  func(*env.Reader)
		want  string
	}{
		{"abc", integer, `V is "abc"` + integerRule},
		{"-1", integer, `V is "-1"` + integerRule},
		{"301", integer, `V is "301"` + integerRule},
		{"1.5", integer, `V is "1.5"` + integerRule},
		{"EU", label, `V is "EU"` + labelRule},
		{"a\r\nSet-Cookie: x", label, `V is "a\r\nSet-Cookie: x"` + labelRule},
		{strings.Repeat("a", 64), label, `V is "` + strings.Repeat("a", 64) + `"` + labelRule},
		{"8080", listen, `V is "8080"` + listenRule},
		{":65536", listen, `V is ":65536"` + listenRule},
		{":http", listen, `V is ":http"` + listenRule},
		{"0.0.0.0:8081", loopback, `V is "0.0.0.0:8081"` + loopbackRule},
		{":8081", loopback, `V is ":8081"` + loopbackRule},
		{"localhost:8081", loopback, `V is "localhost:8081"` + loopbackRule},
		{"cache", optional, `V is "cache"` + optionalRule},
		{"cache:0", optional, `V is "cache:0"` + optionalRule},
		{":6379", optional, `V is ":6379"` + optionalRule},
		{"redis://user:hunter2@cache:6379", optional, `V is "***@cache:6379"` + optionalRule},
	} {
		r := env.NewReader(lookup(map[string]string{"V": test.value}))
		test.read(r)
		if err := r.Err(); err == nil || err.Error() != test.want {
			t.Errorf("%q:\n got %v\nwant %s", test.value, err, test.want)
		}
	}
}
