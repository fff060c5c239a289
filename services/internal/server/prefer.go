package server

import (
	"strconv"
	"strings"
	"time"
)

// preferredWait finds "wait" among Prefer headers: how many seconds the caller waits for an answer (RFC 7240,
// section 4.3). As there, the first one counts, and one that can't be understood is ignored.
func preferredWait(headers []string) (time.Duration, bool) {
	for _, preference := range strings.FieldsFunc(strings.Join(headers, ","), func(r rune) bool { return r == ',' }) {
		token, _, _ := strings.Cut(preference, ";")
		name, value, _ := strings.Cut(token, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 31)
		if err != nil || seconds == 0 {
			return 0, false
		}
		return time.Duration(seconds) * time.Second, true
	}
	return 0, false
}

func waitPreference(wait time.Duration) string {
	return "wait=" + strconv.Itoa(int(wait.Seconds()))
}
