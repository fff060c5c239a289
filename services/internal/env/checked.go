package env

import (
	"fmt"
	"net/url"
)

// Text reads any text.
func (r *Reader) Text(name, fallback, purpose string) string {
	text, _ := r.value(Variable{name, fallback, "text", purpose})
	return text
}

// TextFor reads any text; where needed it must not be empty.
func (r *Reader) TextFor(name string, needed bool, example, purpose string) string {
	v := Variable{name, "", "text", purpose}
	text, _ := r.value(v)
	if needed && text == "" {
		r.wrong(v, text, example)
	}
	return text
}

// Checked reads text that accept reads and judges. The fallback is judged too, and serves as the example.
func (r *Reader) Checked(name, fallback, allowed, purpose string, accept func(text string) bool) {
	v := Variable{name, fallback, allowed, purpose}
	text, isDefault := r.value(v)
	if !accept(text) && !isDefault {
		r.wrong(v, withoutCredentials(text), fallback)
		accept(fallback)
	}
}

// OptionalURL reads an http or https URL without credentials, or nothing.
func (r *Reader) OptionalURL(name, example, purpose string) string {
	v := Variable{name, "", "an http or https URL, or empty", purpose}
	text, isDefault := r.value(v)
	if isDefault {
		return text
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.User != nil {
		r.wrong(v, withoutCredentials(text), example)
		return ""
	}
	return text
}

// Refuse notes that a value which was read does not fit the others.
func (r *Reader) Refuse(name, shown, allowed, example string) {
	r.problems = append(r.problems, fmt.Sprintf("%s is %q; must be %s; set it to e.g. %s", name, shown, allowed, example))
}
