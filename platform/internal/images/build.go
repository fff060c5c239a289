package images

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/registry"
)

// Builder assembles base images.
type Builder struct {
	Layout layout.Layout
	// Program finds the path of a program.
	Program func(name string) (string, error)
	// Mirror is the Debian mirror to take packages from.
	// @default as debian.Tree.Unpack says
	Mirror string
	// Registry is asked what it has.
	Registry registry.Client
}

// Step makes sure that the registry has the image of a recipe.
func (b *Builder) Step(recipe Recipe) progress.Step {
	return progress.Step{Title: "base image " + recipe.Name + ":" + recipe.Tag, Run: func(ctx context.Context, r *progress.Running) error {
		program, err := b.program(recipe)
		if err != nil {
			return err
		}
		key, err := recipe.key(b.Layout, program)
		if err != nil {
			return err
		}
		current, err := b.upToDate(ctx, recipe, key)
		if err != nil {
			return err
		}
		if current {
			r.Done("already there")
			return nil
		}
		r.Done("assembled")
		return b.build(ctx, r, recipe, key, program)
	}}
}

// program is the path of the toolchain's program for an image, and "" for images without one.
func (b *Builder) program(recipe Recipe) (string, error) {
	if !recipe.Built {
		return "", nil
	}
	return b.Program(recipe.Name)
}

// upToDate reports whether the image's tag is what was built from this very recipe.
func (b *Builder) upToDate(ctx context.Context, recipe Recipe, key string) (bool, error) {
	wanted, found, err := b.Registry.Digest(ctx, recipe.Repository(), "recipe-"+key)
	if err != nil || !found {
		return false, err
	}
	actual, found, err := b.Registry.Digest(ctx, recipe.Repository(), recipe.Tag)
	return found && actual == wanted, err
}

// build assembles an image in a temporary folder and pushes it under its own tag and its recipe's.
func (b *Builder) build(ctx context.Context, r *progress.Running, recipe Recipe, key, program string) error {
	base := filepath.Join(b.Layout.State, "images")
	if err := os.MkdirAll(base, 0o755); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(base, recipe.Name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := b.fill(ctx, r, recipe, program, folder); err != nil {
		return err
	}
	r.Doing("pushing")
	return b.push(ctx, recipe, key, folder)
}

// fill makes the folder the image is built from.
func (b *Builder) fill(ctx context.Context, r *progress.Running, recipe Recipe, program, folder string) error {
	files, err := recipe.files(b.Layout)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := copyFile(file, filepath.Join(folder, filepath.Base(file)), 0o644); err != nil {
			return err
		}
	}
	switch {
	case recipe.Built:
		return copyFile(program, filepath.Join(folder, recipe.Name), 0o755)
	case recipe.Source != "":
		r.Doing("compiling")
		return b.compile(ctx, recipe.Source, filepath.Join(folder, recipe.Name))
	default:
		r.Doing("fetching Debian packages")
		return recipe.Unpack(ctx, b.Mirror, filepath.Join(folder, "rootfs.tar"))
	}
}

// compile builds a Go program of the platform's own module.
func (b *Builder) compile(ctx context.Context, source, target string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target, "./"+source)
	cmd.Dir = filepath.Join(b.Layout.Checkout, "platform")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	return run(cmd)
}

func copyFile(source, target string, mode os.FileMode) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	return os.WriteFile(target, content, mode)
}

// push builds the image and pushes it.
func (b *Builder) push(ctx context.Context, recipe Recipe, key, folder string) error {
	client, err := b.Program("buildctl")
	if err != nil {
		return err
	}
	names := recipe.Reference() + "," + layout.Registry() + "/" + recipe.Repository() + ":recipe-" + key
	return run(exec.CommandContext(ctx, client, "--addr", "unix://"+b.Layout.BuildkitSocket(), "build",
		"--progress=plain", "--frontend=dockerfile.v0", "--local=context="+folder, "--local=dockerfile="+folder,
		"--opt=build-arg:SOURCE_DATE_EPOCH=0", `--output=type=image,"name=`+names+`",push=true`))
}

// run runs a command; the end of its output is the error when it fails.
func run(cmd *exec.Cmd) error {
	const shown = 20
	output, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, strings.Join(lines[max(0, len(lines)-shown):], "\n"))
}
