package stand

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"twinstack.dev/platform/internal/host"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/region"
	"twinstack.dev/platform/internal/toolchain"
	"twinstack.dev/platform/internal/wan"
)

// Links writes a table of the links, of those between two regions when they are given.
func (s *Stand) Links(ctx context.Context, regions []string, out io.Writer) error {
	if _, err := s.existing(regions...); err != nil {
		return err
	}
	links, err := s.links().Links(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FROM\tTO\tLINK\tDELIVERED\tDROPPED")
	for _, link := range links {
		if len(regions) > 0 && !slices.Contains(wan.Between(regions[0], regions[1], false), link.Pair) {
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\n", link.From, link.To, link.Quality, link.Delivered, link.Dropped)
	}
	return table.Flush()
}

// SetLink changes the link between two regions, and writes what it is then.
func (s *Stand) SetLink(ctx context.Context, regions []string, oneWay bool, change wan.Change, out io.Writer) error {
	if _, err := s.existing(regions...); err != nil {
		return err
	}
	if err := s.links().Set(ctx, wan.Between(regions[0], regions[1], oneWay), change); err != nil {
		return err
	}
	return s.Links(ctx, regions, out)
}

// HealLinks makes all links perfect.
func (s *Stand) HealLinks(ctx context.Context) error { return s.links().Heal(ctx) }

// CutClients loses a region's answers to clients, or no longer.
func (s *Stand) CutClients(name string, cut bool) error {
	regions, err := s.existing(name)
	if err != nil {
		return err
	}
	return region.CutClients(regions[0], cut)
}

// Kill takes the power from a region.
func (s *Stand) Kill(ctx context.Context, name string) error {
	if err := host.Root(); err != nil {
		return err
	}
	regions, err := s.existing(name)
	if err != nil {
		return err
	}
	outage, err := region.PowerOff(ctx, s.deps(nil, ""), regions[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Printer.Out, "region %s is off: %d processes killed within %s\n",
		name, outage.Processes, outage.Took.Round(time.Millisecond))
	return nil
}

// Start switches a region on again that was killed. Links stay as they are.
func (s *Stand) Start(ctx context.Context, name string) error {
	regions, err := s.existing(name)
	if err != nil {
		return err
	}
	if err := s.Supervisor.MarkChildren("platform"); err != nil {
		return err
	}
	packages, err := host.NewPackages(s.Layout.Packages())
	if err != nil {
		return err
	}
	components, err := toolchain.Find("kubernetes", "etcd")
	if err != nil {
		return err
	}
	builder, end, err := s.begin(ctx, components)
	if err != nil {
		return err
	}
	defer end()
	steps := append([]progress.Step{packages.Step()}, toolchainSteps(builder, components)...)
	return s.Printer.Run(ctx, append(steps, region.Steps(s.deps(programs(packages, builder), packages.CNI()), regions[0])...))
}

// existing finds regions that were brought up, whether or not they run now.
func (s *Stand) existing(names ...string) ([]layout.Region, error) {
	var up []string
	for _, r := range layout.AllRegions() {
		_, err := os.Stat(s.Layout.RegionState(r))
		if err == nil {
			up = append(up, r.Name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if len(up) == 0 {
		return nil, errors.New("the platform isn't up; bring it up by `make up`")
	}
	var found []layout.Region
	for _, name := range names {
		if !slices.Contains(up, name) {
			return nil, fmt.Errorf("region is %q; must be one of those that were brought up: %s", name, strings.Join(up, ", "))
		}
		r, err := layout.ParseRegion(name)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, nil
}

// links is the client of the daemon that joins the regions.
func (s *Stand) links() wan.Client { return wan.NewClient(s.Layout.WANSocket()) }
