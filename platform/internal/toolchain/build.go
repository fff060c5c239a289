package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
)

// parallelBuilds keeps a machine of two cores busy while one build links, without filling its memory.
const parallelBuilds = 2

// unfinished begins the names of folders with a build under way.
const unfinished = ".building-"

// Builder builds components in the background, a few at a time.
type Builder struct {
	layout   layout.Layout
	compiler string
	slots    chan struct{}
	builds   map[string]*build
}

// build is one component under way or finished.
type build struct {
	component Component
	finished  chan struct{}
	folder    string
	built     bool
	took      time.Duration
	err       error
}

// NewBuilder asks the Go on PATH for its version.
func NewBuilder(ctx context.Context, l layout.Layout) (*Builder, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOOS", "GOARCH")
	// A module in the working directory could ask for another version.
	cmd.Dir = "/"
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w; install Go from your distribution or from go.dev", err)
	}
	return &Builder{
		layout:   l,
		compiler: strings.Join(strings.Fields(string(output)), " "),
		slots:    make(chan struct{}, parallelBuilds),
		builds:   map[string]*build{},
	}, nil
}

// Begin starts to build components, in this order; it returns at once.
func (b *Builder) Begin(ctx context.Context, components []Component) {
	previous := make(chan struct{})
	close(previous)
	for _, component := range components {
		job := &build{component: component, finished: make(chan struct{})}
		b.builds[component.Name] = job
		started := make(chan struct{})
		go b.work(ctx, job, previous, started)
		previous = started
	}
}

// Wait waits until no build is under way any more; cancel their context first to have them end early.
func (b *Builder) Wait() {
	for _, job := range b.builds {
		<-job.finished
	}
}

// work builds one component once it is its turn and a slot is free.
func (b *Builder) work(ctx context.Context, job *build, previous <-chan struct{}, started chan<- struct{}) {
	defer close(job.finished)
	<-previous
	b.slots <- struct{}{}
	close(started)
	defer func() { <-b.slots }()
	if job.err = ctx.Err(); job.err != nil {
		return
	}
	begin := time.Now()
	job.folder, job.built, job.err = b.ensure(ctx, job.component)
	job.took = time.Since(begin)
}

// Step waits for a component, and links its commands into the checkout.
func (b *Builder) Step(component Component) progress.Step {
	return progress.Step{Title: component.Name + " toolchain", Run: func(ctx context.Context, r *progress.Running) error {
		r.Doing("building")
		job := b.builds[component.Name]
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-job.finished:
		}
		if job.err != nil {
			return job.err
		}
		r.Done("already built")
		if job.built {
			r.Done("built (%s of building)", progress.Elapsed(job.took))
		}
		for _, command := range component.Commands {
			if err := Link(filepath.Join(job.folder, "bin", command), filepath.Join(b.layout.LocalBin(), command)); err != nil {
				return err
			}
		}
		return nil
	}}
}

// ensure returns the folder with the component's programs, and whether they had to be built.
func (b *Builder) ensure(ctx context.Context, component Component) (folder string, built bool, err error) {
	source := b.layout.ToolchainSource(component.Name)
	recipe, err := newRecipe(component, source, b.compiler)
	if err != nil {
		return "", false, err
	}
	folder = b.layout.Toolchain(component.Name, recipe.key)
	if _, err := os.Stat(folder); err == nil {
		return folder, false, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", false, err
	}
	if err := removeAbandoned(filepath.Dir(folder)); err != nil {
		return "", false, err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(folder), unfinished)
	if err != nil {
		return "", false, err
	}
	defer os.RemoveAll(temporary)
	if err := compile(ctx, recipe, source, filepath.Join(temporary, "bin")); err != nil {
		return "", false, err
	}
	if err := rename(component, filepath.Join(temporary, "bin")); err != nil {
		return "", false, err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return "", false, err
	}
	// Another checkout may have built the same in the meantime: then its build is as good.
	if err := os.Rename(temporary, folder); err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return "", false, err
	}
	return folder, true, nil
}

// Program is the path of a program that was built.
func (b *Builder) Program(name string) (string, bool) {
	for _, job := range b.builds {
		if _, found := job.component.Programs[name]; !found {
			continue
		}
		select {
		case <-job.finished:
			return filepath.Join(job.folder, "bin", name), job.err == nil
		default:
		}
	}
	return "", false
}
