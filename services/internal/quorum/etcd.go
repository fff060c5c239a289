package quorum

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Config says where the voters are and how to speak to them.
type Config struct {
	// Endpoints are URLs, one for each voter; their host names are the voters' names.
	Endpoints []string
	// Prefix begins every key and ends with a slash.
	Prefix string
	// Request is how long one voter may take for one request.
	Request time.Duration
	// Trust is nil where voters are reached without TLS.
	Trust *tls.Config
}

// Etcd is a Store in etcd.
type Etcd struct {
	config    Config
	endpoints *endpoints
}

// Dial returns a store. It connects when it is first used, so that voters may come later.
func Dial(config Config) (*Etcd, error) {
	e, err := dial(config.Endpoints, config.Trust)
	if err != nil {
		return nil, err
	}
	return &Etcd{config: config, endpoints: e}, nil
}

// Close ends all connections.
func (s *Etcd) Close() { s.endpoints.close() }

// Grant implements Store. A majority agrees to a grant, so nothing more has to be looked at.
func (s *Etcd) Grant(ctx context.Context, ttl time.Duration) (LeaseID, error) {
	return hedged(ctx, s.endpoints, func(ctx context.Context, e *endpoint) (LeaseID, error) {
		ctx, cancel := s.bounded(ctx)
		defer cancel()
		granted, err := e.leases.LeaseGrant(ctx, &etcdserverpb.LeaseGrantRequest{TTL: int64((ttl + time.Second - 1) / time.Second)})
		if err != nil {
			return 0, err
		}
		return LeaseID(granted.ID), nil
	})
}

// Renew implements Store. A renewal is answered by the leader alone, without asking the others: one that was just ousted,
// or that slept, may answer too, and its successor knows nothing of it. So a majority is asked afterwards through the
// same voter, and both answers must be of the same term: then the leader that renewed still was the leader after it
// renewed, and a later one extends the lease from its own election.
func (s *Etcd) Renew(ctx context.Context, id LeaseID) (Snapshot, error) {
	return hedged(ctx, s.endpoints, func(ctx context.Context, e *endpoint) (Snapshot, error) {
		ctx, cancel := s.bounded(ctx)
		defer cancel()
		term, err := renewOnce(clientv3.WithRequireLeader(ctx), e, id)
		if err != nil {
			return Snapshot{}, err
		}
		all, err := e.kv.Get(ctx, s.config.Prefix, clientv3.WithPrefix())
		if err != nil {
			return Snapshot{}, err
		}
		if all.Header.RaftTerm != term {
			return Snapshot{}, ErrLeaderChanged
		}
		return s.snapshot(all), nil
	})
}

// renewOnce returns the term that the voter was in before it renewed.
func renewOnce(ctx context.Context, e *endpoint, id LeaseID) (term uint64, err error) {
	stream, err := e.leases.LeaseKeepAlive(ctx)
	if err != nil {
		return 0, err
	}
	if err := stream.Send(&etcdserverpb.LeaseKeepAliveRequest{ID: int64(id)}); err != nil {
		return 0, err
	}
	renewed, err := stream.Recv()
	if err != nil {
		return 0, err
	}
	if renewed.TTL <= 0 {
		return 0, ErrLeaseLost
	}
	return renewed.Header.RaftTerm, stream.CloseSend()
}

// Read implements Store.
func (s *Etcd) Read(ctx context.Context) (Snapshot, error) {
	return hedged(ctx, s.endpoints, func(ctx context.Context, e *endpoint) (Snapshot, error) {
		ctx, cancel := s.bounded(ctx)
		defer cancel()
		all, err := e.kv.Get(ctx, s.config.Prefix, clientv3.WithPrefix())
		if err != nil {
			return Snapshot{}, err
		}
		return s.snapshot(all), nil
	})
}

func (s *Etcd) snapshot(all *clientv3.GetResponse) Snapshot {
	shot := Snapshot{Revision: all.Header.Revision, Items: make(map[string]Item, len(all.Kvs))}
	for _, kv := range all.Kvs {
		key := strings.TrimPrefix(string(kv.Key), s.config.Prefix)
		shot.Items[key] = Item{Value: kv.Value, Revision: kv.ModRevision, Lease: LeaseID(kv.Lease)}
	}
	return shot
}

// Commit implements Store. Voters are asked one after the other; if one did not answer, a refusal by the next proves
// nothing, since the first may have done it.
func (s *Etcd) Commit(ctx context.Context, txn Txn) (bool, error) {
	var compares []clientv3.Cmp
	for _, c := range txn.If {
		compares = append(compares, clientv3.Compare(clientv3.ModRevision(s.config.Prefix+c.Key), "=", c.Revision))
	}
	operations := s.operations(txn.Put, txn.Delete)
	var silent error
	for _, i := range s.endpoints.inOrder() {
		done, err := s.commitAt(ctx, s.endpoints.all[i], compares, operations)
		switch {
		case errors.Is(err, rpctypes.ErrLeaseNotFound):
			return false, ErrLeaseLost
		case err == nil && (done || silent == nil):
			s.endpoints.preferred.Store(int32(i))
			return done, nil
		case err == nil:
			return false, fmt.Errorf("%w: %w", ErrUncertain, silent)
		}
		silent = err
	}
	return false, fmt.Errorf("%w: %w", ErrUncertain, silent)
}

func (s *Etcd) commitAt(ctx context.Context, e *endpoint, compares []clientv3.Cmp, operations []clientv3.Op) (bool, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	answer, err := e.kv.Txn(ctx).If(compares...).Then(operations...).Commit()
	if err != nil {
		return false, err
	}
	return answer.Succeeded, nil
}

// Set implements Store.
func (s *Etcd) Set(ctx context.Context, puts []Put, deletes []string) error {
	operations := s.operations(puts, deletes)
	_, err := hedged(ctx, s.endpoints, func(ctx context.Context, e *endpoint) (bool, error) {
		return s.commitAt(ctx, e, nil, operations)
	})
	return err
}

func (s *Etcd) operations(puts []Put, deletes []string) []clientv3.Op {
	var all []clientv3.Op
	for _, p := range puts {
		all = append(all, clientv3.OpPut(s.config.Prefix+p.Key, string(p.Value), clientv3.WithLease(clientv3.LeaseID(p.Lease))))
	}
	for _, key := range deletes {
		all = append(all, clientv3.OpDelete(s.config.Prefix+key))
	}
	return all
}

func (s *Etcd) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.config.Request)
}

// isFinal tells errors that no other voter would answer differently.
func isFinal(err error) bool {
	return errors.Is(err, ErrLeaseLost) || errors.Is(err, rpctypes.ErrLeaseNotFound)
}
