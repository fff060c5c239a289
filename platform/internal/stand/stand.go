// Package stand puts the parts of the local platform together: the plan of `platform up`.
package stand

import (
	"context"
	"fmt"
	"io"

	"twinstack.dev/platform/internal/host"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/pulumi"
	"twinstack.dev/platform/internal/region"
	"twinstack.dev/platform/internal/supervise"
	"twinstack.dev/platform/internal/teardown"
	"twinstack.dev/platform/internal/toolchain"
)

// Stand is the machine's one local platform.
type Stand struct {
	Layout     layout.Layout
	Supervisor *supervise.Supervisor
	// Printer shows how far a command is.
	Printer *progress.Printer
	// Warnings gets what a person should know but nothing fails for.
	Warnings io.Writer
}

// New returns the stand of a layout.
func New(l layout.Layout, printer *progress.Printer, warnings io.Writer) *Stand {
	return &Stand{Layout: l, Supervisor: supervise.New(l.Daemons(), l.Logs()), Printer: printer, Warnings: warnings}
}

// Up brings the platform up, or back to what it should be.
func (s *Stand) Up(ctx context.Context, regions []layout.Region) error {
	if err := s.check(); err != nil {
		return err
	}
	// Should this program be killed, what it is running just then is found by the mark.
	if err := s.Supervisor.MarkChildren("platform"); err != nil {
		return err
	}
	packages, err := host.NewPackages(s.Layout.Packages())
	if err != nil {
		return err
	}
	found, components, err := s.pulumi(ctx)
	if err != nil {
		return err
	}
	builder, end, err := s.begin(ctx, components)
	if err != nil {
		return err
	}
	defer end()
	fmt.Fprintf(s.Printer.Out, "Pulumi: %s.\n", found.Why)
	if err := s.Printer.Run(ctx, s.plan(packages, builder, found, components, regions)); err != nil {
		return err
	}
	fmt.Fprintln(s.Printer.Out, found.Sentence())
	return nil
}

// Steps lists the titles of what Up does, in order.
func (s *Stand) Steps(ctx context.Context, regions []layout.Region) ([]string, error) {
	packages, err := host.NewPackages(s.Layout.Packages())
	if err != nil {
		return nil, err
	}
	found, components, err := s.pulumi(ctx)
	if err != nil {
		return nil, err
	}
	var titles []string
	for _, step := range s.plan(packages, nil, found, components, regions) {
		titles = append(titles, step.Title)
	}
	return titles, nil
}

// Down removes all but the cache; with regions, it removes only those and leaves the rest running.
func (s *Stand) Down(ctx context.Context, regions []layout.Region) error {
	if err := host.Root(); err != nil {
		return err
	}
	if len(regions) == 0 {
		return s.Printer.Run(ctx, teardown.Steps(s.Layout, s.Supervisor, region.Residue()))
	}
	deps := s.deps(nil, "")
	var steps []progress.Step
	for _, r := range regions {
		steps = append(steps, progress.Step{Title: "region " + r.Name, Run: func(ctx context.Context, running *progress.Running) error {
			running.Done("removed")
			return region.Down(ctx, deps, r)
		}})
	}
	return s.Printer.Run(ctx, steps)
}

// Toolchain builds only some components, or all without a name.
func (s *Stand) Toolchain(ctx context.Context, names ...string) error {
	components, err := toolchain.Find(names...)
	if err != nil {
		return err
	}
	builder, end, err := s.begin(ctx, components)
	if err != nil {
		return err
	}
	defer end()
	return s.Printer.Run(ctx, toolchainSteps(builder, components))
}

// begin starts builds in the background; end gives up those still under way, and must be called.
func (s *Stand) begin(ctx context.Context, components []toolchain.Component) (builder *toolchain.Builder, end func(), err error) {
	builder, err = toolchain.NewBuilder(ctx, s.Layout)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	builder.Begin(ctx, components)
	return builder, func() { cancel(); builder.Wait() }, nil
}

// check refuses a machine the platform can't run on.
func (s *Stand) check() error {
	facts, err := host.Gather(s.Layout.Cache)
	if err != nil {
		return err
	}
	warnings, problem := facts.Problems()
	for _, warning := range warnings {
		fmt.Fprintln(s.Warnings, "warning: "+warning)
	}
	return problem
}

// pulumi looks for an installed Pulumi, and leaves it out of the components to build when there is one.
func (s *Stand) pulumi(ctx context.Context) (pulumi.Found, []toolchain.Component, error) {
	found, err := pulumi.Detect(ctx, s.Layout)
	if err != nil {
		return pulumi.Found{}, nil, err
	}
	var components []toolchain.Component
	for _, component := range toolchain.Components {
		if component.Name != "pulumi" || found.Command == "" {
			components = append(components, component)
		}
	}
	return found, components, nil
}
