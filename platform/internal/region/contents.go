package region

import "context"

// manifests are the cluster's own objects, in the order in which they are applied. A witness scales nothing by itself,
// and so does without metrics.
func (c *cluster) manifests() []string {
	all := []string{"access.yaml", "coredns.yaml", "storage.yaml"}
	if !c.region.Witness {
		all = append(all, "metrics-server.yaml")
	}
	return all
}

// service is one that runs in the cluster.
type service struct {
	name  string
	ready func(ctx context.Context, server *api) error
}

// services are the cluster's own, in the order in which they are waited for.
func (c *cluster) services() []service {
	all := []service{{"cluster DNS", rolledOut("coredns")}}
	if !c.region.Witness {
		all = append(all, service{"metrics server", rolledOut("metrics-server")}, service{"metrics API", metricsServed})
	}
	return all
}

func metricsServed(ctx context.Context, server *api) error {
	var registration object
	if err := server.get(ctx, "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io", &registration); err != nil {
		return err
	}
	return registration.holds("Available")
}

// witnessControllers leaves out the controllers that a witness has no use for and that work without being asked: it
// scales nothing by itself, and its volumes are the node's own, which nobody attaches.
const witnessControllers = "*,-cronjob-controller,-horizontal-pod-autoscaler-controller," +
	"-persistentvolume-attach-detach-controller,-resourcequota-controller"
