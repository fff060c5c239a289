// Package identity says who answered: which version, backend and region.
package identity

import "net/http"

// Identity is carried by every answer, as headers and as fields of JSON bodies, so that a caller (or a test of
// weighted routing) can tell which of many equal-looking replicas it reached.
type Identity struct {
	Version string `json:"version"`
	Backend string `json:"backend"`
	Region  string `json:"region"`
}

// SetHeaders writes the identity into h.
func (i Identity) SetHeaders(h http.Header) {
	h.Set("X-Version", i.Version)
	h.Set("X-Backend", i.Backend)
	h.Set("X-Region", i.Region)
}
