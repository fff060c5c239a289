package steward

import (
	"net/netip"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/env"
)

// Kinds of quorum and database.
const (
	Etcd     = "etcd"
	Dynamodb = "dynamodb"
	MySQL    = "mysql"
	Aurora   = "aurora"
)

func (c *Config) readKinds(r *env.Reader) {
	c.QuorumKind = r.OneOf("QUORUM_KIND", Etcd, []string{Etcd, Dynamodb}, "who agrees: voters of the stack's own, or the copies of a table that AWS runs")
	c.DatabaseKind = r.OneOf("DATABASE_KIND", MySQL, []string{MySQL, Aurora},
		"what the database is: members under guards, or a global cluster that AWS runs, behind a gate of this process")
}

func (c *Config) readTable(r *env.Reader) {
	c.QuorumTable = r.TextFor("QUORUM_TABLE", c.QuorumKind == Dynamodb, "twinstack-quorum",
		"DynamoDB table that has an item for this stack, named by QUORUM_PREFIX; with QUORUM_KIND dynamodb")
	c.AwsRegion = r.TextFor("QUORUM_REGION", c.QuorumKind == Dynamodb || c.DatabaseKind == Aurora, "eu-central-1",
		"AWS' name of this region, whose copy of QUORUM_TABLE and whose RDS are asked; with QUORUM_KIND dynamodb or DATABASE_KIND aurora")
}

func (c *Config) readAurora(r *env.Reader) {
	needed := c.DatabaseKind == Aurora
	if needed && c.Mode != decision.Async {
		r.Refuse("DATABASE_MODE", string(c.Mode), "async with DATABASE_KIND aurora, which promises no more", string(decision.Async))
	}
	c.GlobalCluster = r.TextFor("DATABASE_GLOBAL_CLUSTER", needed, "twinstack", "name of the global cluster; with DATABASE_KIND aurora")
	c.Cluster = r.TextFor("DATABASE_CLUSTER", needed, "twinstack-a", "name of this region's cluster in it; with DATABASE_KIND aurora")
	c.ReaderHost = r.TextFor("DATABASE_READER_HOST", needed, "twinstack-a.cluster-ro-abc.eu-central-1.rds.amazonaws.com",
		"the cluster's reader end point, which also hands writes on; with DATABASE_KIND aurora")
	c.PodIP = r.TextFor("POD_IP", needed, "10.0.0.7", "this pod's address, where the routes lead to the gate; with DATABASE_KIND aurora")
	if address, err := netip.ParseAddr(c.PodIP); c.PodIP != "" && (err != nil || !address.Is4()) {
		r.Refuse("POD_IP", c.PodIP, "an IPv4 address", "10.0.0.7")
	}
}
