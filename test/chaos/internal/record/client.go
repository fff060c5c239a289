package record

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"twinstack.dev/chaos/internal/history"
)

const (
	clientPeriod = 100 * time.Millisecond
	// maxUnderWay exceeds what can be under way at this period with this patience.
	maxUnderWay = 30
)

// Client uses the service as somebody in one region would: it asks the resolver for each request, connects anew, and does
// not try twice. It makes transfers and reads back those that were acknowledged to it.
type Client struct {
	Log      *history.Log
	Name     string
	Resolver Resolver
	// Source is the address that requests come from.
	Source string
	// Port is the service's; its host is Resolver.Name.
	Port     int
	Accounts []string
	// Prefix begins the ids of all transfers; no other run has it.
	Prefix string
	Seed   uint64

	http   *http.Client
	mu     sync.Mutex
	random *rand.Rand
	made   int
	known  []transfer
}

type transfer struct{ id, token string }

// Run sends requests until the context ends, then waits for those under way.
func (c *Client) Run(ctx context.Context) {
	c.random = rand.New(rand.NewPCG(c.Seed, 0))
	c.http = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(c.Source)}}).DialContext,
	}}
	places := make(chan struct{}, maxUnderWay)
	var underWay sync.WaitGroup
	defer underWay.Wait()
	every(ctx, clientPeriod, func() {
		places <- struct{}{}
		next := c.next()
		underWay.Go(func() {
			c.do(context.WithoutCancel(ctx), next)
			<-places
		})
	})
}

// attempt is a request before it is sent.
type attempt struct {
	kind  string
	known transfer
	body  string
	pick  int
}

// next alternates between writes and reads. There is nothing to read before the first write is acknowledged.
func (c *Client) next() attempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	a := attempt{kind: history.Write, pick: c.random.IntN(1 << 16)}
	if c.made%2 == 0 && len(c.known) > 0 {
		a.kind, a.known = history.Read, c.known[c.random.IntN(len(c.known))]
		return a
	}
	from := c.random.IntN(len(c.Accounts))
	to := (from + 1 + c.random.IntN(len(c.Accounts)-1)) % len(c.Accounts)
	a.known.id = fmt.Sprintf("%s-%s-%d", c.Prefix, c.Name, c.made)
	a.body = fmt.Sprintf(`{"id":%q,"from":%q,"to":%q,"amount":%d}`, a.known.id, c.Accounts[from], c.Accounts[to], 1+c.random.IntN(5))
	return a
}

func (c *Client) do(ctx context.Context, a attempt) {
	ctx, cancel := context.WithTimeout(ctx, history.Patience)
	defer cancel()
	r := history.Request{Client: c.Name, Kind: a.kind, ID: a.known.id, Span: history.Span{Begin: c.Log.Now()}}
	var err error
	if r.Answer, err = c.Resolver.Lookup(ctx); err == nil {
		r.Address = r.Answer[a.pick%len(r.Answer)]
		err = c.send(ctx, a, &r)
	}
	r.Span, r.Problem = c.Log.Since(r.Begin), problem(err)
	c.Log.Request(r)
}

// send does the request at the chosen address and fills in what came of it.
func (c *Client) send(ctx context.Context, a attempt, r *history.Request) error {
	request, err := c.request(ctx, a, r.Address)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	r.Status, r.Region = response.StatusCode, response.Header.Get("X-Region")
	r.Gone = a.kind == history.Read && (r.Status == http.StatusNotFound || r.Status == http.StatusPreconditionFailed)
	text, err := bodyOf(response)
	if err != nil {
		return err
	}
	if r.Status != http.StatusOK {
		return fmt.Errorf("answered %d: %s", r.Status, text)
	}
	r.Good = true
	if a.kind == history.Write {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.known = append(c.known, transfer{a.known.id, response.Header.Get(tokenHeader)})
	}
	return nil
}
