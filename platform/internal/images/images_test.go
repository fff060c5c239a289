package images

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/debian"
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

// An exception from nothing is a pattern with a mistake in it.
func TestExceptionsAreFromWhatIsLeftOut(t *testing.T) {
	for _, recipe := range all {
		for _, with := range recipe.With {
			if !slices.ContainsFunc(recipe.Without, func(without string) bool { return covers(without, with) }) {
				t.Errorf("%s: %s is in anyway; the patterns are %q", recipe.Name, with, recipe.Without)
			}
		}
	}
}

// covers reports whether one of dpkg's patterns, in which * stands for slashes too, matches another.
func covers(outer, inner string) bool {
	parts := strings.Split(outer, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(inner)
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
	recipe := Recipe{Name: "nginx", Tag: "sid", Tree: debian.Tree{Suite: "sid", Extracted: []string{"nginx"}}}
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
