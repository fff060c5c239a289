package wan

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestLoss(t *testing.T) {
	const packets = 100_000
	for name, test := range map[string]struct {
		quality  Quality
		from, to int
	}{
		"perfect": {Quality{}, 0, 0},
		"1%":      {Quality{Loss: 0.01}, 900, 1100},
		"half":    {Quality{Loss: 0.5}, 49_000, 51_000},
		"all":     {Quality{Loss: 1}, packets, packets},
		"cut":     {Quality{Cut: true}, packets, packets},
	} {
		t.Run(name, func(t *testing.T) {
			random, lost := seeded(), 0
			for range packets {
				if test.quality.lost(random) {
					lost++
				}
			}
			if lost < test.from || lost > test.to {
				t.Errorf("%d of %d were lost; want from %d to %d", lost, packets, test.from, test.to)
			}
		})
	}
}

func TestDue(t *testing.T) {
	start := time.Unix(1000, 0)
	if due := (Quality{Delay: time.Second}).due(start, time.Time{}, seeded()); due != start.Add(time.Second) {
		t.Errorf("without jitter: got %s", due)
	}
	before := start.Add(time.Minute)
	if due := (Quality{}).due(start, before, seeded()); due != before {
		t.Errorf("a packet overtakes the one before it: got %s", due)
	}
	quality := Quality{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond}
	random, earliest, latest := seeded(), time.Hour, time.Duration(0)
	for range 10_000 {
		delay := quality.due(start, time.Time{}, random).Sub(start)
		earliest, latest = min(earliest, delay), max(latest, delay)
	}
	const slack = 100 * time.Microsecond
	if earliest < 15*time.Millisecond || earliest > 15*time.Millisecond+slack ||
		latest > 25*time.Millisecond || latest < 25*time.Millisecond-slack {
		t.Errorf("delays are from %s to %s; want the whole range from 15ms to 25ms", earliest, latest)
	}
}

func TestQualityInWords(t *testing.T) {
	for want, quality := range map[string]Quality{
		"perfect":                        {},
		"cut":                            {Cut: true, Delay: time.Second},
		"delay 20ms":                     {Delay: 20 * time.Millisecond},
		"delay 20ms ± 5ms, loss 1%":      {Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.01},
		"delay 1.5s, loss 0.1%":          {Delay: 1500 * time.Millisecond, Loss: 0.001},
		"loss 100%":                      {Loss: 1},
		"delay 20ms ± 20ms, loss 33.33%": {Delay: 20 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 1.0 / 3},
	} {
		if got := quality.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		quality Quality
		want    []string
	}{
		"perfect": {Quality{}, nil},
		"limits":  {Quality{Delay: maxDelay, Jitter: maxDelay, Loss: 1}, nil},
		"too long": {Quality{Delay: 2 * time.Minute},
			[]string{"--delay is 2m0s; must be from 0 to 1m0s, such as 20ms"}},
		"jitter alone": {Quality{Jitter: 5 * time.Millisecond},
			[]string{"--jitter is 5ms; must be from 0 to the delay, which is 0s: choose a smaller one or a longer delay"}},
		"all": {Quality{Delay: -time.Second, Jitter: -1, Loss: 1.5}, []string{
			"--delay is -1s; must be from 0 to 1m0s, such as 20ms",
			"--jitter is -1ns; must be from 0 to the delay, which is -1s: choose a smaller one or a longer delay",
			"--loss is 150%; must be from 0% to 100%"}},
		"no number": {Quality{Loss: math.NaN()}, []string{"--loss is NaN%; must be from 0% to 100%"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(test.quality.problems(), "\n"); got != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	slow := Quality{Delay: time.Second, Jitter: time.Millisecond, Loss: 0.5, Cut: true}
	for name, test := range map[string]struct {
		settings Settings
		given    bool
		want     Quality
		problem  string
	}{
		"nothing":  {Settings{}, false, slow, ""},
		"one":      {Settings{Delay: "20ms"}, true, Quality{20 * time.Millisecond, time.Millisecond, 0.5, true}, ""},
		"all":      {Settings{Delay: "2ms", Jitter: "1ms", Loss: "0.1%", Cut: "true"}, true, Quality{2e6, 1e6, 0.001, true}, ""},
		"open":     {Settings{Cut: "false"}, true, Quality{time.Second, time.Millisecond, 0.5, false}, ""},
		"zero":     {Settings{Delay: "0s", Jitter: "0s", Loss: "0%"}, true, Quality{Cut: true}, ""},
		"heal":     {Settings{Heal: true}, true, Quality{}, ""},
		"heal and": {Settings{Heal: true, Delay: "1s", Cut: "true"}, false, slow, "--heal makes a link perfect; must be given without --delay, --cut"},
		"wrong": {Settings{Delay: "20", Jitter: "x", Loss: "1", Cut: "maybe"}, true, slow,
			`--delay is "20"; must be a time with its unit, such as 20ms
--jitter is "x"; must be a time with its unit, such as 5ms
--loss is "1"; must be a percentage from 0% to 100%, such as 1%
--cut is "maybe"; must be true or false`},
	} {
		t.Run(name, func(t *testing.T) {
			change, given, err := test.settings.Change()
			if given != test.given || change.apply(slow) != test.want && test.problem == "" {
				t.Errorf("got %+v, %t", change.apply(slow), given)
			}
			if err == nil && test.problem != "" || err != nil && err.Error() != test.problem {
				t.Errorf("got %v, want %s", err, test.problem)
			}
		})
	}
}
