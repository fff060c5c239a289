// Package record watches the running stack from where its users are: clients behind a resolver, DNS servers, the
// databases themselves, and the regions' own word.
package record

import (
	"context"
	"sync"
	"time"
)

// Recorder watches one thing until its context ends. What it has under way then is finished, within its own deadline.
type Recorder interface {
	Run(ctx context.Context)
}

// Start runs recorders; stop ends them and waits until all they saw is recorded.
func Start(ctx context.Context, recorders ...Recorder) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, r := range recorders {
		running.Go(func() { r.Run(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// every calls do at once and then in each period until the context ends. Periods that pass during a call are left out.
func every(ctx context.Context, period time.Duration, do func()) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for ctx.Err() == nil {
		do()
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}
