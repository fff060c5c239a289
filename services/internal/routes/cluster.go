package routes

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	fieldManager = "twinstack-steward"
	// accountDirectory is where Kubernetes mounts a pod's account.
	accountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"
	longestAnswer    = 1 << 20
	connectWithin    = 2 * time.Second
)

// Cluster is the Kubernetes API, seen from one namespace.
type Cluster struct {
	url       string
	namespace string
	// tokenFile is read for every request: Kubernetes renews it.
	tokenFile string
	client    *http.Client
}

// InPod returns the cluster that this process is a pod of.
func InPod(lookup func(string) (string, bool), namespace string) (*Cluster, error) {
	host, hasHost := lookup("KUBERNETES_SERVICE_HOST")
	port, hasPort := lookup("KUBERNETES_SERVICE_PORT")
	if !hasHost || !hasPort {
		return nil, errors.New("KUBERNETES_SERVICE_HOST is unset; must be what Kubernetes sets in a pod; run there, or leave NAMESPACE empty")
	}
	authority, err := os.ReadFile(filepath.Join(accountDirectory, "ca.crt"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s/ca.crt has no certificate", accountDirectory)
	}
	return NewCluster("https://"+net.JoinHostPort(host, port), namespace, filepath.Join(accountDirectory, "token"), pool), nil
}

// NewCluster returns the cluster at url.
func NewCluster(url, namespace, tokenFile string, authority *x509.CertPool) *Cluster {
	return &Cluster{url: url, namespace: namespace, tokenFile: tokenFile, client: &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authority},
		DialContext:     (&net.Dialer{Timeout: connectWithin}).DialContext,
		// HTTP/2 would go on using a connection that answers no more.
		ForceAttemptHTTP2: false, MaxIdleConns: 2, IdleConnTimeout: time.Minute,
	}}}
}

// service is what has to be known of a Service.
type service struct {
	Metadata struct {
		UID string `json:"uid"`
	} `json:"metadata"`
	Spec struct {
		Ports []struct {
			Name string `json:"name"`
		} `json:"ports"`
	} `json:"spec"`
}

// apply makes the slice of a Service hold one target or none. It goes with the Service.
func (c *Cluster) apply(ctx context.Context, name string, target *Target) error {
	var owner service
	if err := c.do(ctx, http.MethodGet, "/api/v1/namespaces/"+c.namespace+"/services/"+name, "", nil, &owner); err != nil {
		return err
	}
	if len(owner.Spec.Ports) == 0 {
		return fmt.Errorf("the Service %s has no port", name)
	}
	path := "/apis/discovery.k8s.io/v1/namespaces/" + c.namespace + "/endpointslices/" + name + "-steward?force=true&fieldManager=" + fieldManager
	return c.do(ctx, http.MethodPatch, path, "application/apply-patch+yaml", c.slice(name, owner, target), nil)
}

type object = map[string]any

func (c *Cluster) slice(name string, owner service, target *Target) object {
	endpoints, ports := []any{}, []any{}
	if target != nil {
		endpoints = append(endpoints, object{"addresses": []string{target.Address}, "conditions": object{"ready": true}})
		ports = append(ports, object{"name": owner.Spec.Ports[0].Name, "port": target.Port, "protocol": "TCP"})
	}
	return object{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
		"metadata": object{
			"name": name + "-steward", "namespace": c.namespace,
			"labels": object{"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": fieldManager},
			"ownerReferences": []any{object{
				"apiVersion": "v1", "kind": "Service", "name": name, "uid": owner.Metadata.UID,
			}},
		},
		"endpoints": endpoints, "ports": ports,
	}
}

func (c *Cluster) do(ctx context.Context, method, path, contentType string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	token, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	request.Header.Set("Content-Type", contentType)
	received, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer received.Body.Close()
	content, err := io.ReadAll(io.LimitReader(received.Body, longestAnswer))
	if err != nil {
		return err
	}
	if received.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, strings.SplitN(path, "?", 2)[0], received.Status, message(content))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(content, answer)
}

// message is what Kubernetes says of an error.
func message(content []byte) string {
	var status struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(content, &status) != nil || status.Message == "" {
		return "no message"
	}
	return status.Message
}
