package resolver

import (
	"bytes"
	"net/netip"
	"text/template"

	"twinstack.dev/platform/internal/layout"
)

const (
	// timeoutMilliseconds is how long a region's server may take to answer before another one is asked.
	timeoutMilliseconds = 500
	// nobody is the user and group that the resolver turns into once it listens.
	nobody = 65534
)

// settings are what isn't the same for every resolver of this kind.
type settings struct {
	Listen netip.AddrPort
	// Clients may ask.
	Clients netip.Prefix
	// Source is the address that authorities are asked from.
	Source netip.Addr
	// Authorities are the servers of the zone.
	Authorities []netip.AddrPort
	// Folder is for the control socket.
	Folder string
}

// Answers live as long as their authority says. What isn't there is soon asked for again: a name may come with the next
// deployment. server_down_max_fails is off because a server that was silent for long would be left alone for a minute,
// even when all others fail.
var configuration = template.Must(template.New("resolver").Parse(`incoming:
  listen: ["{{.Listen}}"]
  allow_from: ["{{.Clients}}"]
outgoing:
  source_address: ["{{.Source}}"]
  dont_query: ["0.0.0.0/0", "::/0"]
  network_timeout: {{.Timeout}}
  server_down_max_fails: 0
recursor:
{{- if .Authorities}}
  forward_zones:
    - zone: {{.Zone}}
      recurse: false
      forwarders: [{{range $i, $a := .Authorities}}{{if $i}}, {{end}}"{{$a}}"{{end}}]
{{- end}}
  hint_file: no-refresh
  security_poll_suffix: ""
  threads: 1
  setuid: "{{.User}}"
  setgid: "{{.User}}"
  socket_dir: {{.Folder}}
  write_pid: false
recordcache:
  max_negative_ttl: 1
packetcache:
  negative_ttl: 1
  servfail_ttl: 0
logging:
  statistics_interval: 0
dnssec:
  validation: "off"
  aggressive_nsec_cache_size: 0
`))

// render writes the configuration.
func (s settings) render() ([]byte, error) {
	var text bytes.Buffer
	err := configuration.Execute(&text, struct {
		settings
		Zone          string
		Timeout, User int
	}{s, layout.Zone, timeoutMilliseconds, nobody})
	return text.Bytes(), err
}
