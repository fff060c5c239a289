package wan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Settings are a person's words for a change; empty ones were not given.
type Settings struct {
	Delay, Jitter, Loss, Cut string
	Heal                     bool
}

// given names the settings that are there, without Heal.
func (s Settings) given() []string {
	var names []string
	for _, setting := range []struct{ name, text string }{
		{"--delay", s.Delay}, {"--jitter", s.Jitter}, {"--loss", s.Loss}, {"--cut", s.Cut},
	} {
		if setting.text != "" {
			names = append(names, setting.name)
		}
	}
	return names
}

// Change reads the settings, and reports whether there are any.
func (s Settings) Change() (change Change, any bool, err error) {
	given := s.given()
	if s.Heal {
		if len(given) > 0 {
			return Change{}, false, fmt.Errorf("--heal makes a link perfect; must be given without %s", strings.Join(given, ", "))
		}
		perfect, open := Quality{}, false
		return Change{&perfect.Delay, &perfect.Jitter, &perfect.Loss, &open}, true, nil
	}
	var problems []error
	change.Delay, err = parsed(s.Delay, "--delay", "a time with its unit, such as 20ms", time.ParseDuration)
	problems = append(problems, err)
	change.Jitter, err = parsed(s.Jitter, "--jitter", "a time with its unit, such as 5ms", time.ParseDuration)
	problems = append(problems, err)
	change.Loss, err = parsed(s.Loss, "--loss", "a percentage from 0% to 100%, such as 1%", parsePercent)
	problems = append(problems, err)
	change.Cut, err = parsed(s.Cut, "--cut", "true or false", strconv.ParseBool)
	problems = append(problems, err)
	return change, len(given) > 0, errors.Join(problems...)
}

// parsed reads one setting, unless it is empty.
func parsed[T any](text, name, allowed string, parse func(string) (T, error)) (*T, error) {
	if text == "" {
		return nil, nil
	}
	value, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s is %q; must be %s", name, text, allowed)
	}
	return &value, nil
}

func parsePercent(text string) (float64, error) {
	number, found := strings.CutSuffix(text, "%")
	if !found {
		return 0, errors.New("no percent sign")
	}
	value, err := strconv.ParseFloat(number, 64)
	return value / 100, err
}

// Between lists the directions between two regions: there and back, or only there.
func Between(from, to string, oneWay bool) []Pair {
	there := Pair{from, to}
	if oneWay {
		return []Pair{there}
	}
	return []Pair{there, {to, from}}
}
