package steward_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/steward"
)

func load(values map[string]string) (steward.Config, error) {
	return steward.Load(func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	})
}

func TestDefaults(t *testing.T) {
	c, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Region != "a" || c.Mode != decision.SemiSync || c.Lease.Duration != 5*time.Second || !c.Fencing || c.Witness || len(c.QuorumEndpoints) != 3 {
		t.Errorf("%+v", c)
	}
	d := c.Decision()
	if len(d.Sites) != 2 || d.Sources["b"].Host != "database-b-0" || d.Sources["b"].Port != 30306 {
		t.Errorf("%+v", d)
	}
	if d.UnreachableAfter <= c.Lease.Expired() {
		t.Errorf("a writer that died is withdrawn after %s, before its lease of %s is surely over", d.UnreachableAfter, c.Lease.Expired())
	}
}

const three = `[{"name":"a","address":"198.18.0.10","databasePort":1},{"name":"b","address":"198.18.0.11","databasePort":1},{"name":"w","address":"198.18.0.12","databasePort":1,"witness":true}]`

func TestOnlyAGroupHasTheWitness(t *testing.T) {
	for mode, want := range map[string]int{"async": 2, "semi-sync": 2, "group": 3} {
		c, err := load(map[string]string{"REGIONS": three, "DATABASE_MODE": mode})
		if err != nil || len(c.Decision().Sites) != want {
			t.Errorf("%s: %+v, %v", mode, c.Decision().Sites, err)
		}
	}
}

func TestRefusesAllThatIsWrong(t *testing.T) {
	for name, test := range map[string]struct{ value, want string }{
		"LEASE_SECONDS":         {"2", `LEASE_SECONDS is "2"; must be an integer from 3 to 60, so that 3 renewals fit into what the fence (1s) leaves of it and a lost region is noticed soon; set it to e.g. 5`},
		"QUORUM_ENDPOINTS":      {"https://a:1,https://b:1", `QUORUM_ENDPOINTS is "https://a:1,https://b:1"; must be three or more URLs separated by commas, an odd number; set it to e.g. https://quorum-a:30379,https://quorum-b:30379,https://quorum-w:30379`},
		"QUORUM_PREFIX":         {"twinstack", `QUORUM_PREFIX is "twinstack"; must be a path that begins and ends with a slash; set it to e.g. /twinstack/local/`},
		"DATABASE_MODE":         {"sync", `DATABASE_MODE is "sync"; must be one of async, semi-sync, group; set it to e.g. semi-sync`},
		"DEGRADE_AFTER_SECONDS": {"0", `DEGRADE_AFTER_SECONDS is "0"; must be an integer from 1 to 3600; set it to e.g. 5`},
		"PREFERRED_WRITER":      {"c", `PREFERRED_WRITER is "c"; must be one of REGIONS that is no witness; set it to e.g. a`},
		"FENCING":               {"no", `FENCING is "no"; must be one of on, off; set it to e.g. on`},
	} {
		if _, err := load(map[string]string{name: test.value}); err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, test.want)
		}
	}
	_, err := load(map[string]string{"LEASE_SECONDS": "5s", "FENCING": "x"})
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not all problems at once: %v", err)
	}
}

// onAWS are the variables of a steward there.
func onAWS() map[string]string {
	return map[string]string{
		"QUORUM_KIND": "dynamodb", "QUORUM_TABLE": "shop-quorum", "QUORUM_REGION": "eu-central-1", "DATABASE_KIND": "aurora",
		"DATABASE_MODE": "async", "DATABASE_GLOBAL_CLUSTER": "shop", "DATABASE_CLUSTER": "shop-a", "DATABASE_HOST": "w.example",
		"DATABASE_READER_HOST": "r.example", "POD_IP": "10.0.0.7", "REGIONS": `[{"name":"a"},{"name":"b"}]`,
	}
}

