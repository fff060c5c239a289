package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"twinstack.dev/services/internal/problem"
)

// Limits of Request.Iterations.
const (
	MinIterations     = 1
	MaxIterations     = 1_000_000
	DefaultIterations = 1000
)

const (
	inputRule      = `must be a string; send e.g. "text"`
	iterationsRule = "must be an integer from 1 to 1000000; send e.g. 1000"
	bodyRule       = `must be one JSON object; send e.g. {"input":"text","iterations":1000}`

	// maxErrors bounds the answer to a body that is wrong in very many ways.
	maxErrors = 10
	// maxShown bounds how much of a wrong value is repeated.
	maxShown = 40
)

// Request is the work asked for.
type Request struct {
	Input      string
	Iterations int
}

// Decode reads a request from a JSON body, or tells everything that is wrong with it.
func Decode(body []byte) (Request, []problem.FieldError) {
	fields, wrong := decodeObject(body)
	if wrong != nil {
		return Request{}, wrong
	}
	request := Request{Iterations: DefaultIterations}
	input, found := fields["input"]
	if !found {
		wrong = append(wrong, fieldError("input", "is missing; "+inputRule))
	} else if string(input) == "null" || json.Unmarshal(input, &request.Input) != nil {
		wrong = append(wrong, fieldError("input", "is "+show(input)+"; "+inputRule))
	}
	if iterations, found := fields["iterations"]; found {
		n, err := strconv.Atoi(string(iterations))
		if err != nil || n < MinIterations || n > MaxIterations {
			wrong = append(wrong, fieldError("iterations", "is "+show(iterations)+"; "+iterationsRule))
		}
		request.Iterations = n
	}
	wrong = append(wrong, unknownFields(fields)...)
	if len(wrong) > 0 {
		return Request{}, wrong[:min(len(wrong), maxErrors)]
	}
	return request, nil
}

func decodeObject(body []byte) (map[string]json.RawMessage, []problem.FieldError) {
	if !utf8.Valid(body) {
		return nil, []problem.FieldError{fieldError("body", "is not valid UTF-8; "+bodyRule)}
	}
	// A JSON null would decode without an error, into no object at all.
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || string(trimmed) == "null" {
		return nil, []problem.FieldError{fieldError("body", "is empty; "+bodyRule)}
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(body, &fields)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, []problem.FieldError{fieldError("body", fmt.Sprintf("is not JSON at byte %d; %s", syntax.Offset, bodyRule))}
	case err != nil:
		return nil, []problem.FieldError{fieldError("body", "is "+show(bytes.TrimSpace(body))+"; "+bodyRule)}
	}
	return fields, nil
}

func unknownFields(fields map[string]json.RawMessage) []problem.FieldError {
	var wrong []problem.FieldError
	for name := range fields {
		if name != "input" && name != "iterations" {
			shown := shorten(name)
			wrong = append(wrong, fieldError(shown, "is unknown; must be one of input, iterations; remove it"))
		}
	}
	slices.SortFunc(wrong, func(a, b problem.FieldError) int { return bytes.Compare([]byte(a.Field), []byte(b.Field)) })
	return wrong
}

func fieldError(field, text string) problem.FieldError {
	return problem.FieldError{Field: field, Detail: field + " " + text}
}

// show names objects and arrays, and repeats the beginning of anything else.
func show(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	default:
		return shorten(string(value))
	}
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}
