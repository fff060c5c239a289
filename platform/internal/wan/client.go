package wan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"twinstack.dev/platform/internal/layout"
)

// requestTimeout bounds what is a matter of milliseconds.
const requestTimeout = 10 * time.Second

// ErrDown is the error when the daemon doesn't run.
var ErrDown = errors.New("the links between the regions aren't up; bring them up by `make up`")

// Client asks the daemon.
type Client struct{ http *http.Client }

// NewClient returns a client of the daemon that listens on a Unix socket.
func NewClient(socket string) Client {
	return Client{&http.Client{Timeout: requestTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}
}

// Links lists the links' states.
func (c Client) Links(ctx context.Context) ([]Link, error) {
	var links []Link
	return links, c.do(ctx, http.MethodGet, "/links", nil, &links)
}

// Set changes the quality of some directions.
func (c Client) Set(ctx context.Context, pairs []Pair, change Change) error {
	return c.do(ctx, http.MethodPatch, "/links", request{pairs, change}, nil)
}

// Heal makes all links perfect.
func (c Client) Heal(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/links", nil, nil)
}

// Attach joins a region, whose network namespace must be there. It does nothing when it is joined.
func (c Client) Attach(ctx context.Context, r layout.Region) error {
	return c.do(ctx, http.MethodPut, "/regions/"+r.Name, nil, nil)
}

// Detach takes a region off. Without a daemon there is nothing to take off.
func (c Client) Detach(ctx context.Context, r layout.Region) error {
	err := c.do(ctx, http.MethodDelete, "/regions/"+r.Name, nil, nil)
	if errors.Is(err, ErrDown) {
		return nil
	}
	return err
}

// do makes a request; what the daemon complains of is the error.
func (c Client) do(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://wan"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrDown
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode >= http.StatusBadRequest:
		return errors.New(strings.TrimSpace(string(answer)))
	case into == nil:
		return nil
	}
	return json.Unmarshal(answer, into)
}
