// Package pulumi finds an installed Pulumi and its official plugins, so that the platform builds and stands in for only
// what is missing.
package pulumi

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"

	"twinstack.dev/platform/internal/layout"
)

// oldest is the first version of the command that the stack was tried with.
const oldest = "v3.250.0"

// The plugins the stack needs; the providers' versions are those of the npm packages.
const language = "nodejs"

var providers = []string{"kubernetes", "docker", "random", "tls"}

// Found says what is installed.
type Found struct {
	// Command is the path of a new enough pulumi, or "".
	Command string
	// Why explains the choice in one sentence.
	Why string
	// Plugins maps the name of every plugin that is installed to its folder; language hosts lie beside the command.
	Plugins map[string]string
}

// Detect looks on PATH and in the user's plugin folder. It passes over the checkout's own.
func Detect(ctx context.Context, l layout.Layout) (Found, error) {
	versions, err := pluginVersions(l)
	if err != nil {
		return Found{}, err
	}
	found := Found{Plugins: map[string]string{}}
	found.Command, found.Why = command(ctx, l)
	if found.Command == "" {
		return found, nil
	}
	host := filepath.Join(filepath.Dir(found.Command), "pulumi-language-"+language)
	if _, err := os.Stat(host); err == nil {
		found.Plugins["language-"+language] = filepath.Dir(host)
	}
	for _, name := range providers {
		folder := filepath.Join(os.Getenv("HOME"), ".pulumi", "plugins", fmt.Sprintf("resource-%s-v%s", name, versions[name]))
		if _, err := os.Stat(filepath.Join(folder, "pulumi-resource-"+name)); err == nil {
			found.Plugins["resource-"+name] = folder
		}
	}
	return found, nil
}

// command finds an installed pulumi that is new enough, and says why it is taken or not.
func command(ctx context.Context, l layout.Layout) (path, why string) {
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		candidate, err := filepath.EvalSymlinks(filepath.Join(folder, "pulumi"))
		if err != nil || folder == l.LocalBin() || strings.HasPrefix(candidate, l.Cache+"/") {
			continue
		}
		output, err := exec.CommandContext(ctx, candidate, "version").Output()
		version := strings.TrimSpace(string(output))
		switch {
		case err != nil || !semver.IsValid(version):
			why = fmt.Sprintf("%s doesn't tell its version", candidate)
		case semver.Compare(version, oldest) < 0:
			why = fmt.Sprintf("%s is %s; must be %s or newer", candidate, version, oldest)
		default:
			return candidate, fmt.Sprintf("%s is %s", candidate, version)
		}
	}
	if why == "" {
		why = "no pulumi on PATH"
	}
	return "", why
}

// pluginVersions reads from package.json which version of each provider the program was written for.
func pluginVersions(l layout.Layout) (map[string]string, error) {
	name := filepath.Join(l.Checkout, "package.json")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	versions := map[string]string{}
	for _, provider := range providers {
		versions[provider] = manifest.Dependencies["@pulumi/"+provider]
		if !semver.IsValid("v" + versions[provider]) {
			return nil, fmt.Errorf("%s: dependencies.@pulumi/%s is %q; must be an exact version such as 4.34.2",
				name, provider, versions[provider])
		}
	}
	return versions, nil
}

// Missing lists the plugins that aren't installed, for which the checkout's stand-ins are used.
func (f Found) Missing() []string {
	var missing []string
	for _, name := range names() {
		if f.Plugins[name] == "" {
			missing = append(missing, name)
		}
	}
	return missing
}

// names are all plugins, as Pulumi names their folders.
func names() []string {
	all := []string{"language-" + language}
	for _, provider := range providers {
		all = append(all, "resource-"+provider)
	}
	return all
}

// Sentence says in plain words what is used.
func (f Found) Sentence() string {
	missing := f.Missing()
	if len(missing) == 0 {
		return "Pulumi's official plugins are used throughout."
	}
	return fmt.Sprintf("The project's own stand-ins are used for %s, because the official plugins aren't installed; "+
		"platform/plugins/README.md says what they cover.", strings.Join(missing, ", "))
}
