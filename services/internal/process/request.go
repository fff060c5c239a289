package process

import (
	"twinstack.dev/services/internal/fields"
	"twinstack.dev/services/internal/problem"
)

// Limits of Request.Iterations.
const (
	MinIterations     = 1
	MaxIterations     = 1_000_000
	DefaultIterations = 1000
)

// Request is the work asked for.
type Request struct {
	Input      string
	Iterations int
}

// Decode reads a request from a JSON body, or tells everything that is wrong with it.
func Decode(body []byte) (Request, []problem.FieldError) {
	o := fields.Parse(body, `{"input":"text","iterations":1000}`)
	request := Request{
		Input:      o.String("input", nil, "a string", "text"),
		Iterations: int(o.OptionalInteger("iterations", MinIterations, MaxIterations, DefaultIterations)),
	}
	if wrong := o.Problems(); len(wrong) > 0 {
		return Request{}, wrong
	}
	return request, nil
}
