package steward

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/env"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
)

// Config is what a steward and its command line need to know, validated.
type Config struct {
	Region   string
	Witness  bool
	Regions  []Region
	LogLevel slog.Level

	QuorumKind      string
	QuorumTable     string
	AwsRegion       string
	QuorumEndpoints []string
	QuorumPrefix    string
	QuorumWitness   string
	Lease           lease.Terms

	Mode           decision.Mode
	DatabaseKind   string
	DatabaseHost   string
	DatabasePort   int
	DatabaseMember string
	GuardURL       string
	// GlobalCluster, Cluster, ReaderHost and PodIP are those of an Aurora.
	GlobalCluster string
	Cluster       string
	ReaderHost    string
	PodIP         string

	Preferred    string
	HoldDown     time.Duration
	DegradeAfter time.Duration
	MaxLag       time.Duration

	ServingURL    string
	Namespace     string
	ListenAddress string
	Fencing       bool

	TrustDirectory    string
	AccountsDirectory string
}

// Region is where a region's database is reached by the others.
type Region struct {
	Name         string `json:"name"`
	Address      string `json:"address"`
	DatabasePort int    `json:"databasePort"`
	Witness      bool   `json:"witness"`
}

// Peer is the other region that serves.
func (c Config) Peer() Region {
	for _, one := range c.Regions {
		if one.Name != c.Region && !one.Witness {
			return one
		}
	}
	return Region{}
}

// Source is where the others replicate from.
func (r Region) Source() mysql.Source {
	return mysql.Source{Host: MemberHost(r.Name), Port: r.DatabasePort}
}

// MemberHost is the name of a region's database member everywhere.
func MemberHost(region string) string { return "database-" + region + "-0" }

// Load reads the configuration through lookup. The error, if any, is an *env.Error with every problem.
func Load(lookup func(string) (string, bool)) (Config, error) {
	return env.Load(lookup, read)
}

// Variables documents every setting.
func Variables() []env.Variable { return env.Document(read) }

func read(r *env.Reader) Config {
	var c Config
	c.Region = r.Label("REGION", "a", "the region this steward decides for")
	c.Witness = r.OneOf("ROLE", "region", []string{"region", "witness"}, "witness: a member of the database that serves nobody") == "witness"
	c.readKinds(r)
	r.Checked("REGIONS", `[{"name":"a","address":"198.18.0.10","databasePort":30306},{"name":"b","address":"198.18.0.11","databasePort":30306}]`,
		"a JSON list of name, address and databasePort, with this region, exactly two that serve and at most one with witness true",
		"all regions with a member of the database, and where the others reach it", c.readRegions)
	c.readQuorum(r)
	c.readTable(r)
	c.readDatabase(r)
	c.readAurora(r)
	c.ServingURL = r.OptionalURL("SERVING_URL", "http://router:8080/ready", "answers 200 while this region's web service works; not asked if empty")
	c.Namespace = r.Text("NAMESPACE", "", "where the EndpointSlices of the database's Services are; none are written if empty")
	c.ListenAddress = r.ListenAddress("LISTEN_ADDRESS", ":8080", "where `/region-health`, `/metrics`, `/health` and `/ready` answer")
	level := r.OneOf("LOG_LEVEL", "info", []string{"debug", "info", "warn", "error"}, "least severe line logged")
	// OneOf admits only words that slog knows.
	_ = c.LogLevel.UnmarshalText([]byte(level))
	c.Fencing = r.OneOf("FENCING", "on", []string{"on", "off"}, "off leaves a database open without a lease: for the test that must catch two writers") == "on"
	c.TrustDirectory = r.Path("TRUST_DIRECTORY", "/run/twinstack/trust", "ca.crt, tls.crt and tls.key of this steward")
	c.AccountsDirectory = r.Path("ACCOUNTS_DIRECTORY", "/run/twinstack/accounts", "username and password of steward and replication, a folder each")
	return c
}

