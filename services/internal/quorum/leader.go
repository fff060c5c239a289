package quorum

import (
	"context"
	"fmt"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Voters asks every voter how it is.
func (s *Etcd) Voters(ctx context.Context) []Voter {
	voters := make([]Voter, len(s.endpoints.all))
	for i, status := range s.statuses(ctx) {
		voters[i] = Voter{Name: s.endpoints.all[i].name}
		switch {
		case status.err != nil:
			voters[i].Problem = status.err.Error()
		case status.Leader == 0:
			voters[i].Problem = "sees no leader"
		default:
			voters[i].Healthy = true
			voters[i].Leader = status.Leader == status.Header.MemberId
		}
	}
	return voters
}

// LeadFrom moves the leadership to the voter of that name if it is healthy and another one leads. It tells whether it
// moved.
func (s *Etcd) LeadFrom(ctx context.Context, name string) (bool, error) {
	statuses := s.statuses(ctx)
	var wanted *voterStatus
	for i, e := range s.endpoints.all {
		if e.name == name {
			wanted = &statuses[i]
		}
	}
	if wanted == nil {
		return false, fmt.Errorf("no voter is named %q", name)
	}
	if wanted.err != nil || wanted.Leader == 0 || wanted.Leader == wanted.Header.MemberId || len(wanted.Errors) > 0 {
		return false, nil
	}
	for i, status := range statuses {
		if status.err != nil || status.Header.MemberId != wanted.Leader {
			continue
		}
		ctx, cancel := s.bounded(ctx)
		defer cancel()
		if _, err := s.endpoints.all[i].client.MoveLeader(ctx, wanted.Header.MemberId); err != nil {
			return false, fmt.Errorf("moving the leadership from %s to %s: %w", s.endpoints.all[i].name, name, err)
		}
		return true, nil
	}
	return false, nil
}

type voterStatus struct {
	*clientv3.StatusResponse
	err error
}

func (s *Etcd) statuses(ctx context.Context) []voterStatus {
	all := make([]voterStatus, len(s.endpoints.all))
	var asking sync.WaitGroup
	for i, e := range s.endpoints.all {
		asking.Add(1)
		go func() {
			defer asking.Done()
			ctx, cancel := s.bounded(ctx)
			defer cancel()
			status, err := e.client.Status(ctx, e.url)
			all[i] = voterStatus{status, err}
		}()
	}
	asking.Wait()
	return all
}
