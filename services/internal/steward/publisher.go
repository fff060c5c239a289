package steward

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/quorum"
)

const (
	publishEvery    = time.Second
	publishPatience = 2 * time.Second
	// keptEvents bounds the history; it is cut when it has grown by a half.
	keptEvents = 200
)

// publisher writes what others read of this region: its report, whether it is in service, and its own events. Nothing
// of it is compared by transactions, so it may come late or twice.
type publisher struct {
	config Config
	store  quorum.Store
	log    *slog.Logger

	mu        sync.Mutex
	lease     quorum.LeaseID
	report    decision.Report
	inService bool
	events    []decision.Event
	surplus   []string
	changed   bool
}

// publish replaces what is to be told. Transactions executed and seconds of lag change all the time and wait for the
// next round; the rest is told at once.
func (p *publisher) publish(lease quorum.LeaseID, report decision.Report, inService bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed = p.changed || lease != p.lease || inService != p.inService || outline(report) != outline(p.report)
	p.lease, p.report, p.inService = lease, report, inService
}

// outline is what of a report is told at once.
func outline(r decision.Report) string {
	text, err := json.Marshal([]any{r.Running, r.Open, r.Epoch, r.Following, r.Receiving, r.Applying, r.Group, r.WantsClone, r.Tail, r.Rebuilt, r.Busy})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// tell adds an event to the history.
func (p *publisher) tell(e decision.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	p.changed = true
}

// prune notes which events are too many. The writer does it for all.
func (p *publisher) prune(snapshot quorum.Snapshot, writer bool) {
	var keys []string
	for key := range snapshot.Items {
		if strings.HasPrefix(key, decision.KeysEvent) {
			keys = append(keys, key)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.surplus = nil
	if writer && len(keys) > keptEvents*3/2 {
		slices.Sort(keys)
		// A transaction has a greatest size.
		p.surplus = keys[:min(len(keys)-keptEvents, 50)]
	}
}

func (p *publisher) run(ctx context.Context) {
	last := time.Time{}
	every(ctx, publishEvery/10, func() {
		p.mu.Lock()
		due := p.lease != 0 && (p.changed || time.Since(last) >= publishEvery)
		p.mu.Unlock()
		if due {
			last = time.Now()
			p.write(ctx)
		}
	})
}

func (p *publisher) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	p.mu.Lock()
	puts := []quorum.Put{put(decision.KeysMember+p.config.Region, p.report, p.lease)}
	deletes := p.surplus
	service := decision.KeysRegion + p.config.Region
	if p.inService {
		puts = append(puts, put(service, map[string]string{"region": p.config.Region}, p.lease))
	} else {
		deletes = append(slices.Clone(deletes), service)
	}
	told := p.events
	for i, e := range told {
		puts = append(puts, put(decision.EventKey(e.End.Add(time.Duration(i)), e.Region), e, 0))
	}
	p.changed = false
	p.mu.Unlock()
	err := p.store.Set(ctx, puts, deletes)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.log.Debug("the report was not written", "error", err.Error())
		p.changed = true
		return
	}
	p.events = p.events[len(told):]
}

func put(key string, value any, lease quorum.LeaseID) quorum.Put {
	text, err := json.Marshal(value)
	if err != nil {
		// Reports and events are plain values.
		panic(err)
	}
	return quorum.Put{Key: key, Value: text, Lease: lease}
}