func (c *Config) readQuorum(r *env.Reader) {
	r.Checked("QUORUM_ENDPOINTS", "https://quorum-a:30379,https://quorum-b:30379,https://quorum-w:30379",
		"three or more URLs separated by commas, an odd number", "where the quorum's voters answer; with QUORUM_KIND etcd", func(text string) bool {
			c.QuorumEndpoints = strings.Split(text, ",")
			for _, one := range c.QuorumEndpoints {
				if parsed, err := url.Parse(one); err != nil || parsed.Hostname() == "" || parsed.User != nil {
					return false
				}
			}
			return len(c.QuorumEndpoints) >= 3 && len(c.QuorumEndpoints)%2 == 1
		})
	r.Checked("QUORUM_PREFIX", "/twinstack/local/", "a path that begins and ends with a slash", "begins every key of this stack", func(text string) bool {
		c.QuorumPrefix = text
		return len(text) > 2 && strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/")
	})
	c.QuorumWitness = r.Text("QUORUM_WITNESS", "", "host name of the voter that should lead; the leader stays where it is if empty")
	seconds := lease.DefaultSeconds
	r.Checked("LEASE_SECONDS", fmt.Sprint(seconds), lease.Allowed(), "how long a lease lasts", func(text string) bool {
		_, err := fmt.Sscanf(text, "%d", &seconds)
		return err == nil && text == fmt.Sprint(seconds) && lease.Holds(seconds)
	})
	c.Lease = lease.Terms{Duration: time.Duration(seconds) * time.Second}
}

func (c *Config) readDatabase(r *env.Reader) {
	c.Mode = decision.Mode(r.OneOf("DATABASE_MODE", string(decision.SemiSync),
		[]string{string(decision.Async), string(decision.SemiSync), string(decision.Group)}, "how the database is replicated"))
	c.DatabaseHost = r.Text("DATABASE_HOST", "database",
		"where the local member answers, and whose address the routes lead to; the cluster's end point with DATABASE_KIND aurora")
	c.DatabasePort = r.Int("DATABASE_ADMIN_PORT", 33062, 1, 65535, "port for administration of the local member")
	c.DatabaseMember = r.Text("DATABASE_MEMBER", MemberHost(c.Region), "name in the local member's certificate")
	c.GuardURL = r.Text("GUARD_URL", "https://"+MemberHost(c.Region)+".database:8443", "where the local member's guard answers")
	c.Preferred = r.Text("PREFERRED_WRITER", "", "the region that writes whenever it can; none if empty")
	if c.Preferred != "" && !slices.ContainsFunc(c.Regions, func(one Region) bool { return one.Name == c.Preferred && !one.Witness }) {
		r.Refuse("PREFERRED_WRITER", c.Preferred, "one of REGIONS that is no witness", c.Region)
	}
	c.HoldDown = r.Duration("HOLD_DOWN_SECONDS", time.Second, 60, 0, 86_400,
		"how long the preferred writer must be well before it writes again; 0: only when told to")
	c.DegradeAfter = r.Duration("DEGRADE_AFTER_SECONDS", time.Second, 5, 1, 3600,
		"how long semi-synchronous commits wait for a lost region before the promise is given up")
	c.MaxLag = r.Duration("MAX_LAG_SECONDS", time.Second, 10, 1, 3600, "how far behind the local member may be before reads go to the writer")
}

func (c *Config) readRegions(text string) bool {
	c.Regions = nil
	if json.Unmarshal([]byte(text), &c.Regions) != nil {
		return false
	}
	names, serving := map[string]bool{}, 0
	for _, one := range c.Regions {
		address, err := netip.ParseAddr(one.Address)
		// Aurora's regions reach each other by themselves.
		reached := c.DatabaseKind == Aurora || err == nil && address.Is4() && one.DatabasePort >= 1 && one.DatabasePort <= 65535
		if !reached || one.Name == "" || names[one.Name] {
			return false
		}
		names[one.Name] = true
		if !one.Witness {
			serving++
		}
		if one.Name == c.Region && one.Witness != c.Witness {
			return false
		}
	}
	return serving == 2 && len(c.Regions) <= 3 && names[c.Region]
}

// Decision is the part of it that decisions rest on.
func (c Config) Decision() decision.Config {
	d := decision.Config{
		Self: c.Region, Mode: c.Mode, Preferred: c.Preferred, HoldDown: c.HoldDown, DegradeAfter: c.DegradeAfter,
		UnreachableAfter: c.Lease.Expired() + time.Second, MaxLagSeconds: c.MaxLag.Seconds(), Sources: map[string]mysql.Source{},
	}
	for _, one := range c.Regions {
		d.Sources[one.Name] = one.Source()
		if !one.Witness || c.Mode == decision.Group {
			d.Sites = append(d.Sites, decision.Site{Name: one.Name, Witness: one.Witness})
		}
	}
	return d
}
