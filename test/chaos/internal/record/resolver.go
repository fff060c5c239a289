package record

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/miekg/dns"

	"twinstack.dev/chaos/internal/history"
)

// Resolver asks one DNS server for the addresses of a name, and keeps nothing.
type Resolver struct {
	// Server is an address with its port.
	Server string
	// Source is the address that is asked from; empty for any.
	Source string
	Name   string
	// Try is how long one question waits for its answer; it is repeated while the context lasts.
	Try time.Duration
}

// Lookup returns the addresses in the order of the answer.
func (r Resolver) Lookup(ctx context.Context) ([]string, error) {
	client := &dns.Client{Timeout: r.Try}
	if r.Source != "" {
		client.Dialer = &net.Dialer{Timeout: r.Try, LocalAddr: &net.UDPAddr{IP: net.ParseIP(r.Source)}}
	}
	for {
		question := new(dns.Msg)
		question.SetQuestion(dns.Fqdn(r.Name), dns.TypeA)
		answer, _, err := client.ExchangeContext(ctx, question, r.Server)
		if err == nil {
			return addresses(r.Server, answer)
		}
		if ctx.Err() != nil || !isTimeout(err) {
			return nil, err
		}
	}
}

func addresses(server string, answer *dns.Msg) ([]string, error) {
	if answer.Rcode != dns.RcodeSuccess {
		return nil, fmt.Errorf("%s answers %s", server, dns.RcodeToString[answer.Rcode])
	}
	var found []string
	for _, record := range answer.Answer {
		if a, ok := record.(*dns.A); ok {
			found = append(found, a.A.String())
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s answers no address", server)
	}
	return found, nil
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

// Lookups asks one DNS server again and again.
type Lookups struct {
	Log      *history.Log
	Name     string
	Resolver Resolver
	Every    time.Duration
	// Patience is how long one lookup may take.
	Patience time.Duration
}

// Run asks until the context ends.
func (l Lookups) Run(ctx context.Context) {
	every(ctx, l.Every, func() {
		begin := l.Log.Now()
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.Patience)
		defer cancel()
		found, err := l.Resolver.Lookup(bounded)
		slices.Sort(found)
		l.Log.Lookup(history.Lookup{Span: l.Log.Since(begin), Server: l.Name, Addresses: found, Problem: problem(err)})
	})
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
