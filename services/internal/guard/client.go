package guard

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/problem"
)

// ClientConfig says how to reach a guard.
type ClientConfig struct {
	// URL is https://host:port; the host is also the name in the guard's certificate.
	URL string
	// Trust holds this process' client certificate.
	Trust mysql.TrustFiles
}

const (
	dialTimeout = time.Second
	idleTimeout = 30 * time.Second
)

// Client asks one guard. Every call ends with its context.
type Client struct {
	url  string
	http *http.Client
}

// NewClient returns a client, without connecting.
func NewClient(config ClientConfig) (*Client, error) {
	parsed, err := url.Parse(config.URL)
	if err != nil || parsed.Scheme != "https" || parsed.Port() == "" || parsed.Path != "" {
		return nil, fmt.Errorf("guard's URL is %q; must be https://host:port; set it to e.g. https://database-a-0.database:8443", config.URL)
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		trust, err := config.Trust.Client(parsed.Hostname())
		if err != nil {
			return nil, err
		}
		dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: trust}
		return dialer.DialContext(ctx, network, address)
	}
	return &Client{config.URL, &http.Client{Transport: &http.Transport{DialTLSContext: dial, IdleConnTimeout: idleTimeout}}}, nil
}

// State returns what the guard says of itself.
func (c *Client) State(ctx context.Context) (state State, err error) {
	return state, c.call(ctx, http.MethodGet, statePath, nil, &state)
}

// Open lets clients write until a moment on the guard's clock. It is refused with ErrStaleBoot, ErrStaleEpoch, ErrPast or
// ErrNotRunning.
func (c *Client) Open(ctx context.Context, bootID string, epoch int64, until time.Duration) error {
	return c.call(ctx, http.MethodPost, openPath, term{bootID, epoch, until}, nil)
}

// Renew moves that moment. It is refused as Open is, and with ErrNotOpen.
func (c *Client) Renew(ctx context.Context, bootID string, epoch int64, until time.Duration) error {
	return c.call(ctx, http.MethodPost, renewPath, term{bootID, epoch, until}, nil)
}

// Close ends writing now and returns what was committed up to then. Where commits can't end, mysqld is killed, and the
// answer comes when it is back.
func (c *Client) Close(ctx context.Context, reason string) (mysql.GTIDSet, error) {
	var answer closed
	err := c.call(ctx, http.MethodPost, closePath, closing{reason}, &answer)
	return answer.Executed, err
}

// Restart kills mysqld, which comes back closed. It is refused with ErrOpen, ErrStaleBoot or ErrNotRunning.
func (c *Client) Restart(ctx context.Context, bootID, reason string) error {
	return c.call(ctx, http.MethodPost, restartPath, restarting{bootID, reason}, nil)
}

// SaveTail keeps the binary logs that hold set in a folder that a clone doesn't wipe. Saving the same again finds it done.
func (c *Client) SaveTail(ctx context.Context, set mysql.GTIDSet) (path string, size int64, err error) {
	var answer tailAnswer
	err = c.call(ctx, http.MethodPost, tailPath, tailRequest{set}, &answer)
	return answer.Path, answer.Bytes, err
}

func (c *Client) call(ctx context.Context, method, path string, request, answer any) error {
	var body io.Reader
	if request != nil {
		text, err := json.Marshal(request)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return err
	}
	response, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refusal(path, response)
	}
	if answer == nil {
		// Read to the end, so that the connection can be used again.
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// refusal turns a problem back into an error.
func refusal(path string, response *http.Response) error {
	var p problem.Problem
	if err := json.NewDecoder(io.LimitReader(response.Body, longestBody)).Decode(&p); err != nil {
		return fmt.Errorf("guard: %s: %s", path, response.Status)
	}
	if known := errorOf(p.Type); known != nil {
		return fmt.Errorf("guard: %s: %w (%s)", path, known, p.Detail)
	}
	return fmt.Errorf("guard: %s: %s: %s", path, response.Status, p.Detail)
}
