package guard_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/guard/guardtest"
	"twinstack.dev/services/internal/mysql"
)

// settingsVariable makes this test binary a guard, so that one can be killed.
const settingsVariable = "GUARD_TEST_SETTINGS"

func TestMain(m *testing.M) {
	if text := os.Getenv(settingsVariable); text != "" {
		os.Exit(beGuard(text))
	}
	os.Exit(m.Run())
}

func beGuard(text string) int {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	var settings guard.Settings
	err := json.Unmarshal([]byte(text), &settings)
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = guard.New(settings, "test", log).Run(ctx)
	}
	if err != nil {
		log.Error(err.Error())
		return 1
	}
	return 0
}

// startProcess runs a member's guard as a process of its own. The words before it are a command that runs it.
func startProcess(t *testing.T, m *guardtest.Member, before ...string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(m.Settings)
	check(t, err)
	line := append(before, os.Args[0])
	command := exec.Command(line[0], line[1:]...)
	command.Env = append(os.Environ(), settingsVariable+"="+string(text))
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	check(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill() // It has ended, in most tests.
		_ = command.Wait()
	})
	return command
}

// status returns what the guard answers to somebody without a certificate.
func status(t *testing.T, stack *guardtest.Stack, url string) int {
	t.Helper()
	authority, err := mysql.TrustIn(stack.Steward).Authority()
	check(t, err)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}}}
	defer client.CloseIdleConnections()
	response, err := client.Get(url)
	check(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

func TestMysqldDiesWithItsGuard(t *testing.T) {
	m := guardtest.NewStack(t, "async").Prepare(1)
	command := startProcess(t, m)
	openWithTable(t, m, 30e9)
	mysqld := m.PID()
	check(t, command.Process.Kill())
	guardtest.Eventually(t, "mysqld is gone", func(context.Context) (bool, error) {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(mysqld), "stat"))
		// Whoever inherits it may not have buried it yet.
		return err != nil || strings.Contains(string(stat), ") Z "), nil
	})
	startProcess(t, m)
	if state := m.AwaitRunning(); state.Open || !m.Now().ReadOnly {
		t.Errorf("after the guard's death mysqld is open: %+v", state)
	}
}

func TestGuardEndsWellOnSIGTERM(t *testing.T) {
	m := guardtest.NewStack(t, "async").Prepare(1)
	m.Settings.Stop = 60e9
	command := startProcess(t, m)
	openWithTable(t, m, 30e9)
	check(t, command.Process.Signal(syscall.SIGTERM))
	if err := command.Wait(); err != nil {
		t.Errorf("guard: %v", err)
	}
	if left, err := filepath.Glob(m.Settings.SocketFile + ".pid"); err != nil || len(left) > 0 {
		t.Errorf("mysqld did not stop in good order: %v, %v", left, err)
	}
}

func TestGuardIsAFirstProcess(t *testing.T) {
	stack := guardtest.NewStack(t, "async")
	if os.Geteuid() != 0 {
		t.Skip("only root may make a process namespace; run this test as root")
	}
	m := stack.Prepare(1)
	sleep, err := exec.LookPath("sleep")
	check(t, err)
	orphan := filepath.Join(m.Directory, "guardorphan")
	check(t, os.Symlink(sleep, orphan))
	// The shell's grandchild outlives its parent, and the guard takes the shell's place as the first process.
	startProcess(t, m, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", "("+orphan+` 0.5 &) ; exec "$0"`)
	m.AwaitRunning()
	guardtest.Eventually(t, "the orphan is buried", func(context.Context) (bool, error) {
		stats, err := filepath.Glob("/proc/[0-9]*/stat")
		for _, stat := range stats {
			text, _ := os.ReadFile(stat) // Whoever it is may have ended in between.
			if strings.Contains(string(text), "(guardorphan)") {
				return false, nil
			}
		}
		return true, err
	})
}
