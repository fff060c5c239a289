package stand

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
)

// What a step needs must come before it.
func TestStepsAreInOrder(t *testing.T) {
	checkout, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	regions, err := layout.ParseRegions(layout.DefaultRegions)
	if err != nil {
		t.Fatal(err)
	}
	l := layout.Layout{Cache: t.TempDir(), State: t.TempDir(), Checkout: checkout}
	titles, err := New(l, &progress.Printer{}, os.Stderr).Steps(context.Background(), regions)
	if err != nil {
		t.Fatal(err)
	}
	if sorted := slices.Sorted(slices.Values(titles)); len(slices.Compact(sorted)) != len(titles) {
		t.Errorf("a title is there twice: %q", titles)
	}
	for _, order := range [][]string{
		{"Debian packages", "image builder", "base image nginx", "region a: network"},
		{"network 198.18.0.1/24", "registry 198.18.0.1:5000", "base image nginx", "base image pause"},
		{"image builder", "base image mysql", "region a: network"},
		{"image builder", "base image etcd", "base image powerdns", "region a: network"},
		{"Debian packages", "resolver 198.18.0.1:53"},
		{"network 198.18.0.1/24", "resolver 198.18.0.1:53"},
		{"network 198.18.0.1/24", "links between the regions", "region a: network", "region w: cluster services"},
		{"buildkit toolchain", "image builder"},
		{"registry toolchain", "registry 198.18.0.1:5000"},
		{"coredns toolchain", "base image coredns", "region a: cluster services", "region b: network"},
		{"kubernetes toolchain", "region a: control plane", "region a: node"},
	} {
		last := -1
		for _, start := range order {
			index := slices.IndexFunc(titles, func(title string) bool { return strings.HasPrefix(title, start) })
			if index <= last {
				t.Errorf("%q is step %d; must be after step %d, in %q", start, index, last, order)
			}
			last = index
		}
	}
}
