package steward

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"twinstack.dev/services/internal/mysql"
)

const (
	askDatabaseEvery  = 500 * time.Millisecond
	databasePatience  = 1500 * time.Millisecond
	databaseLasts     = 2500 * time.Millisecond
	lookAroundEvery   = time.Second
	lookAroundTimeout = time.Second
	reachWriterEvery  = 500 * time.Millisecond
	// peerPatience lets a connection be made anew, which takes six round trips with TLS, over a link of 200 ms.
	peerPatience = 2 * time.Second
	// silence is how long a failed look took if nobody refused it: all that patience, but for what timers are early.
	silence = peerPatience * 9 / 10
	// failuresInARow is how many looks must fail before something counts as lost.
	failuresInARow = 3
)

// observer looks at what the region depends on. Every look has a goroutine of its own: one that hangs delays no other.
type observer struct {
	config   Config
	clock    func() time.Duration
	database Database
	peers    map[string]Database
	nudge    func()
	client   *http.Client
	// again asks the local database now.
	again chan struct{}

	mu sync.Mutex
	// local is the last answer, which was asked for at asked; notBefore is the oldest question that counts.
	local     *mysql.Status
	localSeq  int64
	asked     time.Duration
	notBefore time.Duration
	problem   string
	// writer is the region whose database has to be reached; open tells that the local one accepts writes.
	writer     string
	open       bool
	writeFails bool
	reached    string
	// silent is the region whose database did not answer in time, if it was the last that was asked.
	silent  string
	serving streak
}

// streak debounces: good at the first success, bad after several failures in a row.
type streak struct {
	good   bool
	failed int
}

func (s *streak) note(success bool) {
	if success {
		*s = streak{good: true}
		return
	}
	s.failed++
	s.good = s.good && s.failed < failuresInARow
}

// run looks until ctx ends.
func (o *observer) run(ctx context.Context) {
	var looking sync.WaitGroup
	for _, look := range []struct {
		every time.Duration
		now   <-chan struct{}
		once  func(context.Context)
	}{
		{askDatabaseEvery, o.again, o.askLocal}, {lookAroundEvery, nil, o.probeWrite}, {reachWriterEvery, nil, o.reachWriter}, {lookAroundEvery, nil, o.askServing},
	} {
		looking.Add(1)
		go func() {
			defer looking.Done()
			ticker := time.NewTicker(look.every)
			defer ticker.Stop()
			for {
				look.once(ctx)
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
				case <-look.now:
				}
			}
		}()
	}
	looking.Wait()
}

func (o *observer) askLocal(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, databasePatience)
	defer cancel()
	asked := o.clock()
	status, err := o.database.Status(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.problem = err.Error()
		return
	}
	if asked < o.notBefore {
		return
	}
	if o.local == nil {
		o.nudge()
	}
	o.local, o.asked, o.problem = &status, asked, ""
	o.localSeq++
}

// forget makes answers that were asked for before now count no more, and asks anew.
func (o *observer) forget() {
	o.mu.Lock()
	o.notBefore, o.local = o.clock(), nil
	o.mu.Unlock()
	replace(o.again, struct{}{})
}

// status returns the local database's last answer, or nil if that is too old.
func (o *observer) status() (local *mysql.Status, seq int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.local == nil || o.clock()-o.asked > databaseLasts {
		return nil, o.localSeq
	}
	return o.local, o.localSeq
}

// expect tells whose database has to be reached, and whether the local one accepts writes.
func (o *observer) expect(writer string, open bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writer != writer {
		// What is known of another term says nothing of this one.
		o.silent = ""
	}
	o.writer, o.open = writer, open
	if !open {
		o.writeFails = false
	}
}

func (o *observer) probeWrite(ctx context.Context) {
	o.mu.Lock()
	open := o.open
	o.mu.Unlock()
	if !open {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookAroundTimeout)
	defer cancel()
	err := o.database.ProbeWrite(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writeFails = o.open && err != nil
}

func (o *observer) reachWriter(ctx context.Context) {
	o.mu.Lock()
	writer := o.writer
	o.mu.Unlock()
	if writer == "" || writer == o.config.Region {
		return
	}
	reached, silent := "", ""
	if peer, known := o.peers[writer]; known {
		ctx, cancel := context.WithTimeout(ctx, peerPatience)
		defer cancel()
		begin := o.clock()
		_, err := peer.Status(ctx)
		switch {
		case err == nil:
			reached = writer
		case o.clock()-begin >= silence:
			silent = writer
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reached != reached || o.silent != silent {
		o.nudge()
	}
	o.reached, o.silent = reached, silent
}

// isSilent tells whether the other region's writer did not answer in time when it was asked last.
func (o *observer) isSilent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writer != "" && o.silent == o.writer
}

// reachable tells whether the writer's database answered last time.
func (o *observer) reachable() bool {
	local, _ := o.status()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writer == o.config.Region {
		return local != nil
	}
	return o.writer != "" && o.reached == o.writer
}

func (o *observer) askServing(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookAroundTimeout)
	defer cancel()
	err := o.get(ctx, o.config.ServingURL)
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.serving.good
	o.serving.note(err == nil)
	if o.serving.good != before {
		o.nudge()
	}
}

func (o *observer) get(ctx context.Context, url string) error {
	if url == "" {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := o.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return nil
}

func (o *observer) isServing() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.serving.good
}

func (o *observer) failsToWrite() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writeFails
}
