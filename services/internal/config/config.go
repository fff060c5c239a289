// Package config is the web service's configuration: every setting, its default and its limits.
package config

import (
	"log/slog"
	"regexp"
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

	Database Database
}

// Database is where the ledger is kept. There is no ledger where Writer is empty.
type Database struct {
	Writer       string
	Reader       string
	Name         string
	UsernameFile string
	PasswordFile string
	CAFile       string
	ServerName   string
	Session      string
	Connections  int
	Timeout      time.Duration
	ReadWait     time.Duration
	CoolDown     time.Duration
	Migrate      time.Duration
}

// Enabled tells whether there is a ledger.
func (d Database) Enabled() bool { return d.Writer != "" }

// Load reads the configuration through lookup. The error, if any, is an *env.Error with every problem.
func Load(lookup func(string) (string, bool)) (Config, error) {
	return env.Load(lookup, read)
}

// Variables documents every setting.
func Variables() []env.Variable { return env.Document(read) }

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
	c.BreakerThreshold = r.Int("BREAKER_THRESHOLD", 5, 1, 1000, "failed calls in a row that open a dependency's circuit breaker")
	c.BreakerCoolDown = r.Duration("BREAKER_COOL_DOWN_SECONDS", time.Second, 5, 1, 300,
		"how long redis's breaker stays open before one call may try again")
	c.Database = readDatabase(r)
	// A caller is answered within REQUEST_SECONDS, also when neither reader nor writer says anything.
	c.Database.Timeout = min(c.Database.Timeout, c.Request*4/10)
	c.Database.ReadWait = min(c.Database.ReadWait, c.Database.Timeout/2)
	return c
}

func readDatabase(r *env.Reader) Database {
	const folder = "/run/twinstack/"
	return Database{
		Writer: r.OptionalAddress("DATABASE_WRITER", "database-writer:3306",
			"MySQL server that takes the ledger's writes; no ledger if empty"),
		Reader: r.OptionalAddress("DATABASE_READER", "database-reader:3306",
			"MySQL server near by that answers reads; the writer does if empty"),
		Name: r.Label("DATABASE_NAME", "app", "schema that holds the ledger's tables"),
		UsernameFile: r.Path("DATABASE_USERNAME_FILE", folder+"accounts/app/username",
			"file with the account's name, read for every connection"),
		PasswordFile: r.Path("DATABASE_PASSWORD_FILE", folder+"accounts/app/password",
			"file with its password, read for every connection"),
		CAFile: r.Path("DATABASE_CA_FILE", folder+"trust/ca.crt",
			"PEM file of the authority that signs the database's certificates, read for every connection"),
		ServerName: r.TextFor("DATABASE_SERVER_NAME", false, "",
			"name in the database's certificates, where that is not the host which is connected to"),
		Session:     readSession(r),
		Connections: r.Int("DATABASE_CONNECTIONS", 8, 2, 100, "most connections to the writer, and as many to the reader"),
		Timeout: r.Duration("DATABASE_TIMEOUT_MILLISECONDS", time.Millisecond, 2000, 100, 60_000,
			"longest a read or a transaction may take, connecting included; always at most 4/10 of REQUEST_SECONDS"),
		ReadWait: r.Duration("DATABASE_READ_WAIT_MILLISECONDS", time.Millisecond, 500, 0, 60_000,
			"longest a read waits for the reader to have the caller's write before the writer is asked; "+
				"always at most half of DATABASE_TIMEOUT_MILLISECONDS"),
		CoolDown: r.Duration("DATABASE_COOL_DOWN_MILLISECONDS", time.Millisecond, 1000, 100, 60_000,
			"how long a breaker of the database stays open before one call may try again"),
		Migrate: r.Duration("MIGRATE_SECONDS", time.Second, 240, 1, 3600,
			"longest that `web migrate` waits for the tables to be there"),
	}
}

var session = regexp.MustCompile(`^[a-z_]+=[A-Za-z0-9_.-]+(,[a-z_]+=[A-Za-z0-9_.-]+)*$`)

// readSession reads variables of the database's sessions.
func readSession(r *env.Reader) (text string) {
	const example = "aurora_replica_read_consistency=session"
	text = r.TextFor("DATABASE_SESSION", false, example,
		"variables that every session sets first, as name=value separated by commas; none if empty")
	if text != "" && !session.MatchString(text) {
		r.Refuse("DATABASE_SESSION", text, "name=value separated by commas", example)
	}
	return text
}
