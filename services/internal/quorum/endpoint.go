package quorum

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

const (
	// hedgeAfter is how long one voter may be silent before the next is asked too. It exceeds a slow link's round trips.
	hedgeAfter = 300 * time.Millisecond
	// unackedAfter ends a connection whose packets nobody acknowledges (TCP_USER_TIMEOUT), as behind a cut link.
	unackedAfter = 2 * time.Second
	// pingEvery is gRPC's least pause between pings.
	pingEvery = 10 * time.Second
	// reconnectWithin bounds the pause between attempts to reach a voter that was away.
	reconnectWithin = time.Second
)

// endpoint is one voter with a client of its own: a client of several would go on sending to one that answers nothing.
type endpoint struct {
	name   string
	url    string
	client *clientv3.Client
	// kv and leases are the plain requests: what the client wraps around them tries the same voter again until the
	// context ends, while here another voter is asked.
	kv     clientv3.KV
	leases etcdserverpb.LeaseClient
}

// endpoints are all voters, and which of them answered last.
type endpoints struct {
	all       []*endpoint
	preferred atomic.Int32
}

func dial(urls []string, trust *tls.Config) (*endpoints, error) {
	e := &endpoints{}
	for _, text := range urls {
		parsed, err := url.Parse(text)
		if err != nil || parsed.Hostname() == "" {
			e.close()
			return nil, fmt.Errorf("the endpoint %q is no URL with a host", text)
		}
		client, err := clientv3.New(clientv3.Config{
			Endpoints: []string{text}, TLS: trust, Logger: zap.NewNop(),
			DialKeepAliveTime: pingEvery, DialKeepAliveTimeout: unackedAfter,
			DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
				Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: reconnectWithin},
				MinConnectTimeout: unackedAfter,
			})},
		})
		if err != nil {
			e.close()
			return nil, fmt.Errorf("the endpoint %s: %w", text, err)
		}
		connection := client.ActiveConnection()
		e.all = append(e.all, &endpoint{
			name: parsed.Hostname(), url: text, client: client,
			kv:     clientv3.NewKVFromKVClient(etcdserverpb.NewKVClient(connection), client),
			leases: etcdserverpb.NewLeaseClient(connection),
		})
	}
	return e, nil
}

func (e *endpoints) close() {
	for _, one := range e.all {
		// What can't be closed properly is gone with the process.
		_ = one.client.Close()
	}
}

// inOrder lists the voters, beginning with the one that answered last.
func (e *endpoints) inOrder() []int {
	first := int(e.preferred.Load())
	order := make([]int, len(e.all))
	for i := range order {
		order[i] = (first + i) % len(e.all)
	}
	return order
}

// hedged does a request that may be done twice: it asks one voter, and after an error or a silence the next one too.
// The first good answer counts.
func hedged[T any](ctx context.Context, e *endpoints, request func(context.Context, *endpoint) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		from  int
		value T
		err   error
	}
	answers := make(chan answer, len(e.all))
	waiting := e.inOrder()
	asked := 0
	ask := func() {
		from := waiting[0]
		waiting = waiting[1:]
		asked++
		go func() {
			value, err := request(ctx, e.all[from])
			answers <- answer{from, value, err}
		}()
	}
	ask()
	hedge := time.NewTicker(hedgeAfter)
	defer hedge.Stop()
	var first error
	for {
		select {
		case a := <-answers:
			if a.err == nil {
				e.preferred.Store(int32(a.from))
				return a.value, nil
			}
			asked--
			if first == nil || isFinal(a.err) {
				first = a.err
			}
			if isFinal(a.err) || asked == 0 && len(waiting) == 0 {
				var none T
				return none, first
			}
			if len(waiting) > 0 {
				ask()
			}
		case <-hedge.C:
			if len(waiting) > 0 {
				ask()
			}
		}
	}
}
