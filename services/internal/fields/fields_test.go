package fields_test

import (
	"regexp"
	"strings"
	"testing"

	"twinstack.dev/services/internal/fields"
)

var word = regexp.MustCompile(`^[a-z]+$`)

func TestFields(t *testing.T) {
	const example = `{"word":"a","number":1}`
	for _, test := range []struct {
		body string
		want []string
	}{
		{`{"word":"b","number":2}`, nil},
		{`{"word":"b","number":2,"more":3}`, nil},
		{`{"word":"b","number":-9007199254740993}`, []string{"number is -9007199254740993; must be an integer from 1 to 3; send e.g. 1"}},
		{`{}`, []string{
			`word is missing; must be lower-case letters; send e.g. "a"`,
			`number is missing; must be an integer from 1 to 3; send e.g. 1`,
		}},
		{`{"word":"B","number":2.0,"more":4,"else":1}`, []string{
			`word is "B"; must be lower-case letters; send e.g. "a"`,
			`number is 2.0; must be an integer from 1 to 3; send e.g. 1`,
			`more is 4; must be an integer from 1 to 3; send e.g. 2`,
			`else is unknown; must be one of word, number, more; remove it`,
		}},
		{`[]`, []string{`body is an array; must be one JSON object; send e.g. ` + example}},
	} {
		o := fields.Parse([]byte(test.body), example)
		o.String("word", word, "lower-case letters", "a")
		o.Integer("number", 1, 3, 1)
		if more := o.OptionalInteger("more", 1, 3, 2); !strings.Contains(test.body, "more") && more != 2 {
			t.Errorf("%s: more is %d, want its default", test.body, more)
		}
		var got []string
		for _, p := range o.Problems() {
			got = append(got, p.Detail)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s:\n got %q\nwant %q", test.body, got, test.want)
		}
	}
}
