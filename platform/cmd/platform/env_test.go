package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// source runs a script in a fresh checkout after sourcing platform/env there twice, and returns what it printed.
func source(t *testing.T, shell, script string, environment ...string) (checkout, output string) {
	t.Helper()
	program, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s isn't installed", shell)
	}
	text, err := os.ReadFile("../../env")
	if err != nil {
		t.Fatal(err)
	}
	checkout = t.TempDir()
	if err := os.Mkdir(filepath.Join(checkout, "platform"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(checkout, "platform", "env"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", "set -u; . platform/env; . platform/env; "+script)
	cmd.Dir = checkout
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=/home/u"}, environment...)
	found, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, found)
	}
	return checkout, strings.TrimSpace(string(found))
}

func TestEnv(t *testing.T) {
	for _, shell := range []string{"sh", "bash", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			checkout, output := source(t, shell, `printf '%s\n' "$PATH" "$PULUMI_HOME" "$PULUMI_BACKEND_URL" "$KUBECONFIG" "$PULUMI_CONFIG_PASSPHRASE_FILE"; set | grep ^_twinstack || true`)
			local := filepath.Join(checkout, ".local")
			want := strings.Join([]string{
				local + "/bin:/usr/bin:/bin",
				local + "/pulumi",
				"file://" + local + "/backend",
				"/var/lib/twinstack/kubeconfig:/home/u/.kube/config",
				local + "/passphrase",
			}, "\n")
			if output != want {
				t.Errorf("got\n%s\nwant\n%s", output, want)
			}
			info, err := os.Stat(filepath.Join(local, "passphrase"))
			if err != nil || info.Mode().Perm() != 0o600 || info.Size() < 32 {
				t.Errorf("passphrase: %v, %v", info, err)
			}
		})
	}
}

func TestEnvLeavesTheUsersChoices(t *testing.T) {
	const script = `printf '%s\n' "${PULUMI_CONFIG_PASSPHRASE-unset}" "${PULUMI_CONFIG_PASSPHRASE_FILE-unset}" "$KUBECONFIG"`
	for name, test := range map[string]struct {
		environment []string
		want        string
	}{
		"an empty passphrase": {[]string{"PULUMI_CONFIG_PASSPHRASE="}, "\nunset\n/var/lib/twinstack/kubeconfig:/home/u/.kube/config"},
		"a file":              {[]string{"PULUMI_CONFIG_PASSPHRASE_FILE=/secret"}, "unset\n/secret\n/var/lib/twinstack/kubeconfig:/home/u/.kube/config"},
		"a kubeconfig and state": {[]string{"PULUMI_CONFIG_PASSPHRASE_FILE=/secret", "KUBECONFIG=/mine", "TWINSTACK_STATE=/s"},
			"unset\n/secret\n/s/kubeconfig:/mine"},
	} {
		t.Run(name, func(t *testing.T) {
			checkout, output := source(t, "bash", script, test.environment...)
			if output != strings.TrimSpace(test.want) {
				t.Errorf("got\n%q\nwant\n%q", output, test.want)
			}
			if _, err := os.Stat(filepath.Join(checkout, ".local", "passphrase")); err == nil {
				t.Error("a passphrase was generated all the same")
			}
		})
	}
}

func TestEnvOfAnotherCheckoutIsReplaced(t *testing.T) {
	checkout, output := source(t, "bash", `echo "$PULUMI_CONFIG_PASSPHRASE_FILE ${PATH%%:*}"`,
		"PULUMI_CONFIG_PASSPHRASE_FILE=/old/.local/passphrase", "PATH=/old/.local/bin:/usr/bin:/bin")
	if want := checkout + "/.local/passphrase " + checkout + "/.local/bin"; output != want {
		t.Errorf("got %q, want %q", output, want)
	}
}
