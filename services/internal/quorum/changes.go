package quorum

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Changes implements Store. It watches through every voter, since one that is cut off from the others sends nothing.
func (s *Etcd) Changes(ctx context.Context) <-chan struct{} {
	changed := make(chan struct{}, 1)
	for _, e := range s.endpoints.all {
		go func() {
			for ctx.Err() == nil {
				s.watch(ctx, e, changed)
				select {
				case <-ctx.Done():
				case <-time.After(reconnectWithin):
				}
			}
		}()
	}
	return changed
}

// watch nudges until the voter ends the watch or loses the others.
func (s *Etcd) watch(ctx context.Context, e *endpoint, changed chan<- struct{}) {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for answer := range e.client.Watch(ctx, s.config.Prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly()) {
		if answer.Err() != nil {
			return
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}
