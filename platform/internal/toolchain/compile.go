package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// compile runs the Go compiler; what it printed is the error when it fails.
func compile(ctx context.Context, recipe recipe, source, target string) error {
	if err := os.Mkdir(target, 0o755); err != nil {
		return err
	}
	arguments := append(append([]string{}, recipe.arguments...), "-o", target+"/")
	cmd := exec.CommandContext(ctx, "go", append(arguments, recipe.packages...)...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build in %s: %w\n%s", source, err, strings.TrimSpace(output.String()))
	}
	return nil
}

// rename gives the programs their names where `go build` chose others.
func rename(component Component, folder string) error {
	for name, pkg := range component.Programs {
		if built := defaultName(pkg); built != name {
			if err := os.Rename(filepath.Join(folder, built), filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeAbandoned removes what builds left that were killed. No build takes as long as the folders it removes are old.
func removeAbandoned(folder string) error {
	const age = 3 * time.Hour
	names, err := filepath.Glob(filepath.Join(folder, unfinished+"*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > age {
			if err := os.RemoveAll(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Link makes name a symbolic link to target, in one step.
func Link(target, name string) error {
	if current, err := os.Readlink(name); err == nil && current == target {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temporary := name + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, temporary); err != nil {
		return err
	}
	return os.Rename(temporary, name)
}
