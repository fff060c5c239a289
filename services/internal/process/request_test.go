package process_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"twinstack.dev/services/internal/process"
)

func TestDecodeAccepts(t *testing.T) {
	for body, want := range map[string]process.Request{
		`{"input":"text"}`:                               {Input: "text", Iterations: 1000},
		`{"input":"","iterations":1}`:                    {Input: "", Iterations: 1},
		` {"iterations":1000000,"input":"\u00e4\n"} `:    {Input: "ä\n", Iterations: 1_000_000},
		`{"input":"text","iterations":7,"iterations":8}`: {Input: "text", Iterations: 8},
	} {
		got, wrong := process.Decode([]byte(body))
		if wrong != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", body, got, wrong, want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	const (
		bodyRule       = `; must be one JSON object; send e.g. {"input":"text","iterations":1000}`
		inputRule      = `; must be a string; send e.g. "text"`
		iterationsRule = `; must be an integer from 1 to 1000000; send e.g. 1000`
		unknownRule    = ` is unknown; must be one of input, iterations; remove it`
	)
	for _, test := range []struct {
		body string
		want []string
	}{
		{``, []string{`body is empty` + bodyRule}},
		{` null `, []string{`body is empty` + bodyRule}},
		{`[1]`, []string{`body is an array` + bodyRule}},
		{`"text"`, []string{`body is "text"` + bodyRule}},
		{`{"input":}`, []string{`body is not JSON at byte 10` + bodyRule}},
		{`{"input":"a"} x`, []string{`body is not JSON at byte 15` + bodyRule}},
		{"{\"input\":\"\xff\"}", []string{`body is not valid UTF-8` + bodyRule}},
		{`{}`, []string{`input is missing` + inputRule}},
		{`{"input":null}`, []string{`input is null` + inputRule}},
		{`{"input":{"a":1}}`, []string{`input is an object` + inputRule}},
		{`{"input":"a","iterations":0}`, []string{`iterations is 0` + iterationsRule}},
		{`{"input":"a","iterations":1000001}`, []string{`iterations is 1000001` + iterationsRule}},
		{`{"input":"a","iterations":1e3}`, []string{`iterations is 1e3` + iterationsRule}},
		{`{"input":"a","iterations":null}`, []string{`iterations is null` + iterationsRule}},
		{`{"input":"a","iterations":"` + strings.Repeat("9", 99) + `"}`,
			[]string{`iterations is "` + strings.Repeat("9", 39) + `…` + iterationsRule}},
		{`{"Input":"a","z":1,"input":5,"iterations":-1}`,
			[]string{`input is 5` + inputRule, `iterations is -1` + iterationsRule, `Input` + unknownRule, `z` + unknownRule}},
	} {
		_, wrong := process.Decode([]byte(test.body))
		var got []string
		for _, w := range wrong {
			got = append(got, w.Detail)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%q:\n got %q\nwant %q", test.body, got, test.want)
		}
	}
}

func TestDecodeBoundsItsAnswer(t *testing.T) {
	fields := []string{`"input":"a"`}
	for i := range 1000 {
		fields = append(fields, fmt.Sprintf(`"%s%d":1`, strings.Repeat("x", 1000), i))
	}
	_, wrong := process.Decode([]byte("{" + strings.Join(fields, ",") + "}"))
	if answer, err := json.Marshal(wrong); err != nil || len(wrong) != 10 || len(answer) > 4096 {
		t.Errorf("%d errors in %d bytes (%v)", len(wrong), len(answer), err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"input":"text","iterations":1000}`, `{"input":"\ud800"}`, `{"iterations":1e3}`, `[]`, `{"a":{}}`, "\xff", ` `, `0`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request, wrong := process.Decode(body)
		for _, w := range wrong {
			if w.Field == "" && !strings.Contains(string(body), `""`) || !strings.Contains(w.Detail, "; must be ") {
				t.Errorf("%q: unhelpful error %+v", body, w)
			}
		}
		if wrong != nil {
			return
		}
		if request.Iterations < process.MinIterations || request.Iterations > process.MaxIterations || !utf8.ValidString(request.Input) {
			t.Fatalf("%q: accepted %+v", body, request)
		}
		again, err := json.Marshal(map[string]any{"input": request.Input, "iterations": request.Iterations})
		if err != nil {
			t.Fatal(err)
		}
		if second, wrong := process.Decode(again); wrong != nil || second != request {
			t.Errorf("%q: %+v came back as %+v, %v", body, request, second, wrong)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(`{"input":"` + strings.Repeat("text ", 20) + `","iterations":1000}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, wrong := process.Decode(body); wrong != nil {
			b.Fatal(wrong)
		}
	}
}
