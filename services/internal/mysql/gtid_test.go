package mysql

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	serverA = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
	serverB = "ad1b6f0e-22d3-11ef-8b0c-0242ac120002"
)

func parse(t *testing.T, text string) GTIDSet {
	t.Helper()
	set, err := ParseGTIDSet(text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestParsedSetsAreWrittenInOneWay(t *testing.T) {
	for _, test := range []struct{ text, canonical string }{
		{"", ""},
		{" \n", ""},
		{serverA + ":1", serverA + ":1"},
		{serverA + ":1-1", serverA + ":1"},
		{strings.ToUpper(serverA) + ":1-5", serverA + ":1-5"},
		{serverA + ":6-9:1-5", serverA + ":1-9"},
		{serverA + ":1-3:5", serverA + ":1-3:5"},
		{serverB + ":1,\n" + serverA + ":2", serverA + ":2," + serverB + ":1"},
		{serverA + ":1," + serverA + ":2", serverA + ":1-2"},
		{serverA + ":1-3:backup:1-2:9", serverA + ":1-3:backup:1-2:9"},
		{serverA + ":backup:4", serverA + ":backup:4"},
		{serverA + ":z:1:a:2:7", serverA + ":a:2:7:z:1"},
		{serverA + ":9223372036854775806", serverA + ":9223372036854775806"},
	} {
		if got := parse(t, test.text).String(); got != test.canonical {
			t.Errorf("%q is written as %q; want %q", test.text, got, test.canonical)
		}
	}
}

func TestWrongSetsAreRefusedWithTheReason(t *testing.T) {
	for text, want := range map[string]string{
		"nonsense":             `GTID set has server "nonsense"; must be a UUID; write it as uuid:1-5`,
		serverA:                `GTID set has "` + serverA + `" without transactions; must name some; write it as uuid:1-5`,
		serverA + ":tag":       `GTID set has "` + serverA + `:tag" without transactions; must name some; write it as uuid:1-5`,
		serverA + ":0":         `GTID set has transactions "0"; must be a number from 1 or a rising range; write it as 7 or 1-5`,
		serverA + ":5-3":       `GTID set has transactions "5-3"; must be a number from 1 or a rising range; write it as 7 or 1-5`,
		serverA + ":1-2-3":     `GTID set has transactions "1-2-3"; must be a number from 1 or a rising range; write it as 7 or 1-5`,
		serverA + ":Ü":         `GTID set has transactions "ü"; must be a number from 1 or a rising range; write it as 7 or 1-5`,
		serverA + ":1::2":      `GTID set has transactions ""; must be a number from 1 or a rising range; write it as 7 or 1-5`,
		serverA + ":" + tooBig: `GTID set has transactions "` + tooBig + `"; must be a number from 1 or a rising range; write it as 7 or 1-5`,
	} {
		if _, err := ParseGTIDSet(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v; want %s", text, err, want)
		}
	}
}

const tooBig = "9223372036854775807"

func TestSetAlgebra(t *testing.T) {
	for _, test := range []struct{ a, b, union, difference, common string }{
		{"", "", "", "", ""},
		{serverA + ":1-5", "", serverA + ":1-5", serverA + ":1-5", ""},
		{serverA + ":1-9", serverA + ":3-4", serverA + ":1-9", serverA + ":1-2:5-9", serverA + ":3-4"},
		{serverA + ":1-3", serverA + ":2-7", serverA + ":1-7", serverA + ":1", serverA + ":2-3"},
		{serverA + ":1-3", serverB + ":1-3", serverA + ":1-3," + serverB + ":1-3", serverA + ":1-3", ""},
		{serverA + ":1-3", serverA + ":t:1-3", serverA + ":1-3:t:1-3", serverA + ":1-3", ""},
		{serverA + ":1:3:5", serverA + ":1-5", serverA + ":1-5", "", serverA + ":1:3:5"},
	} {
		a, b := parse(t, test.a), parse(t, test.b)
		for what, got := range map[string][2]string{
			"union":      {a.Union(b).String(), test.union},
			"difference": {a.Subtract(b).String(), test.difference},
			"common":     {a.Intersect(b).String(), test.common},
		} {
			if got[0] != got[1] {
				t.Errorf("%s of %q and %q is %q; want %q", what, test.a, test.b, got[0], got[1])
			}
		}
	}
}

// member names one transaction; the property test compares sets with plain maps of these.
type member struct {
	from   origin
	number uint64
}

func randomSet(r *rand.Rand) (GTIDSet, map[member]bool) {
	set, plain := GTIDSet{}, map[member]bool{}
	for range r.IntN(12) {
		from := origin{server: []string{serverA, serverB}[r.IntN(2)], tag: []string{"", "t"}[r.IntN(2)]}
		first := 1 + r.Uint64N(20)
		last := first + r.Uint64N(6)
		set = set.Union(GTIDSet{map[origin]intervals{from: {{first, last}}}})
		for n := first; n <= last; n++ {
			plain[member{from, n}] = true
		}
	}
	return set, plain
}

func members(s GTIDSet) map[member]bool {
	plain := map[member]bool{}
	for from, all := range s.origins {
		for _, i := range all {
			for n := i.first; n <= i.last; n++ {
				plain[member{from, n}] = true
			}
		}
	}
	return plain
}

func TestSetsBehaveAsPlainSetsDo(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		a, plainA := randomSet(r)
		b, plainB := randomSet(r)
		union, difference, contained := map[member]bool{}, map[member]bool{}, true
		for m := range plainA {
			union[m] = true
			if !plainB[m] {
				difference[m] = true
			}
		}
		for m := range plainB {
			union[m] = true
			contained = contained && plainA[m]
		}
		same := func(what string, got, want any) {
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: %s of %s and %s is %v; want %v", seed, what, a, b, got, want)
			}
		}
		same("union", members(a.Union(b)), union)
		same("difference", members(a.Subtract(b)), difference)
		same("containment", a.Contains(b), contained)
		same("count", a.Count(), len(plainA))
		same("emptiness", a.IsEmpty(), len(plainA) == 0)
		same("reading back", parse(t, a.String()).Equal(a), true)
		same("difference and common part put together", a.Subtract(b).Union(a.Intersect(b)).String(), a.String())
	}
}

func TestSetsAreStringsInJSON(t *testing.T) {
	type message struct{ Executed GTIDSet }
	text, err := json.Marshal(message{parse(t, serverA+":1-5")})
	if err != nil || string(text) != `{"Executed":"`+serverA+`:1-5"}` {
		t.Fatalf("%s, %v", text, err)
	}
	var back message
	if err := json.Unmarshal(text, &back); err != nil || back.Executed.Count() != 5 {
		t.Fatalf("%v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"Executed":"nonsense"}`), &back); err == nil {
		t.Fatal("a wrong set was read from JSON")
	}
}
