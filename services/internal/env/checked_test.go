package env_test

import (
	"testing"

	"twinstack.dev/services/internal/env"
)

func TestChecked(t *testing.T) {
	for value, want := range map[string]string{
		"":                       "seven",
		"six":                    "six",
		"eight":                  "seven",
		"user:hunter2@elsewhere": "seven",
	} {
		r := env.NewReader(lookup(map[string]string{"V": value}))
		got := ""
		r.Checked("V", "seven", "six or seven", "", func(text string) bool {
			got = text
			return text == "six" || text == "seven"
		})
		if got != want {
			t.Errorf("%q is read as %q", value, got)
		}
		problem := map[string]string{
			"eight":                  `V is "eight"; must be six or seven; set it to e.g. seven`,
			"user:hunter2@elsewhere": `V is "***@elsewhere"; must be six or seven; set it to e.g. seven`,
		}[value]
		if err := r.Err(); (err != nil) != (problem != "") || err != nil && err.Error() != problem {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestOptionalURL(t *testing.T) {
	const rule = "; must be an http or https URL, or empty; set it to e.g. http://x/"
	for value, problem := range map[string]string{
		"":                        "",
		"https://a.example:1/b":   "",
		"ftp://a":                 `V is "ftp://a"` + rule,
		"http://":                 `V is "http://"` + rule,
		"http://user:hunter2@a/b": `V is "***@a/b"` + rule,
		"%":                       `V is "%"` + rule,
	} {
		r := env.NewReader(lookup(map[string]string{"V": value}))
		got := r.OptionalURL("V", "http://x/", "")
		if err := r.Err(); problem == "" && (err != nil || got != value) || problem != "" && (err == nil || err.Error() != problem || got != "") {
			t.Errorf("%q: %q, %v", value, got, err)
		}
	}
}

func TestTextAndRefuse(t *testing.T) {
	r := env.NewReader(lookup(map[string]string{"V": "x"}))
	if got := r.Text("V", "y", "") + r.Text("W", "y", ""); got != "xy" {
		t.Errorf("got %q", got)
	}
	r.Refuse("V", "x", "one of the others", "z")
	if err := r.Err(); err == nil || err.Error() != `V is "x"; must be one of the others; set it to e.g. z` {
		t.Errorf("%v", err)
	}
}
