package steward

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"twinstack.dev/services/internal/decision"
)

// Routes lead clients in this region to a database. They are told names of regions; empty is nowhere.
type Routes interface {
	Apply(ctx context.Context, write, read string) error
}

const (
	routeLookEvery = 100 * time.Millisecond
	// routeAgainEvery writes them anew, since the local pod's address may change.
	routeAgainEvery = 5 * time.Second
	routeRetryEvery = 500 * time.Millisecond
	routePatience   = 3 * time.Second
)

// router applies the newest routes in a goroutine of its own.
type router struct {
	routes Routes
	log    *slog.Logger

	mu     sync.Mutex
	wanted *decision.Routes
}

func (r *router) route(wanted decision.Routes) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = &wanted
}

func (r *router) run(ctx context.Context) {
	if r.routes == nil {
		return
	}
	var applied decision.Routes
	var due time.Time
	every(ctx, routeLookEvery, func() {
		r.mu.Lock()
		wanted := r.wanted
		r.mu.Unlock()
		if wanted == nil || *wanted == applied && time.Now().Before(due) {
			return
		}
		bounded, cancel := context.WithTimeout(ctx, routePatience)
		defer cancel()
		if err := r.routes.Apply(bounded, wanted.Write, wanted.Read); err != nil {
			r.log.Warn("the routes to the database were not written", "error", err.Error())
			applied, due = *wanted, time.Now().Add(routeRetryEvery)
			return
		}
		if *wanted != applied {
			r.log.Info("routes to the database", "write", wanted.Write, "read", wanted.Read)
		}
		applied, due = *wanted, time.Now().Add(routeAgainEvery)
	})
}
