// Package progress runs a plan, step by step, and tells a person how it goes.
package progress

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	updateOnTerminal = time.Second
	updateInLog      = 10 * time.Second
)

// Step is one line of a plan.
type Step struct {
	// Title names what the step makes, such as "kubernetes toolchain".
	Title string
	// Run does it. It must do nothing when there is nothing to do.
	Run func(ctx context.Context, r *Running) error
}

// Running is a step under way; it may be used by several goroutines.
type Running struct {
	mutex         sync.Mutex
	doing, result string
}

// Doing says what the step is at, such as "building".
func (r *Running) Doing(format string, values ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.doing = fmt.Sprintf(format, values...)
}

// Done says what the step came to, such as "built" or "already there".
func (r *Running) Done(format string, values ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.result = fmt.Sprintf(format, values...)
}

func (r *Running) texts() (doing, result string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.doing, r.result
}

// Printer writes the lines.
type Printer struct {
	// Out is where they go.
	Out io.Writer
	// Terminal rewrites the running step's line in place; otherwise updates are lines, and fewer.
	Terminal bool

	interval time.Duration
	now      func() time.Time
}

// Run runs the steps in order and stops at the first that fails.
func (p *Printer) Run(ctx context.Context, steps []Step) error {
	for index, step := range steps {
		head := fmt.Sprintf("[%*d/%d] %s", len(fmt.Sprint(len(steps))), index+1, len(steps), step.Title)
		if err := p.run(ctx, head, step); err != nil {
			return fmt.Errorf("%s: %w", step.Title, err)
		}
	}
	return nil
}

// run runs one step and writes its lines.
func (p *Printer) run(ctx context.Context, head string, step Step) error {
	begin, running := p.clock(), &Running{doing: "working", result: "done"}
	finished := make(chan struct{})
	var updates sync.WaitGroup
	updates.Go(func() { p.update(head, running, begin, finished) })
	err := step.Run(ctx, running)
	close(finished)
	updates.Wait()
	elapsed := Elapsed(p.clock().Sub(begin))
	if err != nil {
		p.line("%s … failed after %s", head, elapsed)
		return err
	}
	_, result := running.texts()
	p.line("%s … %s in %s", head, result, elapsed)
	return nil
}

// update writes what a long step is at, every so often, until it has finished.
func (p *Printer) update(head string, running *Running, begin time.Time, finished <-chan struct{}) {
	interval := p.interval
	if interval == 0 {
		interval = updateInLog
		if p.Terminal {
			interval = updateOnTerminal
		}
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-finished:
			return
		case <-ticker.C:
			doing, _ := running.texts()
			text := fmt.Sprintf("%s … still %s, %s", head, doing, Elapsed(p.clock().Sub(begin)))
			if p.Terminal {
				fmt.Fprintf(p.Out, "\r\x1b[K%s", text)
			} else {
				fmt.Fprintln(p.Out, text)
			}
		}
	}
}

// line writes a line that stays.
func (p *Printer) line(format string, values ...any) {
	if p.Terminal {
		fmt.Fprint(p.Out, "\r\x1b[K")
	}
	fmt.Fprintf(p.Out, format+"\n", values...)
}

func (p *Printer) clock() time.Time {
	if p.now != nil {
		return p.now()
	}
	return time.Now()
}

// Elapsed words a duration in seconds: short ones with one digit after the point.
func Elapsed(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
