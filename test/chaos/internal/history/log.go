package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// ErrFull is the error when a run has recorded more than any run should.
var ErrFull = errors.New("the log is full; must be fewer records: shorten the run")

// Log collects a history and writes it as it comes, one JSON object a line: {"request":{...}}, {"sample":{...}}.
type Log struct {
	// Start is the zero of all times.
	Start time.Time

	mu      sync.Mutex
	history History
	file    *os.File
	buffer  *bufio.Writer
	room    int
	failure error
}

// Create begins a log in a new file that holds at most limit records.
func Create(path string, limit int) (*Log, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &Log{Start: time.Now(), file: file, buffer: bufio.NewWriter(file), room: limit}, nil
}

// Now is the time since the start.
func (l *Log) Now() time.Duration { return time.Since(l.Start) }

// Since completes a span that began at begin.
func (l *Log) Since(begin time.Duration) Span { return Span{Begin: begin, End: l.Now()} }

// Begin says who the writer is before anything happens.
func (l *Log) Begin(writer string, epoch int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history.Writer, l.history.Epoch = writer, epoch
	l.write("begin", map[string]any{"writer": writer, "epoch": epoch, "at": l.Start})
}

// Request adds a request.
func (l *Log) Request(r Request) { add(l, "request", r, &l.history.Requests) }

// Lookup adds a lookup.
func (l *Log) Lookup(r Lookup) { add(l, "lookup", r, &l.history.Lookups) }

// Sample adds a sample.
func (l *Log) Sample(r Sample) { add(l, "sample", r, &l.history.Samples) }

// Health adds a look at a region's health.
func (l *Log) Health(r Health) { add(l, "health", r, &l.history.Health) }

// Event adds a transition.
func (l *Log) Event(r Event) { add(l, "event", r, &l.history.Events) }

// Mark adds a moment, which is now, and returns it.
func (l *Log) Mark(name string) time.Duration {
	now := l.Now()
	add(l, "mark", Mark{name, now}, &l.history.Marks)
	return now
}

func add[T any](l *Log, kind string, record T, to *[]T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room--; l.room < 0 {
		l.failure = ErrFull
		return
	}
	*to = append(*to, record)
	l.write(kind, record)
}

// write is called with the lock held.
func (l *Log) write(kind string, record any) {
	line, err := json.Marshal(map[string]any{kind: record})
	if err == nil {
		_, err = l.buffer.Write(append(line, '\n'))
	}
	if err != nil && l.failure == nil {
		l.failure = fmt.Errorf("log %s: %w", l.file.Name(), err)
	}
}

// History is what has been recorded so far.
func (l *Log) History() History {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.history
	h.Requests, h.Lookups, h.Samples = slices.Clone(h.Requests), slices.Clone(h.Lookups), slices.Clone(h.Samples)
	h.Health, h.Events, h.Marks = slices.Clone(h.Health), slices.Clone(h.Events), slices.Clone(h.Marks)
	return h
}

// Close ends the file. It fails if anything is missing in it.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.failure, l.buffer.Flush(), l.file.Close())
}
