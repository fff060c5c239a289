package images

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/registry"
)

var all = append([]Recipe{Pause, CoreDNS, MetricsServer}, Bases...)

// Every image needs a Dockerfile, exactly one origin, and the files its Dockerfile copies.
func TestRecipesMatchTheirFolders(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	l := layout.Layout{Checkout: root}
	for _, recipe := range all {
		t.Run(recipe.Name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(l.ImageSource(recipe.Name), "Dockerfile"))
			if err != nil {
				t.Fatal(err)
			}
			if fromPackages := strings.Contains(string(text), "ADD rootfs.tar /\n"); fromPackages != (recipe.Suite != "") {
				t.Errorf("the Dockerfile adds rootfs.tar: %t; the recipe's suite is %q", fromPackages, recipe.Suite)
			}
			if recipe.Source != "" {
				if _, err := os.Stat(filepath.Join(root, "platform", recipe.Source, "main.go")); err != nil {
					t.Error(err)
				}
			}
			if origins := count(recipe.Suite != "", recipe.Source != "", recipe.Built); origins != 1 {
				t.Errorf("%d origins; must be one of packages, source and toolchain", origins)
			}
		})
	}
}

func count(conditions ...bool) int {
	return len(slices.DeleteFunc(conditions, func(c bool) bool { return !c }))
}

func TestDebootstrap(t *testing.T) {
	recipe := Recipe{Suite: "sid", Extracted: []string{"nginx"}, Without: []string{"/etc/nginx/*"}, With: []string{"/etc/nginx/mime.types"}}
	arguments := recipe.debootstrap("http://mirror/debian", "/tmp/rootfs.tar")
	if got := arguments[len(arguments)-3:]; !slices.Equal(got, []string{"sid", "/tmp/rootfs.tar", "http://mirror/debian"}) {
		t.Errorf("the last arguments are %q", got)
	}
	for _, want := range []string{"--variant=extract", "--include=nginx"} {
		if !slices.Contains(arguments, want) {
			t.Errorf("%s is missing in %q", want, arguments)
		}
	}
	// dpkg lets the last match win, so exceptions come last.
	without := slices.Index(arguments, "--dpkgopt=path-exclude=/etc/nginx/*")
	with := slices.Index(arguments, "--dpkgopt=path-include=/etc/nginx/mime.types")
	if without < 0 || with < without {
		t.Errorf("path-exclude is at %d, path-include at %d", without, with)
	}
	installed := Recipe{Suite: "trixie", Installed: []string{"golang-go"}}.debootstrap("", "/tmp/rootfs.tar")
	if !slices.Contains(installed, "--variant=essential") || installed[len(installed)-1] != "/tmp/rootfs.tar" {
		t.Errorf("got %q", installed)
	}
}

func TestKeyDependsOnEverything(t *testing.T) {
	l := layout.Layout{Checkout: t.TempDir()}
	folder := l.ImageSource("nginx")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	note := func(what string, recipe Recipe, program string) {
		t.Helper()
		key, err := recipe.key(l, program)
		if err != nil {
			t.Fatal(err)
		}
		if before, found := seen[key]; found {
			t.Errorf("%s has the key of %s", what, before)
		}
		seen[key] = what
	}
	recipe := Recipe{Name: "nginx", Tag: "sid", Suite: "sid", Extracted: []string{"nginx"}}
	note("the recipe", recipe, "")
	note("another program", recipe, "/toolchain/x/bin/nginx")
	recipe.Extracted = []string{"nginx", "dash"}
	note("another package", recipe, "")
	for _, text := range []string{"FROM scratch\n", "FROM scratch\nUSER 1\n"} {
		if err := os.WriteFile(filepath.Join(folder, "Dockerfile"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		note("Dockerfile "+text, recipe, "")
	}
}

func TestUpToDate(t *testing.T) {
	tags := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		digest, found := tags[r.URL.Path]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Docker-Content-Digest", digest)
	}))
	defer server.Close()
	builder := Builder{Registry: registry.Client{Address: strings.TrimPrefix(server.URL, "http://")}}
	const tag, recipe = "/v2/base/nginx/manifests/sid", "/v2/base/nginx/manifests/recipe-k"
	for name, test := range map[string]struct {
		tags map[string]string
		want bool
	}{
		"nothing there":              {nil, false},
		"only the tag":               {map[string]string{tag: "sha256:1"}, false},
		"only the recipe":            {map[string]string{recipe: "sha256:1"}, false},
		"someone pushed another one": {map[string]string{tag: "sha256:2", recipe: "sha256:1"}, false},
		"both":                       {map[string]string{tag: "sha256:1", recipe: "sha256:1"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tags = test.tags
			got, err := builder.upToDate(context.Background(), Recipe{Name: "nginx", Tag: "sid"}, "k")
			if err != nil || got != test.want {
				t.Errorf("got %t, %v", got, err)
			}
		})
	}
}
