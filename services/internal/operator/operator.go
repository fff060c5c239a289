// Package operator is the steward's command line without its words and flags: it reads what is agreed in the quorum and
// asks for changes there. It decides nothing; the stewards do.
package operator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/quorum"
)

const (
	// requestLasts bounds how long after it was asked for something is done.
	requestLasts = time.Minute
	lookEvery    = 200 * time.Millisecond
	callPatience = 5 * time.Second
)

// Store is what an operator needs of the quorum.
type Store interface {
	quorum.Store
	Voters(ctx context.Context) []quorum.Voter
}

// Operator asks for changes and looks at what comes of them.
type Operator struct{ Store Store }

func (o Operator) read(ctx context.Context) (decision.Agreed, quorum.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	snapshot, err := o.Store.Read(ctx)
	if err != nil {
		return decision.Agreed{}, quorum.Snapshot{}, fmt.Errorf("the quorum does not answer: %w", err)
	}
	agreed, err := decision.Decode(snapshot, 0)
	return agreed, snapshot, err
}

// Switchover makes a region the writer by plan, and waits until it is.
func (o Operator) Switchover(ctx context.Context, to string) error {
	agreed, _, err := o.read(ctx)
	if err != nil {
		return err
	}
	if agreed.Writer == nil {
		return fmt.Errorf("there is no writer to switch over from; wait for one, or decide by failover --to %s --accept-loss", to)
	}
	if agreed.Writer.Region == to && agreed.Writer.Open {
		return nil
	}
	return o.ask(ctx, decision.Request{Kind: decision.Switchover, To: to, Epoch: agreed.Epoch()}, isOpen(to))
}

// Failover makes a region the writer while there is none, and waits until it is.
func (o Operator) Failover(ctx context.Context, to string) error {
	agreed, _, err := o.read(ctx)
	if err != nil {
		return err
	}
	if w := agreed.Writer; w != nil {
		return fmt.Errorf("region %s is the writer and holds its lease; a failover needs that there is none; use switchover --to %s", w.Region, to)
	}
	if _, alive := agreed.Reports[to]; !alive {
		return fmt.Errorf("region %q has no steward that holds a lease; must be one of %s", to, strings.Join(names(agreed), ", "))
	}
	return o.ask(ctx, decision.Request{Kind: decision.Failover, To: to, AcceptLoss: true, Epoch: agreed.Epoch()}, isOpen(to))
}

// Rebuild clones a region's database anew, and waits until that is done.
func (o Operator) Rebuild(ctx context.Context, region string) error {
	agreed, _, err := o.read(ctx)
	if err != nil {
		return err
	}
	if agreed.Writer == nil {
		return errors.New("there is no writer to clone from; wait for one")
	}
	if _, alive := agreed.Reports[region]; !alive {
		return fmt.Errorf("region %q has no steward that holds a lease; must be one of %s", region, strings.Join(names(agreed), ", "))
	}
	return o.ask(ctx, decision.Request{Kind: decision.Rebuild, To: region, Epoch: agreed.Epoch()}, func(a decision.Agreed, id string) bool {
		return a.Reports[region].Rebuilt == id
	})
}

// Pause stops changes of the writer that nobody asked for, or allows them again.
func (o Operator) Pause(ctx context.Context, paused bool) error {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	if paused {
		return o.Store.Set(ctx, []quorum.Put{{Key: decision.KeyPaused, Value: []byte("{}")}}, nil)
	}
	return o.Store.Set(ctx, nil, []string{decision.KeyPaused})
}

// Events returns the history, oldest first.
func (o Operator) Events(ctx context.Context) ([]decision.Event, error) {
	_, snapshot, err := o.read(ctx)
	if err != nil {
		return nil, err
	}
	return events(snapshot)
}

func events(snapshot quorum.Snapshot) ([]decision.Event, error) {
	var keys []string
	for key := range snapshot.Items {
		if strings.HasPrefix(key, decision.KeysEvent) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	all := make([]decision.Event, len(keys))
	for i, key := range keys {
		if err := json.Unmarshal(snapshot.Items[key].Value, &all[i]); err != nil {
			return nil, fmt.Errorf("key %s: %w", key, err)
		}
	}
	return all, nil
}

func isOpen(region string) func(decision.Agreed, string) bool {
	return func(a decision.Agreed, _ string) bool {
		return a.Writer != nil && a.Writer.Region == region && a.Writer.Open
	}
}

// ask puts the request and waits until it is done or refused. It keeps the request alive meanwhile.
func (o Operator) ask(ctx context.Context, request decision.Request, done func(decision.Agreed, string) bool) error {
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	request.ID = hex.EncodeToString(random)
	value, err := json.Marshal(request)
	if err != nil {
		return err
	}
	lease, err := o.put(ctx, value)
	if err != nil {
		return err
	}
	renewal := time.NewTicker(requestLasts / 4)
	defer renewal.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("request %s has not been done in time; it is forgotten after %s", request.ID, requestLasts)
		case <-renewal.C:
			// A renewal that fails shows in what comes next.
			_, _ = o.Store.Renew(ctx, lease)
		case <-look.C:
			agreed, snapshot, err := o.read(ctx)
			if err != nil {
				continue
			}
			if reason := refusal(snapshot, request.ID); reason != "" {
				return errors.New(reason)
			}
			if done(agreed, request.ID) {
				return nil
			}
		}
	}
}

func (o Operator) put(ctx context.Context, value []byte) (quorum.LeaseID, error) {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	lease, err := o.Store.Grant(ctx, requestLasts)
	if err != nil {
		return 0, fmt.Errorf("the quorum does not answer: %w", err)
	}
	done, err := o.Store.Commit(ctx, quorum.Txn{
		If: []quorum.Condition{{Key: decision.KeyRequest}}, Put: []quorum.Put{{Key: decision.KeyRequest, Value: value, Lease: lease}},
	})
	if err != nil {
		return 0, err
	}
	if !done {
		return 0, errors.New("another request is under way; wait until it is done")
	}
	return lease, nil
}

func refusal(snapshot quorum.Snapshot, id string) string {
	all, err := events(snapshot)
	if err != nil {
		return err.Error()
	}
	for _, e := range all {
		if e.Kind == decision.EventRefused && strings.Contains(e.Reason, id) {
			return e.Reason
		}
	}
	return ""
}

func names(a decision.Agreed) []string {
	var all []string
	for region := range a.Reports {
		all = append(all, region)
	}
	slices.Sort(all)
	return all
}