func TestOnAWS(t *testing.T) {
	c, err := load(onAWS())
	if err != nil {
		t.Fatal(err)
	}
	if c.QuorumKind != steward.Dynamodb || c.QuorumTable != "shop-quorum" || c.AwsRegion != "eu-central-1" || c.DatabaseKind != steward.Aurora ||
		c.GlobalCluster != "shop" || c.Cluster != "shop-a" || c.DatabaseHost != "w.example" || c.ReaderHost != "r.example" || c.PodIP != "10.0.0.7" {
		t.Errorf("%+v", c)
	}
	if c.Peer().Name != "b" || c.Decision().Sources["b"] != c.Peer().Source() {
		t.Errorf("the peer is %+v", c.Peer())
	}
	for name, want := range map[string]string{
		"QUORUM_TABLE":            `QUORUM_TABLE is ""; must be text; set it to e.g. twinstack-quorum`,
		"QUORUM_REGION":           `QUORUM_REGION is ""; must be text; set it to e.g. eu-central-1`,
		"DATABASE_GLOBAL_CLUSTER": `DATABASE_GLOBAL_CLUSTER is ""; must be text; set it to e.g. twinstack`,
		"DATABASE_CLUSTER":        `DATABASE_CLUSTER is ""; must be text; set it to e.g. twinstack-a`,
		"DATABASE_READER_HOST":    `DATABASE_READER_HOST is ""; must be text; set it to e.g. twinstack-a.cluster-ro-abc.eu-central-1.rds.amazonaws.com`,
		"POD_IP":                  `POD_IP is ""; must be text; set it to e.g. 10.0.0.7`,
		"DATABASE_MODE":           `DATABASE_MODE is "semi-sync"; must be async with DATABASE_KIND aurora, which promises no more; set it to e.g. async`,
	} {
		values := onAWS()
		delete(values, name)
		if _, err := load(values); err == nil || err.Error() != want {
			t.Errorf("without %s:\n got %v\nwant %s", name, err, want)
		}
	}
	for name, test := range map[string]struct{ value, want string }{
		"POD_IP":        {"fd00::1", `POD_IP is "fd00::1"; must be an IPv4 address; set it to e.g. 10.0.0.7`},
		"QUORUM_KIND":   {"consul", `QUORUM_KIND is "consul"; must be one of etcd, dynamodb; set it to e.g. etcd`},
		"DATABASE_KIND": {"postgres", `DATABASE_KIND is "postgres"; must be one of mysql, aurora; set it to e.g. mysql`},
	} {
		if _, err := load(map[string]string{name: test.value}); err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, test.want)
		}
	}
}

func TestRefusesRegions(t *testing.T) {
	region := func(name, address, port string) string {
		return `{"name":"` + name + `","address":"` + address + `","databasePort":` + port + `}`
	}
	a, b, c := region("a", "198.18.0.10", "1"), region("b", "198.18.0.11", "1"), region("c", "198.18.0.13", "1")
	for name, text := range map[string]string{
		"no JSON": "a,b", "one": "[" + a + "]", "three that serve": "[" + a + "," + b + "," + c + "]", "twice": "[" + a + "," + a + "]",
		"without this one": "[" + b + "," + c + "]", "no address": "[" + a + "," + region("b", "here", "1") + "]", "no port": "[" + a + "," + region("b", "198.18.0.11", "0") + "]",
		"IPv6": "[" + a + "," + region("b", "fd00::1", "1") + "]",
	} {
		if _, err := load(map[string]string{"REGIONS": text}); err == nil || !strings.Contains(err.Error(),
			"; must be a JSON list of name, address and databasePort, with this region, exactly two that serve and at most one with witness true; ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := load(map[string]string{"REGIONS": three, "REGION": "w"}); err == nil {
		t.Error("the witness is taken for a region that serves")
	}
	if _, err := load(map[string]string{"REGIONS": three, "REGION": "w", "ROLE": "witness", "GUARD_URL": "https://x:1", "DATABASE_MODE": "group"}); err != nil {
		t.Error(err)
	}
}

// The stack's declarations pass no variable that the steward does not know.
func TestDeclarationsAndSettingsAgree(t *testing.T) {
	known := map[string]bool{}
	for _, v := range steward.Variables() {
		if known[v.Name] || v.Purpose == "" || v.Allowed == "" {
			t.Errorf("%+v", v)
		}
		known[v.Name] = true
	}
	passed := 0
	for _, file := range []string{"steward-environment.ts", "steward-pod.ts"} {
		text, err := os.ReadFile("../../../components/steward/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`\b([A-Z]+(?:_[A-Z]+)+):`).FindAllStringSubmatch(string(text), -1) {
			passed++
			if !known[match[1]] {
				t.Errorf("components/steward/%s passes %s, which nothing reads", file, match[1])
			}
		}
	}
	if passed == 0 {
		t.Error("the declarations pass nothing")
	}
}
