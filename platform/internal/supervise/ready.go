package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"twinstack.dev/platform/internal/proc"
)

const (
	probeInterval = 200 * time.Millisecond
	probeTimeout  = 5 * time.Second
	shownLogLines = 12
)

// awaitReady probes until the daemon is ready, has ended, or its time is over.
func (s *Supervisor) awaitReady(ctx context.Context, spec Spec, process proc.Process) error {
	begin := time.Now()
	for {
		now, err := proc.Read(process.PID)
		if err != nil || now.StartTime != process.StartTime || now.Gone() {
			return s.failure(spec, fmt.Sprintf("ended %s after its start", time.Since(begin).Round(100*time.Millisecond)), "")
		}
		if spec.Ready == nil {
			return nil
		}
		err = attempt(ctx, spec.Ready)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Since(begin) > spec.readyTimeout():
			return s.failure(spec, fmt.Sprintf("isn't ready after %s", spec.readyTimeout()), err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(probeInterval):
		}
	}
}

func attempt(ctx context.Context, probe Probe) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return probe(ctx)
}

// failure words an error about a daemon and closes it with the end of the daemon's log.
func (s *Supervisor) failure(spec Spec, what, reason string) error {
	text := fmt.Sprintf("%s %s", spec.Name, what)
	if reason != "" {
		text += ": " + reason
	}
	lines, err := Tail(s.LogFile(spec.Name), shownLogLines)
	if err != nil || len(lines) == 0 {
		return fmt.Errorf("%s; its log %s is empty", text, s.LogFile(spec.Name))
	}
	return fmt.Errorf("%s; the end of its log %s:\n  %s", text, s.LogFile(spec.Name), strings.Join(lines, "\n  "))
}

// Tail returns the last lines of a file, at most count of them.
func Tail(name string, count int) ([]string, error) {
	const window = 64 << 10
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	start := max(0, info.Size()-window)
	text := make([]byte, info.Size()-start)
	if _, err := file.ReadAt(text, start); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(lines) == 1 && lines[0] == "" {
		return nil, nil
	}
	return lines[max(0, len(lines)-count):], nil
}
