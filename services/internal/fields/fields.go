// Package fields reads typed fields of a JSON object and reports all that is wrong with them at once.
package fields

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"twinstack.dev/services/internal/problem"
)

const (
	// maxErrors bounds the answer to a body that is wrong in very many ways.
	maxErrors = 10
	// maxShown bounds how much of a wrong value is repeated.
	maxShown = 40
)

// Object reads fields one by one and remembers what it was asked for and what was wrong.
type Object struct {
	values map[string]json.RawMessage
	asked  []string
	wrong  []problem.FieldError
	broken bool
}

// Parse reads one JSON object. The example shows one that is right.
func Parse(body []byte, example string) *Object {
	o := &Object{}
	if reason := o.decode(body); reason != "" {
		o.broken = true
		o.refuse("body", reason, "must be one JSON object", example)
	}
	return o
}

// decode returns what is wrong with the body as a whole.
func (o *Object) decode(body []byte) string {
	trimmed := bytes.TrimSpace(body)
	switch {
	case !utf8.Valid(body):
		return "is not valid UTF-8"
	// A JSON null would decode without an error, into no object at all.
	case len(trimmed) == 0 || string(trimmed) == "null":
		return "is empty"
	}
	switch err := json.Unmarshal(body, &o.values).(type) {
	case nil:
		return ""
	case *json.SyntaxError:
		return fmt.Sprintf("is not JSON at byte %d", err.Offset)
	default:
		return "is " + show(trimmed)
	}
}

// String reads a string that must be there. A nil pattern admits any; allowed says in words what it admits.
func (o *Object) String(name string, pattern *regexp.Regexp, allowed, example string) string {
	example = strconv.Quote(example)
	raw, found := o.value(name)
	if !found {
		o.refuse(name, "is missing", "must be "+allowed, example)
		return ""
	}
	var text string
	if string(raw) == "null" || json.Unmarshal(raw, &text) != nil || pattern != nil && !pattern.MatchString(text) {
		o.refuse(name, "is "+show(raw), "must be "+allowed, example)
	}
	return text
}

// Integer reads an integer from low to high that must be there.
func (o *Object) Integer(name string, low, high, example int64) int64 {
	if _, found := o.values[name]; !found {
		o.asked = append(o.asked, name)
		o.refuse(name, "is missing", integerRule(low, high), strconv.FormatInt(example, 10))
		return 0
	}
	return o.OptionalInteger(name, low, high, example)
}

// OptionalInteger reads an integer from low to high, fallback if it is left out.
func (o *Object) OptionalInteger(name string, low, high, fallback int64) int64 {
	raw, found := o.value(name)
	if !found {
		return fallback
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < low || n > high {
		o.refuse(name, "is "+show(raw), integerRule(low, high), strconv.FormatInt(fallback, 10))
	}
	return n
}

func integerRule(low, high int64) string {
	return fmt.Sprintf("must be an integer from %d to %d", low, high)
}

// Refuse adds a problem that concerns more than the form of one field.
func (o *Object) Refuse(name, detail string) {
	o.wrong = append(o.wrong, problem.FieldError{Field: name, Detail: name + " " + detail})
}

// Problems returns what was wrong, fields that nobody asked for included. Of very many it returns the first ten.
func (o *Object) Problems() []problem.FieldError {
	wrong := o.wrong
	if o.broken {
		return wrong[:1]
	}
	var unknown []string
	for name := range o.values {
		if !slices.Contains(o.asked, name) {
			unknown = append(unknown, shorten(name))
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		wrong = append(wrong, problem.FieldError{
			Field: name, Detail: name + " is unknown; must be one of " + strings.Join(o.asked, ", ") + "; remove it",
		})
	}
	return wrong[:min(len(wrong), maxErrors)]
}

func (o *Object) value(name string) (json.RawMessage, bool) {
	o.asked = append(o.asked, name)
	raw, found := o.values[name]
	return raw, found
}

func (o *Object) refuse(name, reason, rule, example string) {
	o.Refuse(name, reason+"; "+rule+"; send e.g. "+example)
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
