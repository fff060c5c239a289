package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// recipe is all that decides what a build comes to.
type recipe struct {
	arguments []string
	packages  []string
	key       string
}

// newRecipe reads the component's module in source; compiler is what `go env` says of version and target.
func newRecipe(component Component, source, compiler string) (recipe, error) {
	mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return recipe{}, err
	}
	sum, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		return recipe{}, err
	}
	flags, err := linkerFlags(component, mod)
	if err != nil {
		return recipe{}, fmt.Errorf("%s: %w", filepath.Join(source, "go.mod"), err)
	}
	r := recipe{
		arguments: []string{"build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags=" + flags},
		packages:  slices.Sorted(maps.Values(component.Programs)),
	}
	text, err := json.Marshal([]any{string(mod), string(sum), r.arguments, component.Programs, compiler})
	if err != nil {
		return recipe{}, err
	}
	digest := sha256.Sum256(text)
	r.key = hex.EncodeToString(digest[:])[:16]
	return r, nil
}

// linkerFlags are the flags that leave out symbols and set the version.
func linkerFlags(component Component, mod []byte) (string, error) {
	flags := []string{"-s", "-w"}
	if component.Versioned == "" {
		return strings.Join(flags, " "), nil
	}
	file, err := modfile.ParseLax("go.mod", mod, nil)
	if err != nil {
		return "", err
	}
	index := slices.IndexFunc(file.Require, func(r *modfile.Require) bool { return r.Mod.Path == component.Versioned })
	if index < 0 {
		return "", fmt.Errorf("doesn't require %s, whose version the programs state", component.Versioned)
	}
	version := file.Require[index].Mod.Version
	for _, variable := range component.Variables {
		flags = append(flags, "-X", variable.Name+"="+variable.Value(version))
	}
	return strings.Join(flags, " "), nil
}

// defaultName is the file name that `go build` gives the program of a package: the last part of its path that isn't
// a major version.
func defaultName(pkg string) string {
	last := path.Base(pkg)
	if rest, found := strings.CutPrefix(last, "v"); found && rest != "" && strings.Trim(rest, "0123456789") == "" {
		return path.Base(path.Dir(pkg))
	}
	return last
}
