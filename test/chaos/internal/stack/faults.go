package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const wanPatience = 10 * time.Second

// Direction is a link from one site to another.
type Direction struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Both are the two directions of a link.
func Both(one, other string) []Direction { return []Direction{{one, other}, {other, one}} }

// Quality is what a link does to packets; what is nil stays as it is.
type Quality struct {
	Delay  *time.Duration `json:"delayNanoseconds,omitempty"`
	Jitter *time.Duration `json:"jitterNanoseconds,omitempty"`
	Loss   *float64       `json:"loss,omitempty"`
	Cut    *bool          `json:"cut,omitempty"`
}

// Cut loses all packets.
func Cut() Quality { yes := true; return Quality{Cut: &yes} }

// Perfect loses none and delays none.
func Perfect() Quality {
	var none time.Duration
	var loss float64
	var cut bool
	return Quality{Delay: &none, Jitter: &none, Loss: &loss, Cut: &cut}
}

// SetLinks changes the quality of all these links at once. It asks the platform's daemon without the command, so that
// there is no time between two of them.
func (s Stack) SetLinks(ctx context.Context, links []Direction, quality Quality) error {
	return s.wan(ctx, http.MethodPatch, map[string]any{"pairs": links, "change": quality})
}

// HealLinks makes all links perfect.
func (s Stack) HealLinks(ctx context.Context) error { return s.wan(ctx, http.MethodDelete, nil) }

func (s Stack) wan(ctx context.Context, method string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, wanPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://wan/links", bytes.NewReader(text))
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.WANSocket)
	}}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("links between the sites: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		reason, _ := io.ReadAll(response.Body) // Without it the status still says that it failed.
		return fmt.Errorf("links between the sites: %s: %s", response.Status, strings.TrimSpace(string(reason)))
	}
	return nil
}

// CutClients loses what a region answers to clients, or no longer.
func (s Stack) CutClients(ctx context.Context, region string, cut bool) error {
	what := "--heal"
	if cut {
		what = "--cut"
	}
	_, err := command(ctx, s.Platform, "clients", region, what)
	return err
}

// PowerOff kills a site whole.
func (s Stack) PowerOff(ctx context.Context, site string) error {
	_, err := command(ctx, s.Platform, "kill", site)
	return err
}

// PowerOn switches a site on again.
func (s Stack) PowerOn(ctx context.Context, site string) error {
	_, err := command(ctx, s.Starter, "start", site)
	return err
}
