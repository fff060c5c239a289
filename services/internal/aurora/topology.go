package aurora

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// topology is a global cluster as this region sees it.
type topology struct {
	// local is this region's cluster.
	local member
	// moving tells that AWS is making another cluster the writer.
	moving bool
}

// member is one region's cluster.
type member struct {
	arn string
	// writes tells that it is the one that takes writes.
	writes bool
	// connected tells that it gets what the writing one commits.
	connected bool
}

// topologyOf reads what RDS says.
func topologyOf(g types.GlobalCluster, region, cluster string) (topology, error) {
	name := aws.ToString(g.GlobalClusterIdentifier)
	for _, m := range g.GlobalClusterMembers {
		arn := aws.ToString(m.DBClusterArn)
		if !isCluster(arn, region, cluster) {
			continue
		}
		return topology{moving: isMoving(g), local: member{
			arn: arn, writes: aws.ToBool(m.IsWriter),
			connected: m.SynchronizationStatus == types.GlobalClusterMemberSynchronizationStatusConnected,
		}}, nil
	}
	return topology{}, fmt.Errorf("cluster %s of %s is no member of global cluster %s; add it as a secondary", cluster, region, name)
}

// isCluster tells whether an ARN (arn:aws:rds:region:account:cluster:name) is that of a cluster in a region.
func isCluster(arn, region, cluster string) bool {
	parts := strings.Split(arn, ":")
	const service, place, kind, name, all = 2, 3, 5, 6, 7
	return len(parts) == all && parts[service] == "rds" && parts[place] == region && parts[kind] == "cluster" && parts[name] == cluster
}

// isMoving tells whether a switchover or failover is under way. RDS shows one by a state that is otherwise empty.
func isMoving(g types.GlobalCluster) bool {
	return g.FailoverState != nil && g.FailoverState.Status != ""
}
