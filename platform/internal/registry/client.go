package registry

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const answerTimeout = 10 * time.Second

// manifests are the kinds of manifests that are asked for: without them the registry converts or refuses.
var manifests = []string{
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
}

// direct goes to the registry without a proxy: it is on this machine.
var direct = &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}, Timeout: answerTimeout}

// Client asks a registry.
type Client struct {
	// Address is host:port.
	Address string
}

// Ready returns nil when the registry answers.
func (c Client) Ready(ctx context.Context) error {
	status, _, err := c.ask(ctx, http.MethodGet, "/v2/")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("GET /v2/ answered %d", status)
	}
	return err
}

// Digest is the digest of a tag, and false when the registry hasn't got it.
func (c Client) Digest(ctx context.Context, repository, tag string) (string, bool, error) {
	path := fmt.Sprintf("/v2/%s/manifests/%s", repository, tag)
	status, header, err := c.ask(ctx, http.MethodHead, path)
	switch {
	case err != nil:
		return "", false, err
	case status == http.StatusNotFound:
		return "", false, nil
	case status != http.StatusOK:
		return "", false, fmt.Errorf("registry %s: HEAD %s answered %d", c.Address, path, status)
	}
	return header.Get("Docker-Content-Digest"), true, nil
}

// ask returns status and header of the registry's answer.
func (c Client) ask(ctx context.Context, method, path string) (int, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.Address+path, nil)
	if err != nil {
		return 0, nil, err
	}
	request.Header["Accept"] = manifests
	answer, err := direct.Do(request)
	if err != nil {
		return 0, nil, err
	}
	return answer.StatusCode, answer.Header, answer.Body.Close()
}
