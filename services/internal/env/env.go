// Package env reads typed settings from environment variables and reports all that is wrong with them at once.
package env

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Variable documents one setting, as shown by --help and checked against the README.
type Variable struct {
	Name    string
	Default string
	Allowed string
	Purpose string
}

// Error lists every wrong setting, one sentence each.
type Error struct{ Problems []string }

// Error joins the problems, one a line.
func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Reader reads settings one by one and remembers what it was asked for and what was wrong.
type Reader struct {
	lookup    func(string) (string, bool)
	variables []Variable
	problems  []string
}

// NewReader returns a Reader over lookup, which is os.LookupEnv outside tests.
func NewReader(lookup func(string) (string, bool)) *Reader { return &Reader{lookup: lookup} }

// Load reads a configuration through lookup. The error, if any, is an *Error with every problem.
func Load[Config any](lookup func(string) (string, bool), read func(*Reader) Config) (Config, error) {
	r := NewReader(lookup)
	c := read(r)
	return c, r.Err()
}

// Document returns every setting that read asks for, in order.
func Document[Config any](read func(*Reader) Config) []Variable {
	r := NewReader(func(string) (string, bool) { return "", false })
	read(r)
	return r.Variables()
}

// Variables returns the settings asked for so far, in order.
func (r *Reader) Variables() []Variable { return r.variables }

// Err returns nil or an *Error with every problem found so far.
func (r *Reader) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &Error{Problems: r.problems}
}

// value notes the variable and returns its text; an empty variable counts as unset, as Kubernetes manifests often
// leave one empty.
func (r *Reader) value(v Variable) (text string, isDefault bool) {
	r.variables = append(r.variables, v)
	if text, ok := r.lookup(v.Name); ok && text != "" {
		return text, false
	}
	return v.Default, true
}

func (r *Reader) wrong(v Variable, shown, example string) {
	r.problems = append(r.problems, fmt.Sprintf("%s is %q; must be %s; set it to e.g. %s", v.Name, shown, v.Allowed, example))
}

// Int reads an integer from low to high.
func (r *Reader) Int(name string, fallback, low, high int, purpose string) int {
	v := Variable{name, strconv.Itoa(fallback), fmt.Sprintf("an integer from %d to %d", low, high), purpose}
	text, _ := r.value(v)
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		r.wrong(v, text, v.Default)
		return fallback
	}
	return n
}

// Duration reads an integer number of units from low to high; the variable's name should tell the unit.
func (r *Reader) Duration(name string, unit time.Duration, fallback, low, high int, purpose string) time.Duration {
	return time.Duration(r.Int(name, fallback, low, high, purpose)) * unit
}

// OneOf reads one of a few words.
func (r *Reader) OneOf(name, fallback string, words []string, purpose string) string {
	v := Variable{name, fallback, "one of " + strings.Join(words, ", "), purpose}
	text, _ := r.value(v)
	if !slices.Contains(words, text) {
		r.wrong(v, text, fallback)
		return fallback
	}
	return text
}

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Label reads a DNS label, which is safe in headers, metrics and names.
func (r *Reader) Label(name, fallback, purpose string) string {
	v := Variable{name, fallback, "1 to 63 lower-case letters, digits and inner hyphens", purpose}
	text, _ := r.value(v)
	if !label.MatchString(text) {
		r.wrong(v, text, fallback)
		return fallback
	}
	return text
}

// ListenAddress reads a host:port to listen on; the host may be empty (all addresses) and the port 0 (any free one).
func (r *Reader) ListenAddress(name, fallback, purpose string) string {
	v := Variable{name, fallback, "[host]:port with a port from 0 to 65535", purpose}
	return r.address(v, fallback, func(_ string, _ uint16) bool { return true })
}

// LoopbackAddress reads an ip:port to listen on that only this machine (or pod) can reach.
func (r *Reader) LoopbackAddress(name, fallback, purpose string) string {
	v := Variable{name, fallback, "a loopback ip:port with a port from 0 to 65535", purpose}
	return r.address(v, fallback, func(host string, _ uint16) bool {
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.IsLoopback()
	})
}

// OptionalAddress reads a host:port to connect to, or nothing.
func (r *Reader) OptionalAddress(name, example, purpose string) string {
	v := Variable{name, "", "host:port with a port from 1 to 65535, or empty", purpose}
	return r.address(v, example, func(host string, port uint16) bool { return host != "" && port != 0 })
}

func (r *Reader) address(v Variable, example string, accept func(host string, port uint16) bool) string {
	text, isDefault := r.value(v)
	if isDefault {
		return text
	}
	host, portText, err := net.SplitHostPort(text)
	port, portErr := strconv.ParseUint(portText, 10, 16)
	if err != nil || portErr != nil || strings.ContainsAny(host, "@/ ") || !accept(host, uint16(port)) {
		r.wrong(v, withoutCredentials(text), example)
		return v.Default
	}
	return text
}

// withoutCredentials hides what stands before an @, since somebody may pass a URL with a password.
func withoutCredentials(text string) string {
	if at := strings.LastIndex(text, "@"); at >= 0 {
		return "***" + text[at:]
	}
	return text
}
