// Package aurora is one region's part of an Aurora global database, in the place of a MySQL member that the steward leads.
// AWS replicates, repairs and promotes; the steward says when. Who may write is decided by the lease and enforced by the
// gate (package gate), which asks AWS nothing.
//
// Aurora copies storage, not transactions: there are no sets of GTIDs to compare, and so none here. What they decide
// elsewhere is AWS' to promise: a switchover loses nothing, since AWS waits for the other region before it moves; a
// failover loses what had not arrived.
package aurora

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"twinstack.dev/services/internal/awsclient"
	"twinstack.dev/services/internal/mysql"
)

const (
	// askEvery bounds how often RDS is asked: it answers a whole account a few times a second.
	askEvery = 2 * time.Second
	// requestWithin bounds one question to it.
	requestWithin = 5 * time.Second
	// regionalFailover is how long Aurora gets to replace a failed writer within its region, which loses nothing, before
	// the region counts as unable to write.
	regionalFailover = 60 * time.Second
	// unmovedLooks is how many looks may show no sign of a move that AWS agreed to, before it counts as not done.
	unmovedLooks = 10
)

// errManaged means that AWS does this by itself, or nobody can.
var errManaged = errors.New("the clusters are kept by AWS: a steward can't do this to one")

// Server is the database itself, at its end points in this region.
type Server interface {
	// ProbeWrite commits a small write.
	ProbeWrite(ctx context.Context) error
	// Lag is how far this region's copy is behind the writer.
	Lag(ctx context.Context) (time.Duration, error)
	// Bootstrap makes schemas and accounts.
	Bootstrap(ctx context.Context) error
}

// Config says which cluster this is.
type Config struct {
	// GlobalCluster and Cluster are AWS' names of the whole and of this region's part; Region is AWS' of the region.
	GlobalCluster, Cluster, Region string
	// Peer is how the stack names the other region's part.
	Peer   mysql.Source
	Server Server
	Clock  func() time.Duration
	Log    *slog.Logger
}

// Cluster is this region's cluster. It implements steward.Database.
type Cluster struct {
	config Config
	rds    *rds.Client
	// pause is what is waited for between two looks at a move.
	pause time.Duration

	mu     sync.Mutex
	last   topology
	known  bool
	asked  time.Duration
	asking bool
	// failing is since when probes of the writer have failed, if they do.
	failing time.Duration
	fails   bool
}

// New returns a cluster, without connecting to anything.
func New(ctx context.Context, config Config) (*Cluster, error) {
	settings, err := awsclient.Load(ctx, config.Region)
	if err != nil {
		return nil, err
	}
	return &Cluster{config: config, rds: rds.NewFromConfig(settings), pause: askEvery}, nil
}

