package progress

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock moves by a fixed time whenever it is read.
func clock(step time.Duration) func() time.Time {
	var mutex sync.Mutex
	now := time.Unix(0, 0)
	return func() time.Time {
		mutex.Lock()
		defer mutex.Unlock()
		now = now.Add(step)
		return now
	}
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	printer := Printer{Out: &out, now: clock(2500 * time.Millisecond)}
	step := func(result string) Step {
		return Step{Title: "step " + result, Run: func(_ context.Context, r *Running) error {
			r.Done("%s", result)
			return nil
		}}
	}
	var steps []Step
	for range 9 {
		steps = append(steps, step("built"))
	}
	broken := errors.New("no space left")
	steps = append(steps, Step{Title: "disk", Run: func(context.Context, *Running) error { return broken }}, step("never"))
	err := printer.Run(context.Background(), steps)
	if !errors.Is(err, broken) || err.Error() != "disk: no space left" {
		t.Errorf("got %v", err)
	}
	text := out.String()
	for _, want := range []string{"[ 1/11] step built … built in 2.5 s\n", "[10/11] disk … failed after 2.5 s\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "never") {
		t.Errorf("a step after the failed one ran:\n%s", text)
	}
}

func TestLongStepsTellWhatTheyAreAt(t *testing.T) {
	for name, terminal := range map[string]bool{"log": false, "terminal": true} {
		t.Run(name, func(t *testing.T) {
			out := &signalWriter{needle: "still building", seen: make(chan struct{})}
			printer := Printer{Out: out, Terminal: terminal, interval: time.Millisecond, now: clock(12 * time.Second)}
			err := printer.Run(context.Background(), []Step{{Title: "kubernetes", Run: func(_ context.Context, r *Running) error {
				r.Doing("building")
				select {
				case <-out.seen:
				case <-time.After(5 * time.Second):
				}
				return nil
			}}})
			if err != nil {
				t.Fatal(err)
			}
			if text := out.String(); !strings.Contains(text, "[1/1] kubernetes … still building, 12 s") ||
				strings.Contains(text, "\r") != terminal || !strings.HasSuffix(text, "s\n") {
				t.Errorf("got %q", text)
			}
		})
	}
}

// signalWriter tells when a text was written.
type signalWriter struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
	needle string
	seen   chan struct{}
	once   sync.Once
}

func (w *signalWriter) Write(text []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if strings.Contains(string(text), w.needle) {
		w.once.Do(func() { close(w.seen) })
	}
	return w.buffer.Write(text)
}

func (w *signalWriter) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.buffer.String()
}
