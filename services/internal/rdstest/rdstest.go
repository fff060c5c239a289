// Package rdstest is a stand-in for the part of RDS that moves the writer of a global cluster: it speaks RDS' query
// protocol, so that the real client asks it. It shows a move as RDS documents one, with a state that is there while it lasts.
// It has no database, and says nothing of how long AWS takes or of what a failover loses.
package rdstest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Name is that of the global cluster.
const Name = "twinstack"

// Arn is the whole name of a region's cluster.
func Arn(region, cluster string) string {
	return "arn:aws:rds:" + region + ":123456789012:cluster:" + cluster
}

// Global is a global cluster with a writer.
type Global struct {
	// MoveTakes is how long a move lasts.
	MoveTakes time.Duration

	mu      sync.Mutex
	members []string
	writer  string
	to      string
	done    time.Time
	away    bool
	refuses string
	aborts  bool
	apart   bool
	moves   []string
}

// Start returns a global cluster of these members, of which the first writes, and makes clients of this process ask it.
func Start(t *testing.T, arns ...string) *Global {
	t.Helper()
	g := &Global{members: arns, writer: arns[0]}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_RDS", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return g
}

func (g *Global) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

// SetAway makes it answer 503.
func (g *Global) SetAway(away bool) { g.set(func() { g.away = away }) }

// Refuse makes it refuse moves with an error code; empty allows them.
func (g *Global) Refuse(code string) { g.set(func() { g.refuses = code }) }

// Abort makes the next moves end where they began.
func (g *Global) Abort(aborts bool) { g.set(func() { g.aborts = aborts }) }

// Disconnect makes secondaries get nothing of what the writer commits.
func (g *Global) Disconnect(apart bool) { g.set(func() { g.apart = apart }) }

// Remove takes a member out.
func (g *Global) Remove(arn string) {
	g.set(func() { g.members = slices.DeleteFunc(g.members, func(one string) bool { return one == arn }) })
}

// Writer is the member that writes.
func (g *Global) Writer() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	return g.writer
}

// Moves are the moves that were agreed to: the action, its target, and whether it may lose data.
func (g *Global) Moves() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.moves)
}

// settle ends a move whose time has come. The caller holds mu.
func (g *Global) settle() {
	if g.to != "" && time.Now().After(g.done) {
		if !g.aborts {
			g.writer = g.to
		}
		g.to = ""
	}
}

// ServeHTTP answers as RDS does.
func (g *Global) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	action, target := r.FormValue("Action"), r.FormValue("TargetDbClusterIdentifier")
	switch {
	case g.away:
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable")
	case r.FormValue("GlobalClusterIdentifier") != Name:
		refuse(w, http.StatusNotFound, "GlobalClusterNotFoundFault")
	case action == "DescribeGlobalClusters":
		answer(w, action, list{Clusters: []cluster{g.cluster()}})
	case action != "SwitchoverGlobalCluster" && action != "FailoverGlobalCluster":
		refuse(w, http.StatusBadRequest, "InvalidAction")
	case g.refuses != "":
		refuse(w, http.StatusBadRequest, g.refuses)
	case g.to != "" || target == g.writer || !slices.Contains(g.members, target):
		refuse(w, http.StatusBadRequest, "InvalidGlobalClusterStateFault")
	default:
		g.to, g.done = target, time.Now().Add(g.MoveTakes)
		g.moves = append(g.moves, strings.TrimSpace(action+" "+target+" "+r.FormValue("AllowDataLoss")))
		answer(w, action, one{Cluster: g.cluster()})
	}
}

type list struct {
	Clusters []cluster `xml:"GlobalClusters>GlobalClusterMember"`
}

type one struct {
	Cluster cluster `xml:"GlobalCluster"`
}

type cluster struct {
	Name    string   `xml:"GlobalClusterIdentifier"`
	Status  string   `xml:"Status"`
	Members []member `xml:"GlobalClusterMembers>GlobalClusterMember"`
	Move    *move    `xml:"FailoverState,omitempty"`
}

type member struct {
	Arn    string `xml:"DBClusterArn"`
	Writer bool   `xml:"IsWriter"`
	Sync   string `xml:"SynchronizationStatus"`
}

type move struct {
	Status string `xml:"Status"`
	From   string `xml:"FromDbClusterArn"`
	To     string `xml:"ToDbClusterArn"`
}

func (g *Global) cluster() cluster {
	c := cluster{Name: Name, Status: "available"}
	for _, arn := range g.members {
		m := member{Arn: arn, Writer: arn == g.writer, Sync: "connected"}
		if g.apart && !m.Writer {
			m.Sync = "pending-resync"
		}
		c.Members = append(c.Members, m)
	}
	if g.to != "" {
		c.Status, c.Move = "failing-over", &move{"failing-over", g.writer, g.to}
	}
	return c
}

func answer(w http.ResponseWriter, action string, result any) {
	text, err := xml.Marshal(result)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	// The result's element has the action's name.
	inner := strings.TrimSuffix(strings.TrimPrefix(string(text), "<list>"), "</list>")
	inner = strings.TrimSuffix(strings.TrimPrefix(inner, "<one>"), "</one>")
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<%[1]sResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><%[1]sResult>%[2]s</%[1]sResult>`+
		`<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></%[1]sResponse>`, action, inner)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>Sender</Type><Code>%s</Code>`+
		`<Message>refused by the stand-in</Message></Error><RequestId>1</RequestId></ErrorResponse>`, code)
}
