// Package stack is the running stack as the chaos runs reach it: by kubectl, by the steward's command line, by the
// platform's faults, by the databases' own ports, and by the processes of its containers.
package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// commandPatience bounds a command that has no deadline of its own.
const commandPatience = 60 * time.Second

// Site is one cluster.
type Site struct {
	Name    string
	Context string
	// Address is its node's, Client that of a client close to it.
	Address, Client string
}

// Stack is where everything is. Its values are those of stacks/Pulumi.local.yaml and of the platform's layout.
type Stack struct {
	Namespace string
	// Regions serve; the Witness only votes.
	Regions []Site
	Witness Site

	// Host is the service's name, Port its port on every region's node.
	Host string
	Port int
	// Recursor is who clients ask; every region's own DNS server is at DNSPort of its node.
	Recursor string
	DNSPort  int
	// DatabasePort is the database's on its region's node.
	DatabasePort int
	// LeaseSeconds is how long a region goes on that nobody hears of.
	LeaseSeconds int

	// Platform is the program that cuts and kills, Starter the one that switches on again.
	Platform, Starter string
	// WANSocket is where links are set.
	WANSocket string
}

// Local is the stack `local` on the machine-local platform.
func Local(platform, starter string) Stack {
	return Stack{
		Namespace: "twinstack-local",
		Regions: []Site{
			{Name: "a", Context: "twinstack-a", Address: "198.18.0.10", Client: "198.18.1.11"},
			{Name: "b", Context: "twinstack-b", Address: "198.18.0.11", Client: "198.18.1.12"},
		},
		Witness: Site{Name: "w", Context: "twinstack-w", Address: "198.18.0.12"},
		Host:    "web.twinstack.test", Port: 30080, Recursor: "198.18.0.1:53", DNSPort: 30053, DatabasePort: 30306,
		LeaseSeconds: 5, Platform: platform, Starter: starter, WANSocket: "/run/twinstack/wan.sock",
	}
}

// Sites are all clusters.
func (s Stack) Sites() []Site { return append(append([]Site{}, s.Regions...), s.Witness) }

// Site finds a cluster by its name.
func (s Stack) Site(name string) (Site, error) {
	for _, site := range s.Sites() {
		if site.Name == name {
			return site, nil
		}
	}
	return Site{}, fmt.Errorf("site is %q; must be one of those of the stack", name)
}

// Other is the serving region that is not this one.
func (s Stack) Other(region string) string {
	for _, site := range s.Regions {
		if site.Name != region {
			return site.Name
		}
	}
	return ""
}

// Kubectl runs kubectl in the stack's namespace of a site and returns what it prints.
func (s Stack) Kubectl(ctx context.Context, site string, arguments ...string) (string, error) {
	found, err := s.Site(site)
	if err != nil {
		return "", err
	}
	return command(ctx, "kubectl", append([]string{"--context", found.Context, "--namespace", s.Namespace}, arguments...)...)
}

// kubectlJSON reads an object, or a list of them.
func (s Stack) kubectlJSON(ctx context.Context, site string, into any, arguments ...string) error {
	text, err := s.Kubectl(ctx, site, append(arguments, "--output", "json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), into)
}

// command runs a program to its end. Its error has what the program complained of.
func command(ctx context.Context, name string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandPatience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, name, arguments...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
