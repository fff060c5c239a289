package guard

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/env"
	"twinstack.dev/services/internal/mysql"
)

func load(values map[string]string) (Settings, error) {
	return Load(func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
}

func TestSettingsHaveDefaultsThatFollowTheRegion(t *testing.T) {
	s, err := load(map[string]string{"REGION": "b"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Member != "database-b-0" || !slices.Equal(s.Clients, []string{"steward-b"}) || s.Stop != 20*time.Second {
		t.Errorf("settings are %+v", s)
	}
}

func TestWrongSettingsAreAllTold(t *testing.T) {
	_, err := load(map[string]string{
		"SERVER_ID": "0", "POD_IP": "here", "DATA_DIRECTORY": "data", "DATABASE_MODE": "sync", "GUARD_CLIENTS": "a,,b", "GROUP_SEEDS": "database-a-0",
	})
	want := strings.Join([]string{
		`DATABASE_MODE is "sync"; must be one of async, semi-sync, group; set it to e.g. semi-sync`,
		`SERVER_ID is "0"; must be an integer from 1 to 2147483647; set it to e.g. 1`,
		`POD_IP is "here"; must be an IP address; set it to e.g. 127.0.0.1`,
		`GROUP_SEEDS is "database-a-0"; must be host:port separated by commas, or empty; set it to e.g. database-a-0:30361`,
		`DATA_DIRECTORY is "data"; must be an absolute path; set it to e.g. /var/lib/mysql/data`,
		`GUARD_CLIENTS is "a,,b"; must be labels (1 to 63 lower-case letters, digits and inner hyphens) separated by commas; set it to e.g. steward-local`,
	}, "\n")
	var problems *env.Error
	if !errors.As(err, &problems) || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestGroupMemberMustBeAmongTheSeeds(t *testing.T) {
	values := map[string]string{"REGION": "a", "DATABASE_MODE": "group", "GROUP_SEEDS": "database-b-0:30361"}
	want := `GROUP_SEEDS is "database-b-0:30361"; must be a list with this member's own address, MEMBER and GROUP_PORT; set it to e.g. database-a-0:30361`
	if _, err := load(values); err == nil || err.Error() != want {
		t.Errorf("got %v; want %s", err, want)
	}
	values["GROUP_SEEDS"] += ",database-a-0:30361"
	s, err := load(values)
	if err != nil {
		t.Fatal(err)
	}
	s.Command = []string{"mysqld", "--port=3306"}
	line := s.serving()
	for _, argument := range []string{
		"--group-replication-local-address=database-a-0:30361",
		"--group-replication-group-seeds=database-b-0:30361,database-a-0:30361",
		"--report-host=database-a-0",
		"--super-read-only=ON",
		"--persisted-globals-load=OFF",
	} {
		if !slices.Contains(line, argument) {
			t.Errorf("%s is missing in %q", argument, line)
		}
	}
	if line[1] != "--defaults-file=/etc/twinstack/my.cnf" || line[len(line)-1] != "--port=3306" {
		t.Errorf("mysqld wants its defaults file first, and own arguments win by being last: %q", line)
	}
}

func TestPauseGrowsWhileMysqldKeepsDying(t *testing.T) {
	var pauses []time.Duration
	pause := time.Duration(0)
	for range 8 {
		pause = nextPause(pause, time.Second, false)
		pauses = append(pauses, pause)
	}
	want := []time.Duration{250e6, 500e6, 1e9, 2e9, 4e9, 8e9, 10e9, 10e9}
	if !slices.Equal(pauses, want) {
		t.Errorf("pauses are %s; want %s", pauses, want)
	}
	if got := nextPause(pause, time.Second, true); got != 0 {
		t.Errorf("a restart that mysqld asked for waits %s", got)
	}
	if got := nextPause(pause, time.Minute, false); got != 0 {
		t.Errorf("a death after a long life costs %s", got)
	}
}

func TestIdentityIsRenewedOnlyForAClone(t *testing.T) {
	data := t.TempDir()
	identity := filepath.Join(data, identityFile)
	if err := os.WriteFile(identity, []byte("[auto]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := renewIdentity(data); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(identity); err != nil {
		t.Errorf("without a clone: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(data, filepath.Dir(cloneReady)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, cloneReady), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := renewIdentity(data); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(identity); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("with a clone: %v", err)
	}
}

func TestOnlyOwnZombiesAreBuried(t *testing.T) {
	pid := strconv.Itoa(os.Getpid())
	for stat, want := range map[string]bool{
		"12 (sleep) Z " + pid + " 1 1":      true,
		"12 (a) b) Z " + pid + " 1 1":       true,
		"12 (sleep) S " + pid + " 1 1":      false,
		"12 (sleep) Z 4194305 1 1":          false,
		"12 (x) Z " + pid + ") S 4194305 1": false,
		"":                                  false,
	} {
		if got := isOurZombie([]byte(stat)); got != want {
			t.Errorf("%q: %t; want %t", stat, got, want)
		}
	}
}

func TestRefusalsTravelBothWays(t *testing.T) {
	for _, err := range []error{ErrStaleBoot, ErrStaleEpoch, ErrPast, ErrNotOpen, ErrNotRunning} {
		typ, status := problemOf(errors.Join(errors.New("in detail"), err))
		if typ == "" || status < 400 || !errors.Is(errorOf(typ), err) {
			t.Errorf("%v becomes %q, %d, and then %v", err, typ, status, errorOf(typ))
		}
	}
	if typ, status := problemOf(errors.New("other")); typ != "" || status != 500 {
		t.Errorf("an unknown error becomes %q, %d", typ, status)
	}
}

func TestClientsURLIsChecked(t *testing.T) {
	for _, url := range []string{"http://database:8443", "https://database", "database:8443", "https://database:8443/v1", ""} {
		_, err := NewClient(ClientConfig{URL: url, Trust: mysql.TrustFiles{}})
		if err == nil || !strings.Contains(err.Error(), `must be https://host:port; set it to e.g. https://database-a-0.database:8443`) {
			t.Errorf("%q: %v", url, err)
		}
	}
}
