// Package config is the web service's configuration: every setting, its default and its limits.
package config

import (
	"log/slog"
	"runtime"
	"time"

	"twinstack.dev/services/internal/env"
)

// Config is what a process needs to know, validated.
type Config struct {
	ListenAddress string
	AdminAddress  string
	Region        string
	Backend       string
	LogLevel      slog.Level

	Drain       time.Duration
	Shutdown    time.Duration
	Request     time.Duration
	MaxInFlight int

	RedisAddress     string
	RedisTimeout     time.Duration
	BreakerThreshold int
	BreakerCoolDown  time.Duration
}

// Load reads the configuration through lookup. The error, if any, is an *env.Error with every problem.
func Load(lookup func(string) (string, bool)) (Config, error) {
	r := env.NewReader(lookup)
	c := read(r)
	return c, r.Err()
}

// Variables documents every setting.
func Variables() []env.Variable {
	r := env.NewReader(func(string) (string, bool) { return "", false })
	read(r)
	return r.Variables()
}

func read(r *env.Reader) Config {
	var c Config
	c.ListenAddress = r.ListenAddress("LISTEN_ADDRESS", ":8080", "where the service answers")
	c.AdminAddress = r.LoopbackAddress("ADMIN_ADDRESS", "127.0.0.1:8081",
		"where `POST /ready/disable`, `POST /ready/enable` and `/debug/pprof/` answer")
	c.Region = r.Label("REGION", "local", "the region told in every answer")
	c.Backend = r.Label("BACKEND", "local", "the backend (such as stable or canary) told in every answer")
	level := r.OneOf("LOG_LEVEL", "info", []string{"debug", "info", "warn", "error"},
		"least severe line logged; probes are logged at debug")
	// OneOf admits only words that slog knows.
	_ = c.LogLevel.UnmarshalText([]byte(level))

	c.Drain = r.Duration("DRAIN_SECONDS", time.Second, 5, 0, 300,
		"how long a stopping process keeps serving while `/ready` answers 503; longer than the router takes to notice")
	c.Shutdown = r.Duration("SHUTDOWN_SECONDS", time.Second, 10, 1, 300,
		"how long requests in flight may take after the drain")
	c.Request = r.Duration("REQUEST_SECONDS", time.Second, 5, 1, 60,
		"longest a request is worked on; a caller shortens it with `Prefer: wait=SECONDS`")
	c.MaxInFlight = runtime.GOMAXPROCS(0) * r.Int("MAX_IN_FLIGHT_PER_PROCESSOR", 256, 1, 10_000,
		"requests worked on or waiting, per processor, before more are refused with 503")

	c.RedisAddress = r.OptionalAddress("REDIS_ADDRESS", "cache:6379", "redis or valkey server that counts requests; none if empty")
	c.RedisTimeout = r.Duration("REDIS_TIMEOUT_MILLISECONDS", time.Millisecond, 100, 1, 900,
		"longest a call to redis may take, connecting included; always less than REQUEST_SECONDS")
	c.BreakerThreshold = r.Int("BREAKER_THRESHOLD", 5, 1, 1000, "failed calls in a row that open redis's circuit breaker")
	c.BreakerCoolDown = r.Duration("BREAKER_COOL_DOWN_SECONDS", time.Second, 5, 1, 300,
		"how long the breaker stays open before one call may try again")
	return c
}
