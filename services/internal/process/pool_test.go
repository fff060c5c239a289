package process_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"twinstack.dev/services/internal/process"
)

// The expected digests come from another implementation (Python's hashlib).
func TestDigest(t *testing.T) {
	pool := process.NewPool(1, 1)
	for _, test := range []struct {
		input      string
		iterations int
		want       string
	}{
		{"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"text", 1, "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"},
		{"text", 2, "aa10070a4e571b204bbdf6de20978f0f0c7710516dfd9b2721975b6ffcc693dc"},
		{"text", 1000, "cafcea15ec6ceb13e5fc5f017b2dd006596004a3a8e85eb15dbd5c04bb9f1b8e"},
		{"text", 5000, "25123a74c3bcdf4b981bea2e8e6ee7f4075c0633144139ae6b89ce022d1b6475"},
	} {
		got, err := pool.Digest(t.Context(), process.Request{Input: test.input, Iterations: test.iterations})
		if err != nil || got != test.want {
			t.Errorf("%q x %d: got %s, %v; want %s", test.input, test.iterations, got, err, test.want)
		}
	}
}

func TestAdmit(t *testing.T) {
	pool := process.NewPool(1, 2)
	leave, admitted := pool.Admit()
	if _, second := pool.Admit(); !admitted || !second {
		t.Fatal("refused below the limit")
	}
	if _, third := pool.Admit(); third {
		t.Error("admitted above the limit")
	}
	leave()
	if _, again := pool.Admit(); !again {
		t.Error("refused after a place was given back")
	}
}

func TestDigestStopsAtTheDeadline(t *testing.T) {
	pool := process.NewPool(1, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	// Far more than an answer could ever ask for: minutes of work, if nobody stopped it.
	endless := process.Request{Iterations: 1 << 40}
	start := time.Now()
	if _, err := pool.Digest(ctx, endless); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("stopped only after %s", took)
	}
}

func TestDigestWaitsItsTurn(t *testing.T) {
	pool := process.NewPool(1, 2)
	working, stop := context.WithCancel(t.Context())
	var worker sync.WaitGroup
	worker.Add(1)
	go func() {
		defer worker.Done()
		if _, err := pool.Digest(working, process.Request{Iterations: 1 << 40}); !errors.Is(err, context.Canceled) {
			t.Errorf("the first got %v", err)
		}
	}()
	request := process.Request{Input: "text", Iterations: 1}
	for turn := true; turn; {
		// Once the worker computes, a second request gets no turn before its deadline.
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := pool.Digest(ctx, request)
		cancel()
		turn = !errors.Is(err, context.DeadlineExceeded)
	}
	stop()
	worker.Wait()
	if _, err := pool.Digest(t.Context(), request); err != nil {
		t.Errorf("no turn after the first left: %v", err)
	}
}

func BenchmarkDigest(b *testing.B) {
	pool := process.NewPool(1, 1)
	request := process.Request{Input: "text", Iterations: process.DefaultIterations}
	for b.Loop() {
		if _, err := pool.Digest(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}
