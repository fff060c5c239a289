package operator

import (
	"context"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/quorum"
)

// Status is all that an operator wants to see at once.
type Status struct {
	Mode   decision.Mode `json:"mode"`
	Writer string        `json:"writer"`
	// Open tells that the writer accepts writes.
	Open    bool            `json:"open"`
	Epoch   int64           `json:"epoch"`
	Paused  bool            `json:"paused"`
	Promise Promise         `json:"promise"`
	Regions []Region        `json:"regions"`
	Tails   []decision.Tail `json:"discarded"`
	Voters  []quorum.Voter  `json:"voters"`
	Request string          `json:"request,omitempty"`
}

// Promise is what losing the writer would cost now.
type Promise struct {
	// RPO is "0" while every acknowledged write is in another region too, else "unbounded".
	RPO           string     `json:"rpo"`
	DegradedSince *time.Time `json:"degradedSince,omitempty"`
	// Synced are the regions that may be promoted by themselves.
	Synced []string `json:"synced"`
}

// Region is one region's part.
type Region struct {
	Name      string `json:"name"`
	Witness   bool   `json:"witness"`
	InService bool   `json:"inService"`
	// Steward tells that a steward holds a lease there.
	Steward bool `json:"steward"`
	// Database is writer, replica, primary, secondary, recovering, kept out, closed, busy with something, or down.
	Database   string  `json:"database"`
	LagSeconds float64 `json:"lagSeconds"`
	Executed   string  `json:"executed"`
	Errant     string  `json:"errant,omitempty"`
	Problem    string  `json:"problem,omitempty"`
}

// Status looks at everything once.
func (o Operator) Status(ctx context.Context, mode decision.Mode, sites []decision.Site) (Status, error) {
	agreed, _, err := o.read(ctx)
	if err != nil {
		return Status{Mode: mode, Voters: o.Store.Voters(ctx)}, err
	}
	s := Status{Mode: mode, Epoch: agreed.Epoch(), Paused: agreed.Paused, Promise: promise(mode, agreed), Tails: []decision.Tail{}, Voters: o.Store.Voters(ctx)}
	if agreed.Writer != nil {
		s.Writer, s.Open = agreed.Writer.Region, agreed.Writer.Open
	}
	if agreed.State != nil {
		s.Tails = append(s.Tails, agreed.State.Discarded...)
	}
	if agreed.Request != nil {
		s.Request = agreed.Request.Kind + " to " + agreed.Request.To
	}
	for _, site := range sites {
		s.Regions = append(s.Regions, region(site, agreed))
	}
	return s, nil
}

func promise(mode decision.Mode, a decision.Agreed) Promise {
	p := Promise{RPO: "unbounded", Synced: []string{}}
	if a.State == nil {
		return p
	}
	p.Synced, p.DegradedSince = append(p.Synced, a.State.Synced...), a.State.DegradedSince
	switch {
	case mode == decision.SemiSync && len(a.State.Synced) > 0:
		p.RPO = "0"
	case mode == decision.Group && a.Writer != nil:
		// A majority of the group holds every acknowledged write; of a group of one, nobody else does.
		if g := a.Reports[a.Writer.Region].Group; g != nil && g.HasMajority && g.Online > 1 {
			p.RPO = "0"
		}
	}
	return p
}

func region(site decision.Site, a decision.Agreed) Region {
	r, alive := a.Reports[site.Name]
	status := Region{
		Name: site.Name, Witness: site.Witness, InService: a.InService[site.Name], Steward: alive,
		LagSeconds: r.LagSeconds, Executed: r.Executed.String(), Problem: r.Problem, Database: "down",
	}
	if a.State != nil {
		status.Errant = a.State.Errant[site.Name].String()
	}
	switch {
	case !alive:
		status.Database, status.LagSeconds = "unknown", -1
	case r.Busy != "":
		status.Database = "busy: " + r.Busy
	case status.Errant != "":
		status.Database = "kept out"
	case r.Open:
		status.Database = "writer"
	case r.Group != nil && r.Group.State == "ONLINE":
		status.Database = map[string]string{"PRIMARY": "primary", "SECONDARY": "secondary"}[r.Group.Role]
	case r.Group != nil && r.Group.State == "RECOVERING":
		status.Database = "recovering"
	case r.Following != "" && r.Receiving && r.Applying:
		status.Database = "replica of " + r.Following
	case r.Running:
		status.Database = "closed"
	}
	return status
}
