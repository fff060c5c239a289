package env

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// Path reads an absolute path.
func (r *Reader) Path(name, fallback, purpose string) string {
	v := Variable{name, fallback, "an absolute path", purpose}
	text, _ := r.value(v)
	if !filepath.IsAbs(text) {
		r.wrong(v, text, fallback)
		return fallback
	}
	return filepath.Clean(text)
}

// IP reads an address without a port.
func (r *Reader) IP(name, fallback, purpose string) string {
	v := Variable{name, fallback, "an IP address", purpose}
	text, _ := r.value(v)
	if _, err := netip.ParseAddr(text); err != nil {
		r.wrong(v, text, fallback)
		return fallback
	}
	return text
}

// Labels reads one or more DNS labels, separated by commas.
func (r *Reader) Labels(name, fallback, purpose string) []string {
	v := Variable{name, fallback, "labels (1 to 63 lower-case letters, digits and inner hyphens) separated by commas", purpose}
	text, _ := r.value(v)
	return r.list(v, text, fallback, label.MatchString)
}

// Addresses reads any number of host:port to connect to, separated by commas.
func (r *Reader) Addresses(name, example, purpose string) []string {
	v := Variable{name, "", "host:port separated by commas, or empty", purpose}
	text, isDefault := r.value(v)
	if isDefault {
		return nil
	}
	return r.list(v, text, example, func(address string) bool {
		host, portText, err := net.SplitHostPort(address)
		port, portErr := strconv.ParseUint(portText, 10, 16)
		return err == nil && portErr == nil && port != 0 && host != "" && !strings.ContainsAny(host, "@/ ")
	})
}

func (r *Reader) list(v Variable, text, example string, accept func(string) bool) []string {
	all := strings.Split(text, ",")
	for _, one := range all {
		if !accept(one) {
			r.wrong(v, withoutCredentials(text), example)
			return nil
		}
	}
	return all
}
