package record

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"twinstack.dev/chaos/internal/history"
)

const (
	tokenHeader = "X-Write-Token"
	// maxBody bounds what is kept of an answer.
	maxBody = 4096
)

func (c *Client) request(ctx context.Context, a attempt, address string) (*http.Request, error) {
	url := "http://" + net.JoinHostPort(address, strconv.Itoa(c.Port)) + "/v1/transfers"
	method := http.MethodPost
	if a.kind == history.Read {
		method, url = http.MethodGet, url+"/"+a.known.id
	}
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(a.body))
	if err != nil {
		return nil, err
	}
	request.Host = c.Resolver.Name
	request.Header.Set("Content-Type", "application/json")
	if a.known.token != "" {
		request.Header.Set(tokenHeader, a.known.token)
	}
	return request, nil
}

func bodyOf(response *http.Response) (string, error) {
	text, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	return strings.TrimSpace(string(text)), err
}

// Health asks a region for its own word about itself, which is what DNS goes by.
type Health struct {
	Log    *history.Log
	Region string
	URL    string
	Every  time.Duration
	// Patience is how long one answer may take.
	Patience time.Duration
}

// Run asks until the context ends.
func (h Health) Run(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	every(ctx, h.Every, func() {
		seen := history.Health{Region: h.Region, Span: history.Span{Begin: h.Log.Now()}}
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.Patience)
		defer cancel()
		err := h.ask(bounded, client, &seen)
		seen.Span, seen.Problem = h.Log.Since(seen.Begin), problem(err)
		h.Log.Health(seen)
	})
}

func (h Health) ask(ctx context.Context, client *http.Client, seen *history.Health) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := bodyOf(response)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), seen)
}
