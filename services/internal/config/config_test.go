package config_test

import (
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/config"
)

func load(values map[string]string) (config.Config, error) {
	return config.Load(func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
}

func TestDefaults(t *testing.T) {
	got, err := load(nil)
	want := config.Config{
		ListenAddress: ":8080", AdminAddress: "127.0.0.1:8081", Region: "local", Backend: "local", LogLevel: slog.LevelInfo,
		Drain: 5 * time.Second, Shutdown: 10 * time.Second, Request: 5 * time.Second, MaxInFlight: 256 * runtime.GOMAXPROCS(0),
		RedisTimeout: 100 * time.Millisecond, BreakerThreshold: 5, BreakerCoolDown: 5 * time.Second,
		Database: config.Database{
			Name: "app", UsernameFile: "/run/twinstack/accounts/app/username", PasswordFile: "/run/twinstack/accounts/app/password",
			CAFile: "/run/twinstack/trust/ca.crt", Connections: 8, Timeout: 2 * time.Second,
			ReadWait: 500 * time.Millisecond, CoolDown: time.Second, Migrate: 240 * time.Second,
		},
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestEveryVariableIsRead(t *testing.T) {
	values := map[string]string{
		"LISTEN_ADDRESS": "127.0.0.1:1", "ADMIN_ADDRESS": "127.0.0.2:2", "REGION": "eu", "BACKEND": "canary", "LOG_LEVEL": "warn",
		"DRAIN_SECONDS": "0", "SHUTDOWN_SECONDS": "3", "REQUEST_SECONDS": "4", "MAX_IN_FLIGHT_PER_PROCESSOR": "1",
		"REDIS_ADDRESS": "cache:6379", "REDIS_TIMEOUT_MILLISECONDS": "5", "BREAKER_THRESHOLD": "6", "BREAKER_COOL_DOWN_SECONDS": "7",
		"DATABASE_WRITER": "w:1", "DATABASE_READER": "r:2", "DATABASE_NAME": "shop", "DATABASE_USERNAME_FILE": "/u",
		"DATABASE_PASSWORD_FILE": "/p", "DATABASE_CA_FILE": "/c", "DATABASE_CONNECTIONS": "9", "DATABASE_TIMEOUT_MILLISECONDS": "1001",
		"DATABASE_SERVER_NAME": "db.example", "DATABASE_SESSION": "a=b,c=1",
		"DATABASE_READ_WAIT_MILLISECONDS": "0", "DATABASE_COOL_DOWN_MILLISECONDS": "102", "MIGRATE_SECONDS": "11",
	}
	want := config.Config{
		ListenAddress: "127.0.0.1:1", AdminAddress: "127.0.0.2:2", Region: "eu", Backend: "canary", LogLevel: slog.LevelWarn,
		Shutdown: 3 * time.Second, Request: 4 * time.Second, MaxInFlight: runtime.GOMAXPROCS(0),
		RedisAddress: "cache:6379", RedisTimeout: 5 * time.Millisecond, BreakerThreshold: 6, BreakerCoolDown: 7 * time.Second,
		Database: config.Database{
			Writer: "w:1", Reader: "r:2", Name: "shop", UsernameFile: "/u", PasswordFile: "/p", CAFile: "/c", ServerName: "db.example", Session: "a=b,c=1", Connections: 9,
			Timeout: 1001 * time.Millisecond, CoolDown: 102 * time.Millisecond, Migrate: 11 * time.Second,
		},
	}
	if got, err := load(values); err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	for _, v := range config.Variables() {
		if _, ok := values[v.Name]; !ok {
			t.Errorf("%s is not covered by this test", v.Name)
		}
	}
}

func TestDatabaseAnswersWithinTheRequest(t *testing.T) {
	got, err := load(map[string]string{
		"REQUEST_SECONDS": "1", "DATABASE_TIMEOUT_MILLISECONDS": "5000", "DATABASE_READ_WAIT_MILLISECONDS": "5000",
	})
	if err != nil || got.Database.Timeout != 400*time.Millisecond || got.Database.ReadWait != 200*time.Millisecond {
		t.Errorf("got %+v, %v", got.Database, err)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := load(map[string]string{
		"DRAIN_SECONDS": "abc", "LOG_LEVEL": "loud", "REGION": "EU!", "REDIS_TIMEOUT_MILLISECONDS": "1000", "BACKEND": "canary", "DATABASE_SESSION": "a='; DROP",
	})
	want := strings.Join([]string{
		`REGION is "EU!"; must be 1 to 63 lower-case letters, digits and inner hyphens; set it to e.g. local`,
		`LOG_LEVEL is "loud"; must be one of debug, info, warn, error; set it to e.g. info`,
		`DRAIN_SECONDS is "abc"; must be an integer from 0 to 300; set it to e.g. 5`,
		`REDIS_TIMEOUT_MILLISECONDS is "1000"; must be an integer from 1 to 900; set it to e.g. 100`,
		`DATABASE_SESSION is "a='; DROP"; must be name=value separated by commas; set it to e.g. aurora_replica_read_consistency=session`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestReadmeTable(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for _, v := range config.Variables() {
		fallback := "none"
		if v.Default != "" {
			fallback = "`" + v.Default + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", v.Name, fallback, v.Allowed, v.Purpose)
	}
	// A formatter may align the columns.
	padding := regexp.MustCompile(` +`)
	if !strings.Contains(padding.ReplaceAllString(string(readme), " "), "--- |\n"+table.String()+"\n") {
		t.Errorf("README.md must have this table:\n%s", table.String())
	}
}
