package region

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// api asks the region's API server.
type api struct {
	client *http.Client
	server string
}

// newAPI reads the administrator's credentials.
func (c *cluster) newAPI() (*api, error) {
	name := c.paths.Credentials.Kubeconfig(admin)
	config, err := readKubeconfig(name)
	if err != nil {
		return nil, err
	}
	if len(config.Clusters) != 1 || len(config.Users) != 1 {
		return nil, fmt.Errorf("%s has %d clusters and %d users; must have one of each", name, len(config.Clusters), len(config.Users))
	}
	authority, errAuthority := decoded(config.Clusters[0].Cluster, "certificate-authority-data")
	certificate, errCertificate := decoded(config.Users[0].User, "client-certificate-data")
	key, errKey := decoded(config.Users[0].User, "client-key-data")
	if err := errors.Join(errAuthority, errCertificate, errKey); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &api{
		client: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		}},
		server: c.region.APIServer(),
	}, nil
}

// get reads an object.
func (a *api) get(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server+path, nil)
	if err != nil {
		return err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %s", path, response.Status, strings.TrimSpace(string(body)))
	}
	return json.Unmarshal(body, into)
}

// object is what the checks look at of any Kubernetes object.
type object struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Status struct {
		ObservedGeneration int64       `json:"observedGeneration"`
		Replicas           int         `json:"replicas"`
		UpdatedReplicas    int         `json:"updatedReplicas"`
		Conditions         []condition `json:"conditions"`
	} `json:"status"`
}

type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

// holds returns nil when a condition of the object is true, and otherwise says why it isn't.
func (o object) holds(kind string) error {
	for _, c := range o.Status.Conditions {
		if c.Type != kind {
			continue
		}
		if c.Status == "True" {
			return nil
		}
		return fmt.Errorf("%s is %s: %s", kind, c.Status, c.Message)
	}
	return fmt.Errorf("%s isn't known yet", kind)
}

// rolledOut returns nil when all pods of a Deployment are of its current template and available.
func (o object) rolledOut() error {
	if o.Status.ObservedGeneration < o.Metadata.Generation {
		return errors.New("the latest change isn't observed yet")
	}
	if o.Status.UpdatedReplicas < o.Status.Replicas {
		return fmt.Errorf("%d of %d pods are up to date", o.Status.UpdatedReplicas, o.Status.Replicas)
	}
	return o.holds("Available")
}
