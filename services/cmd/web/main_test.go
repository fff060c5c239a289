package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asWeb makes this test binary be the web command, so that tests run it as a process of its own under the same race
// detector.
const asWeb = "TWINSTACK_TEST_AS_WEB"

func TestMain(m *testing.M) {
	if os.Getenv(asWeb) != "" {
		main()
	}
	os.Exit(m.Run())
}

// maxBinaryBytes leaves room for CA certificates in an image of at most 15 MB.
const maxBinaryBytes = 13_000_000

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"--version"}, 0, "dev\n", ""},
		{[]string{"--help"}, 0, "  DRAIN_SECONDS                ", ""},
		{[]string{"serve", "--port"}, 2, "",
			`arguments are ["serve" "--port"]; must be none, migrate, --version or --help; settings come from the environment` + "\n"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(test.args, func(string) (string, bool) { return "", false }, &stdout, &stderr)
		if code != test.code || !strings.Contains(stdout.String(), test.stdout) || stderr.String() != test.stderr {
			t.Errorf("%q: code %d, stdout %q, stderr %q", test.args, code, stdout.String(), stderr.String())
		}
	}
}

func TestBadConfigurationEndsBeforeListening(t *testing.T) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asWeb+"=1", "DRAIN_SECONDS=abc", "ADMIN_ADDRESS=0.0.0.0:8081")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	_ = command.Run()
	want := `ADMIN_ADDRESS is "0.0.0.0:8081"; must be a loopback ip:port with a port from 0 to 65535; set it to e.g. 127.0.0.1:8081
DRAIN_SECONDS is "abc"; must be an integer from 0 to 300; set it to e.g. 5
`
	if code := command.ProcessState.ExitCode(); code != 2 || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}

func TestReleaseBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	binary := filepath.Join(t.TempDir(), "web")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=1.2.3", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxBinaryBytes {
		t.Errorf("the binary has %d bytes, must be at most %d", info.Size(), maxBinaryBytes)
	}
	if version, err := exec.Command(binary, "--version").Output(); err != nil || string(version) != "1.2.3\n" {
		t.Errorf("--version prints %q (%v)", version, err)
	}
}
