// Package scenario is what is done to the stack, and the running of it.
package scenario

import (
	"context"
	"errors"
	"slices"
	"sync"

	"twinstack.dev/chaos/internal/stack"
)

// Stage is the stack in one run, with the parts that its sites play.
type Stage struct {
	stack.Stack
	// Writer is the region that writes when the run begins, Other the other serving one.
	Writer, Other string
}

// Act is something done to the stack at one moment, and what takes it back; nil where it passes by itself.
type Act struct {
	Do, Undo func(ctx context.Context) error
}

// Step prepares an act: what takes time to find out is found out before the moment comes.
type Step func(ctx context.Context, s Stage) (Act, error)

// Part is a site by the part that it plays.
type Part func(s Stage) string

// The parts.
var (
	writer  Part = func(s Stage) string { return s.Writer }
	other   Part = func(s Stage) string { return s.Other }
	witness Part = func(s Stage) string { return s.Witness.Name }
)

// together does several things at the same time, and takes all of them back.
func together(steps ...Step) Step {
	return func(ctx context.Context, s Stage) (Act, error) {
		var all []Act
		for _, prepare := range steps {
			act, err := prepare(ctx, s)
			if err != nil {
				return Act{}, err
			}
			all = append(all, act)
		}
		return Act{
			Do:   atOnce(all, func(a Act) func(context.Context) error { return a.Do }),
			Undo: atOnce(all, func(a Act) func(context.Context) error { return a.Undo }),
		}, nil
	}
}

func atOnce(acts []Act, part func(Act) func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		failures := make([]error, len(acts))
		var running sync.WaitGroup
		for i, act := range acts {
			if do := part(act); do != nil {
				running.Go(func() { failures[i] = do(ctx) })
			}
		}
		running.Wait()
		return errors.Join(failures...)
	}
}

// oneByOne is together for what must not be done at the same time: the platform is changed by one command at a time.
func oneByOne(steps ...Step) Step {
	return func(ctx context.Context, s Stage) (Act, error) {
		var do, undo []func(context.Context) error
		for _, prepare := range steps {
			act, err := prepare(ctx, s)
			if err != nil {
				return Act{}, err
			}
			do = append(do, act.Do)
			if act.Undo != nil {
				undo = append(undo, act.Undo)
			}
		}
		return Act{Do: inTurn(do), Undo: inTurn(undo)}, nil
	}
}

// inTurn goes on after a failure: half a repair is better than none.
func inTurn(all []func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		var failures []error
		for _, do := range slices.Clone(all) {
			failures = append(failures, do(ctx))
		}
		return errors.Join(failures...)
	}
}
