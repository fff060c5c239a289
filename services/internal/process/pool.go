// Package process does the service's work: iterated SHA-256, for as many requests at once as there are processors.
package process

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
)

// checkEvery is how many iterations run between two looks at the deadline: well under a millisecond.
const checkEvery = 1024

// Pool bounds the work. A few requests compute, more wait their turn, and the rest are refused at once, which keeps
// memory bounded and leaves processors to health checks however large the load is.
type Pool struct {
	admitted  chan struct{}
	computing chan struct{}
}

// NewPool lets at most maxComputing requests compute and at most maxAdmitted be computing or waiting.
func NewPool(maxComputing, maxAdmitted int) *Pool {
	return &Pool{admitted: make(chan struct{}, maxAdmitted), computing: make(chan struct{}, maxComputing)}
}

// Admit reserves a place, or refuses at once. The caller gives the place back with leave.
func (p *Pool) Admit() (leave func(), admitted bool) {
	select {
	case p.admitted <- struct{}{}:
		return func() { <-p.admitted }, true
	default:
		return nil, false
	}
}

// Digest waits for a processor and then hashes the input, and its hash again, iterations times in all. It gives up
// with the context's error.
func (p *Pool) Digest(ctx context.Context, request Request) (string, error) {
	select {
	case p.computing <- struct{}{}:
		defer func() { <-p.computing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	sum := sha256.Sum256([]byte(request.Input))
	for i := 1; i < request.Iterations; i++ {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return "", ctx.Err()
		}
		sum = sha256.Sum256(sum[:])
	}
	return hex.EncodeToString(sum[:]), nil
}
