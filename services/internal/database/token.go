package database

import (
	"regexp"
	"strings"
)

// Token stands for a write, so that whoever made it can read a state that includes it. To callers it is opaque. It is
// empty (no write in particular), AskWriter, or a set of GTIDs with the write's own among them.
type Token string

// AskWriter stands for a write whose GTID is not known: only the writer is sure to have it.
const AskWriter Token = "writer"

// maxTokenBytes is far more than a set with the transactions of one moment needs.
const maxTokenBytes = 1024

// Exactly what MySQL accepts: a set that it can't parse would look like a failing server.
var gtidSet = func() *regexp.Regexp {
	const (
		uuid      = `[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`
		number    = `[1-9][0-9]{0,17}`
		intervals = `(:` + number + `(-` + number + `)?)+`
		tagged    = `(:[a-z_][a-z0-9_]{0,31}` + intervals + `)`
		source    = uuid + `(` + intervals + tagged + `*|` + tagged + `+)`
	)
	return regexp.MustCompile(`^` + source + `(,` + source + `)*$`)
}()

// ParseToken reads a token that a caller sent back.
func ParseToken(text string) (token Token, ok bool) {
	token = Token(text)
	known := token == "" || token == AskWriter || len(text) <= maxTokenBytes && gtidSet.MatchString(text)
	return token, known
}

// tokenOf makes a token of a set as the server prints it.
func tokenOf(set string) Token {
	token, ok := ParseToken(strings.ReplaceAll(set, "\n", ""))
	if !ok || token == "" {
		return AskWriter
	}
	return token
}
