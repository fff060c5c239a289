package provisioner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"

	"twinstack.dev/platform/internal/storage"
)

const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	// headerTimeout bounds how long a client may take to ask for the health page.
	headerTimeout = 5 * time.Second
)

// Options say which region's volumes are served, and how.
type Options struct {
	// Volumes is the absolute path of the folder that the volumes are kept in.
	Volumes string
	// Kubeconfig is a file with the rights to make and remove persistent volumes.
	Kubeconfig string
	// Listen is the host:port of the health page, /healthz.
	Listen string
}

// Run mounts the volumes that are there, then makes and removes others as claims come and go, until the context ends.
// The volumes stay mounted: their pods outlive this program.
func Run(ctx context.Context, o Options) error {
	volumes := storage.Volumes{Folder: o.Volumes}
	names, err := volumes.MountAll(ctx)
	if err != nil {
		return err
	}
	klog.FromContext(ctx).Info("Volumes are mounted", "count", len(names))
	config, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Kubeconfig, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Kubeconfig, err)
	}
	server := controller.NewProvisionController(ctx, client, Name, provisioner{volumes},
		// There is one of these in a region, and it doesn't give up.
		controller.LeaderElection(false),
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
		controller.RateLimiter(workqueue.NewTypedItemExponentialFailureRateLimiter[string](firstRetry, lastRetry)))
	return serve(ctx, o.Listen, server)
}

// serve runs the controller beside its health page; the end of one ends the other.
func serve(ctx context.Context, address string, server *controller.ProvisionController) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := http.NewServeMux()
	pages.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !server.HasRun() {
			http.Error(w, "the controller isn't running yet", http.StatusServiceUnavailable)
		}
	})
	health := &http.Server{Handler: pages, ReadHeaderTimeout: headerTimeout}
	failed := make(chan error, 1)
	go func() {
		defer cancel()
		failed <- health.Serve(listener)
	}()
	server.Run(ctx)
	_ = health.Close()
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
