package aurora

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"twinstack.dev/services/internal/mysql"
)

// BecomeSource implements steward.Database: it has AWS make this region's cluster the writer, and waits until it is. A
// planned move is a switchover, which loses nothing and needs the writer's region; any other is a failover, which is what
// is left when that region is gone. A move that is under way already is waited for.
func (c *Cluster) BecomeSource(ctx context.Context, planned bool) error {
	var problem error
	asked, unmoved := false, 0
	for {
		t, err := c.ask(ctx)
		switch {
		case err != nil:
			problem = err
		case t.local.writes && !t.moving:
			return nil
		case t.moving:
			asked, unmoved = true, 0
		case asked && unmoved < unmovedLooks:
			unmoved++
		case asked && planned:
			return fmt.Errorf("%w: AWS ended the switchover to %s", mysql.ErrStays, t.local.arn)
		default:
			if problem = c.move(ctx, planned, t.local.arn); errors.Is(problem, mysql.ErrStays) {
				return problem
			}
			asked, unmoved = problem == nil, 0
		}
		if err := c.wait(ctx); err != nil {
			return errors.Join(fmt.Errorf("cluster %s is not the writer yet: %w", c.config.Cluster, err), problem)
		}
	}
}

// move asks for it. A planned one that AWS refuses is not to be had: the former writer is well and may go on.
func (c *Cluster) move(ctx context.Context, planned bool, arn string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	if planned {
		_, err = c.rds.SwitchoverGlobalCluster(ctx, &rds.SwitchoverGlobalClusterInput{
			GlobalClusterIdentifier: &c.config.GlobalCluster, TargetDbClusterIdentifier: &arn,
		})
	} else {
		_, err = c.rds.FailoverGlobalCluster(ctx, &rds.FailoverGlobalClusterInput{
			GlobalClusterIdentifier: &c.config.GlobalCluster, TargetDbClusterIdentifier: &arn, AllowDataLoss: aws.Bool(true),
		})
	}
	kind := map[bool]string{true: "switchover", false: "failover"}[planned]
	if err == nil {
		c.config.Log.Info("AWS moves the writer", "by", kind, "to", arn)
		return nil
	}
	c.config.Log.Warn("AWS does not move the writer", "by", kind, "to", arn, "error", err.Error())
	var answered *awshttp.ResponseError
	if planned && errors.As(err, &answered) && answered.HTTPStatusCode() < 500 {
		return fmt.Errorf("%w: %w", mysql.ErrStays, err)
	}
	return fmt.Errorf("RDS: %w", err)
}
