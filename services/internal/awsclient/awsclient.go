// Package awsclient makes the configuration that clients of AWS' services begin with.
package awsclient

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

const (
	// dialWithin bounds connecting to an end point that is gone without a trace.
	dialWithin = time.Second
	// idleFor is how long an unused connection is kept.
	idleFor = time.Minute
)

// Load returns what a client in a region of AWS needs. Who it is, it finds where AWS' own tools look: in a pod of EKS, the
// role that is associated with its account; elsewhere variables and files. AWS_ENDPOINT_URL_* name a stand-in.
//
// Nothing is tried again by the client itself: a write whose first answer got lost would be answered by "somebody else
// changed it", and who decides by these answers must know which of the two it was.
func Load(ctx context.Context, region string) (aws.Config, error) {
	client := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialWithin }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout, t.IdleConnTimeout = dialWithin, idleFor
			// HTTP/2 would go on using a connection that answers no more.
			t.ForceAttemptHTTP2 = false
		})
	return config.LoadDefaultConfig(ctx,
		config.WithRegion(region), config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
}
