package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"twinstack.dev/chaos/internal/stack"
)

// kill ends a process by SIGKILL. Kubernetes starts its container again.
func kill(program func(site string) stack.Program, where Part) Step {
	return func(ctx context.Context, s Stage) (Act, error) {
		process, err := s.Process(ctx, where(s), program(where(s)))
		if err != nil {
			return Act{}, err
		}
		return Act{Do: func(context.Context) error { return process.Signal(syscall.SIGKILL) }}, nil
	}
}

// hang stops a process without ending it, as a long pause of its machine would.
func hang(program func(site string) stack.Program, where Part) Step {
	return func(ctx context.Context, s Stage) (Act, error) {
		process, err := s.Process(ctx, where(s), program(where(s)))
		if err != nil {
			return Act{}, err
		}
		return Act{
			Do: func(context.Context) error { return process.Signal(syscall.SIGSTOP) },
			Undo: func(context.Context) error {
				// Its liveness probe may have ended it meanwhile.
				if err := process.Signal(syscall.SIGCONT); !errors.Is(err, os.ErrProcessDone) {
					return err
				}
				return nil
			},
		}, nil
	}
}

func database(region string) stack.Program { return stack.Database(region) }
func guard(region string) stack.Program    { return stack.Guard(region) }
func voter(site string) stack.Program      { return stack.Voter(site) }
func steward(string) stack.Program         { return stack.StewardProcess }

// cut loses everything between two sites, oneWay only what goes from the first to the second.
func cut(one, another Part) Step {
	return links(stack.Cut(), func(s Stage) []stack.Direction { return stack.Both(one(s), another(s)) })
}

func oneWay(from, to Part) Step {
	return links(stack.Cut(), func(s Stage) []stack.Direction { return []stack.Direction{{From: from(s), To: to(s)}} })
}

// isolate cuts a site off from both others at once.
func isolate(one, second, third Part) Step {
	return links(stack.Cut(), func(s Stage) []stack.Direction {
		return append(stack.Both(one(s), second(s)), stack.Both(one(s), third(s))...)
	})
}

// slow delays packets, some more and some less, and loses some.
func slow(one, another Part, delay, jitter time.Duration, loss float64) Step {
	return links(stack.Quality{Delay: &delay, Jitter: &jitter, Loss: &loss},
		func(s Stage) []stack.Direction { return stack.Both(one(s), another(s)) })
}

func links(quality stack.Quality, which func(Stage) []stack.Direction) Step {
	return func(_ context.Context, s Stage) (Act, error) {
		return Act{
			Do:   func(ctx context.Context) error { return s.SetLinks(ctx, which(s), quality) },
			Undo: func(ctx context.Context) error { return s.SetLinks(ctx, which(s), stack.Perfect()) },
		}, nil
	}
}

// cutClients cuts a region off from its clients and their resolver.
func cutClients(where Part) Step {
	return func(_ context.Context, s Stage) (Act, error) {
		set := func(cut bool) func(context.Context) error {
			return func(ctx context.Context) error { return s.CutClients(ctx, where(s), cut) }
		}
		return Act{Do: set(true), Undo: set(false)}, nil
	}
}

// powerOff kills all of a site at once; it is switched on again afterwards.
func powerOff(where Part) Step {
	return func(_ context.Context, s Stage) (Act, error) {
		return Act{
			Do:   func(ctx context.Context) error { return s.PowerOff(ctx, where(s)) },
			Undo: func(ctx context.Context) error { return s.PowerOn(ctx, where(s)) },
		}, nil
	}
}

// switchOver asks the steward for another writer.
func switchOver(to Part) Step {
	return func(_ context.Context, s Stage) (Act, error) {
		return Act{Do: func(ctx context.Context) error {
			_, err := s.Steward(ctx, s.Writer, "switchover", "--to", to(s))
			return err
		}}, nil
	}
}

// fillVolume leaves the database's volume without a free byte.
func fillVolume(where Part) Step {
	return func(ctx context.Context, s Stage) (Act, error) {
		process, err := s.Process(ctx, where(s), stack.Database(where(s)))
		if err != nil {
			return Act{}, err
		}
		// The volume as the database's process sees it; kept open, so that it is reached when that process has ended.
		volume, err := os.OpenRoot(filepath.Join("/proc", strconv.Itoa(process.Pid), "root", "var/lib/mysql"))
		if err != nil {
			return Act{}, err
		}
		const filler = "chaos-filler"
		return Act{
			Do: func(context.Context) error { return fill(volume, filler) },
			Undo: func(context.Context) error {
				defer volume.Close()
				// A run that was interrupted before the fault has nothing to remove.
				if err := volume.Remove(filler); !errors.Is(err, fs.ErrNotExist) {
					return err
				}
				return nil
			},
		}, nil
	}
}

func fill(volume *os.Root, name string) error {
	file, err := volume.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var free syscall.Statfs_t
	if err := syscall.Fstatfs(int(file.Fd()), &free); err != nil {
		return err
	}
	// Smaller and smaller pieces, until there is no room for one block.
	for piece := int64(free.Bavail) * free.Bsize; piece >= free.Bsize; {
		at, err := file.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		if err := syscall.Fallocate(int(file.Fd()), 0, at, piece); err == syscall.ENOSPC {
			piece /= 2
		} else if err != nil {
			return fmt.Errorf("filling the volume: %w", err)
		}
	}
	return nil
}