// ask asks RDS now.
func (c *Cluster) ask(ctx context.Context) (topology, error) {
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	answer, err := c.rds.DescribeGlobalClusters(ctx, &rds.DescribeGlobalClustersInput{GlobalClusterIdentifier: &c.config.GlobalCluster})
	if err != nil {
		return topology{}, fmt.Errorf("RDS: %w", err)
	}
	if len(answer.GlobalClusters) != 1 {
		return topology{}, fmt.Errorf("RDS knows %d global clusters %s", len(answer.GlobalClusters), c.config.GlobalCluster)
	}
	t, err := topologyOf(answer.GlobalClusters[0], c.config.Region, c.config.Cluster)
	if err != nil {
		return topology{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.known = t, true
	return t, nil
}

// look returns what RDS said last, and asks again now and then. While RDS is away it goes on by what it said: nothing about
// a database that works changes because those who manage it can't be reached.
func (c *Cluster) look(ctx context.Context) (topology, error) {
	c.mu.Lock()
	now := c.config.Clock()
	due := !c.asking && (!c.known || now-c.asked >= askEvery)
	last, known := c.last, c.known
	if due {
		c.asked, c.asking = now, true
	}
	c.mu.Unlock()
	if !due {
		if !known {
			return topology{}, errors.New("RDS has not answered yet")
		}
		return last, nil
	}
	t, err := c.ask(ctx)
	c.mu.Lock()
	c.asking = false
	c.mu.Unlock()
	if err == nil || !known {
		return t, err
	}
	c.config.Log.Warn("the global cluster is taken to be as it was", "error", err.Error())
	return last, nil
}

// Status implements steward.Database.
func (c *Cluster) Status(ctx context.Context) (mysql.Status, error) {
	t, err := c.look(ctx)
	if err != nil {
		return mysql.Status{}, err
	}
	status := mysql.Status{ServerUUID: t.local.arn, ReadOnly: !t.local.writes}
	if t.local.writes {
		return status, nil
	}
	status.Replica = &mysql.Replica{Source: c.config.Peer, Receiving: t.local.connected, Applying: t.local.connected, LagSeconds: -1}
	if !t.local.connected {
		status.Replica.Error = "AWS is joining cluster " + c.config.Cluster + " to the writer's again"
		return status, nil
	}
	lag, err := c.config.Server.Lag(ctx)
	if err != nil {
		status.Replica.Error = "the lag is unknown: " + err.Error()
		return status, nil
	}
	status.Replica.LagSeconds = lag.Seconds()
	return status, nil
}

// Follow implements steward.Database: it waits until AWS has made this cluster a secondary again.
func (c *Cluster) Follow(ctx context.Context, _ mysql.Source, _ bool) error {
	for {
		t, err := c.look(ctx)
		if err == nil && !t.local.writes && t.local.connected {
			return nil
		}
		if c.wait(ctx) != nil {
			return errors.Join(fmt.Errorf("cluster %s is no connected secondary yet", c.config.Cluster), err)
		}
	}
}

func (c *Cluster) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(c.pause):
		return nil
	}
}

// StopReceiving implements steward.Database. A move does it.
func (c *Cluster) StopReceiving(context.Context) error { return nil }

// ApplyReceived implements steward.Database. A move does it.
func (c *Cluster) ApplyReceived(context.Context) error { return nil }

// WaitExecuted implements steward.Database. A switchover waits by itself.
func (c *Cluster) WaitExecuted(context.Context, mysql.GTIDSet) error { return nil }

// ProbeWrite implements steward.Database. A writer that fails is Aurora's to replace for a while; one that AWS has moved to
// another region is none.
func (c *Cluster) ProbeWrite(ctx context.Context) error {
	t, err := c.look(ctx)
	if err == nil && !t.local.writes && !t.moving {
		return fmt.Errorf("cluster %s is not the one that writes", c.config.Cluster)
	}
	err = c.config.Server.ProbeWrite(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.config.Clock()
	if err == nil || !c.fails {
		c.fails, c.failing = err != nil, now
	}
	if now-c.failing < regionalFailover {
		return nil
	}
	return err
}

// Bootstrap implements steward.Database.
func (c *Cluster) Bootstrap(ctx context.Context) error { return c.config.Server.Bootstrap(ctx) }

// SetSemiSync implements steward.Database.
func (c *Cluster) SetSemiSync(context.Context, bool) error { return errManaged }

// CloneFrom implements steward.Database.
func (c *Cluster) CloneFrom(context.Context, mysql.Source) error { return errManaged }

// StartGroup implements steward.Database.
func (c *Cluster) StartGroup(context.Context, bool) error { return errManaged }

// StopGroup implements steward.Database.
func (c *Cluster) StopGroup(context.Context) error { return errManaged }

// SetPrimary implements steward.Database.
func (c *Cluster) SetPrimary(context.Context, string) error { return errManaged }

// Peer is the other region's part, as far as it can be told from here: its status is an error while this region's part is
// not connected to it.
type Peer struct{ *Cluster }

// Status implements steward.Database.
func (p Peer) Status(ctx context.Context) (mysql.Status, error) {
	t, err := p.look(ctx)
	switch {
	case err != nil:
		return mysql.Status{}, err
	case !t.local.writes && !t.local.connected && !t.moving:
		return mysql.Status{}, fmt.Errorf("cluster %s is not connected to the writer's", p.config.Cluster)
	}
	return mysql.Status{ServerUUID: aws.ToString(&p.config.GlobalCluster)}, nil
}
