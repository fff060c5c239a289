package stand

import (
	"os"

	"twinstack.dev/platform/internal/buildkit"
	"twinstack.dev/platform/internal/host"
	"twinstack.dev/platform/internal/images"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/network"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/pulumi"
	"twinstack.dev/platform/internal/region"
	"twinstack.dev/platform/internal/registry"
	"twinstack.dev/platform/internal/resolver"
	"twinstack.dev/platform/internal/toolchain"
	"twinstack.dev/platform/internal/wan"
)

// plan lists all steps. What the stack builds its images from is assembled as soon as possible, while the rest of the
// toolchain is still building.
func (s *Stand) plan(packages *host.Packages, builder *toolchain.Builder, found pulumi.Found,
	components []toolchain.Component, regions []layout.Region) []progress.Step {
	program := programs(packages, builder)
	early, late := components[:2], components[2:]
	assembler := &images.Builder{
		Layout:   s.Layout,
		Program:  program,
		Mirror:   os.Getenv("TWINSTACK_DEBIAN_MIRROR"),
		Registry: registry.Client{Address: layout.Registry()},
	}
	deps := s.deps(program, packages.CNI())

	steps := []progress.Step{packages.Step(), network.Step(), wan.Step(s.Layout, s.Supervisor)}
	steps = append(steps, toolchainSteps(builder, early)...)
	steps = append(steps, registry.Step(s.Layout, s.Supervisor, program), buildkit.Step(s.Layout, s.Supervisor, program))
	for _, recipe := range images.Bases {
		steps = append(steps, assembler.Step(recipe))
	}
	names := resolver.Resolver{Layout: s.Layout, Supervisor: s.Supervisor, Mirror: assembler.Mirror, Regions: regions}
	steps = append(steps, names.Step())
	steps = append(steps, toolchainSteps(builder, late)...)
	steps = append(steps, found.Step(s.Layout))
	for _, recipe := range []images.Recipe{images.Pause, images.CoreDNS, images.MetricsServer} {
		steps = append(steps, assembler.Step(recipe))
	}
	for _, r := range regions {
		steps = append(steps, region.Steps(deps, r)...)
	}
	return steps
}

// deps is what regions get from the rest.
func (s *Stand) deps(program func(string) (string, error), cni string) region.Deps {
	return region.Deps{
		Layout:     s.Layout,
		Supervisor: s.Supervisor,
		Program:    program,
		CNIPlugins: cni,
		Links:      s.links(),
		Images: region.Images{
			Pause:         images.Pause.Reference(),
			CoreDNS:       images.CoreDNS.Reference(),
			MetricsServer: images.MetricsServer.Reference(),
		},
	}
}

func toolchainSteps(builder *toolchain.Builder, components []toolchain.Component) []progress.Step {
	var steps []progress.Step
	for _, component := range components {
		steps = append(steps, builder.Step(component))
	}
	return steps
}

// programs finds the path of this program, of one of the toolchain or of one of a Debian package.
func programs(packages *host.Packages, builder *toolchain.Builder) func(name string) (string, error) {
	return func(name string) (string, error) {
		if name == region.Self {
			return os.Executable()
		}
		if path, found := builder.Program(name); found {
			return path, nil
		}
		return packages.Program(name)
	}
}
