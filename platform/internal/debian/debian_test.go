package debian

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	tree := Tree{Suite: "sid", Extracted: []string{"nginx"}, Without: []string{"/etc/nginx/*"}, With: []string{"/etc/nginx/mime.types"}}
	arguments := tree.arguments("http://mirror/debian", "/tmp/rootfs.tar")
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
	installed := Tree{Suite: "trixie", Installed: []string{"golang-go"}}.arguments("", "/tmp/rootfs.tar")
	if !slices.Contains(installed, "--variant=essential") || installed[len(installed)-1] != "/tmp/rootfs.tar" {
		t.Errorf("got %q", installed)
	}
}

// A failure shows the end of what the tools said, and nothing is written outside of the target's folder.
func TestUnpackTellsWhatFailed(t *testing.T) {
	folder := t.TempDir()
	script := "#!/bin/sh\necho \"$TMPDIR $*\"\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo line $i; done\nexit 25\n"
	if err := os.WriteFile(filepath.Join(folder, "unshare"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	err := Tree{Suite: "sid", Extracted: []string{"nginx"}}.Unpack(context.Background(), "http://mirror", "/target/rootfs.tar")
	if err == nil || !strings.HasPrefix(err.Error(), "mmdebstrap sid: exit status 25\nline 1\n") || !strings.HasSuffix(err.Error(), "line 20") {
		t.Errorf("got %v", err)
	}
}
