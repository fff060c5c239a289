package quorum

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"twinstack.dev/services/internal/awsclient"
)

const (
	// attempts bounds how often a change is tried while others change the same document: a few writes a second.
	attempts = 10
	// firstPause and longestPause bound what is waited for between two of them, at random.
	firstPause   = 20 * time.Millisecond
	longestPause = 400 * time.Millisecond
	// pollEvery is how often Changes looks.
	pollEvery = 250 * time.Millisecond
)

// TableConfig says where the table is.
type TableConfig struct {
	// Table is its name, which is the same in every region.
	Table string
	// Region is AWS' name of the region whose copy is asked.
	Region string
	// Prefix names the stack's item in it.
	Prefix string
	// Request is how long one request may take.
	Request time.Duration
	// Clock is lease.Clock outside tests.
	Clock func() time.Duration
}

// Dynamodb is a Store in one item of a DynamoDB table. Its copies, who leads them and which of them agree are AWS'
// business; what is needed of them is that a write on a condition is done once, and that a consistent read gives the last.
type Dynamodb struct {
	config TableConfig
	table  table
	leases *sightings
	sleep  func(context.Context, time.Duration) error
	// random returns a part of a duration.
	random func(time.Duration) time.Duration
	// changed is the revision of the last change of a key that any answer has shown, and looked when that answer came.
	changed, looked atomic.Int64
}

// OpenTable returns a store. It connects when it is first used.
func OpenTable(ctx context.Context, config TableConfig) (*Dynamodb, error) {
	settings, err := awsclient.Load(ctx, config.Region)
	if err != nil {
		return nil, err
	}
	return newDynamodb(config, &dynamoTable{dynamodb.NewFromConfig(settings), config.Table, config.Prefix}), nil
}

func newDynamodb(config TableConfig, t table) *Dynamodb {
	return &Dynamodb{config: config, table: t, leases: &sightings{clock: config.Clock}, sleep: sleep, random: rand.N[time.Duration]}
}

// Close does nothing: connections end with the process.
func (s *Dynamodb) Close() {}

// Grant implements Store. A lease whose grant was not answered ends by itself.
func (s *Dynamodb) Grant(ctx context.Context, ttl time.Duration) (LeaseID, error) {
	d, err := s.change(ctx, func(d *document) error {
		d.LastLease++
		d.Leases[d.LastLease] = term{Duration: ttl}
		return nil
	})
	return d.LastLease, err
}

// Renew implements Store. What it returns is the document that it wrote, so nothing is older than the renewal.
func (s *Dynamodb) Renew(ctx context.Context, id LeaseID) (Snapshot, error) {
	d, err := s.change(ctx, func(d *document) error {
		t, alive := d.Leases[id]
		if !alive {
			return ErrLeaseLost
		}
		t.Renewals++
		d.Leases[id] = t
		return nil
	})
	if errors.Is(err, ErrLeaseLost) {
		return Snapshot{}, ErrLeaseLost
	}
	if err != nil {
		return Snapshot{}, err
	}
	return d.snapshot(), nil
}

// Read implements Store. It ends leases that are over.
func (s *Dynamodb) Read(ctx context.Context) (Snapshot, error) {
	d, err := s.read(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	return d.snapshot(), nil
}

// errCondition means that a condition of a transaction does not hold.
var errCondition = errors.New("a condition does not hold")

// Commit implements Store.
func (s *Dynamodb) Commit(ctx context.Context, txn Txn) (bool, error) {
	_, err := s.change(ctx, func(d *document) error {
		if !d.holds(txn.If) {
			return errCondition
		}
		return d.apply(txn.Put, txn.Delete)
	})
	switch {
	case errors.Is(err, ErrUncertain):
		return false, err
	case errors.Is(err, errCondition):
		return false, nil
	}
	return err == nil, err
}

// Set implements Store.
func (s *Dynamodb) Set(ctx context.Context, puts []Put, deletes []string) error {
	_, err := s.change(ctx, func(d *document) error { return d.apply(puts, deletes) })
	return err
}

// change reads the document, alters a copy and replaces the document by it, again and again until nobody came between.
// Once an attempt was not answered, a refusal by a later one proves nothing: the first may have been done, and be the very
// reason for it.
func (s *Dynamodb) change(ctx context.Context, alter func(*document) error) (document, error) {
	var silent, last error
	failed := func(err error) (document, error) {
		if silent != nil {
			return document{}, fmt.Errorf("%w: %v (%v)", ErrUncertain, err, silent)
		}
		return document{}, err
	}
	for attempt := range attempts {
		if attempt > 0 {
			if err := s.pause(ctx, attempt); err != nil {
				return failed(errors.Join(err, last))
			}
		}
		now, err := s.read(ctx)
		if errors.As(err, new(refusal)) {
			return failed(err)
		}
		if err != nil {
			last = err
			continue
		}
		next := now.next()
		if err := alter(&next); err != nil {
			return failed(err)
		}
		err = s.replace(ctx, next)
		switch last = err; {
		case err == nil:
			return next, nil
		case errors.As(err, new(refusal)):
			return failed(err)
		case !errors.Is(err, errNotWritten):
			silent = err
		}
	}
	return failed(fmt.Errorf("not done in %d attempts: %w", attempts, last))
}

// read returns the document without the leases that are over, which it has ended.
func (s *Dynamodb) read(ctx context.Context) (document, error) {
	for attempt := 1; ; attempt++ {
		now, err := s.get(ctx)
		if err != nil {
			return document{}, err
		}
		over := s.leases.over(now)
		if len(over) == 0 {
			return now, nil
		}
		next := now.next()
		next.end(over)
		err = s.replace(ctx, next)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, errNotWritten) || attempt == attempts {
			return document{}, fmt.Errorf("ending leases %v: %w", over, err)
		}
		if err := s.pause(ctx, attempt); err != nil {
			return document{}, err
		}
	}
}

func (s *Dynamodb) get(ctx context.Context) (document, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Request)
	defer cancel()
	d, err := s.table.get(ctx)
	if err == nil {
		s.changed.Store(d.Changed)
		s.looked.Store(int64(s.config.Clock()))
	}
	return d, err
}

func (s *Dynamodb) replace(ctx context.Context, d document) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Request)
	defer cancel()
	return s.table.replace(ctx, d)
}

// pause lets others be first: for longer each time, and never for the same time as another process.
func (s *Dynamodb) pause(ctx context.Context, attempt int) error {
	return s.sleep(ctx, s.random(min(firstPause<<attempt, longestPause)))
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Changes implements Store. A table tells nobody: it is asked, unless somebody here has just done so, since every question
// is paid for. Renewals are no change.
func (s *Dynamodb) Changes(ctx context.Context) <-chan struct{} {
	changed := make(chan struct{}, 1)
	go func() {
		var known int64
		for s.sleep(ctx, pollEvery) == nil {
			if s.config.Clock()-time.Duration(s.looked.Load()) >= pollEvery {
				_, _ = s.read(ctx) // What can't be read has not changed.
			}
			now := s.changed.Load()
			if now == known {
				continue
			}
			known = now
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	}()
	return changed
}

// Voters tells whether the table answers here.
func (s *Dynamodb) Voters(ctx context.Context) []Voter {
	v := Voter{Name: "table " + s.config.Table + " in " + s.config.Region, Managed: true}
	if _, err := s.get(ctx); err != nil {
		v.Problem = err.Error()
	}
	v.Healthy = v.Problem == ""
	return []Voter{v}
}
