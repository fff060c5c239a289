package mysql

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// GTIDSet is an immutable set of global transaction identifiers, tagged ones included. The zero value is the empty set.
type GTIDSet struct{ origins map[origin]intervals }

// origin numbers its transactions by itself: a server, or one tag of it.
type origin struct{ server, tag string }

var (
	serverForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	tagForm    = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)
)

// largestNumber is the last transaction number that MySQL gives out.
const largestNumber = 1<<63 - 2

// ParseGTIDSet reads what MySQL writes, such as "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:9:backup:1-3". Blanks and
// line breaks don't matter, and empty text is the empty set.
func ParseGTIDSet(text string) (GTIDSet, error) {
	set := GTIDSet{origins: map[origin]intervals{}}
	compact := strings.ToLower(strings.Join(strings.Fields(text), ""))
	for part := range strings.SplitSeq(compact, ",") {
		if part == "" {
			continue
		}
		if err := set.parseServer(part); err != nil {
			return GTIDSet{}, err
		}
	}
	return set, nil
}

func (s GTIDSet) parseServer(part string) error {
	pieces := strings.Split(part, ":")
	if !serverForm.MatchString(pieces[0]) {
		return fmt.Errorf("GTID set has server %q; must be a UUID; write it as uuid:1-5", pieces[0])
	}
	from := origin{server: pieces[0]}
	numbers := 0
	for _, piece := range pieces[1:] {
		if tagForm.MatchString(piece) {
			from.tag = piece
			continue
		}
		i, err := parseInterval(piece)
		if err != nil {
			return err
		}
		s.origins[from] = s.origins[from].union(intervals{i})
		numbers++
	}
	if numbers == 0 {
		return fmt.Errorf("GTID set has %q without transactions; must name some; write it as uuid:1-5", part)
	}
	return nil
}

func parseInterval(text string) (interval, error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	low, lowErr := strconv.ParseUint(first, 10, 64)
	high, highErr := strconv.ParseUint(last, 10, 64)
	if lowErr != nil || highErr != nil || low < 1 || high < low || high > largestNumber {
		return interval{}, fmt.Errorf("GTID set has transactions %q; must be a number from 1 or a rising range; write it as 7 or 1-5", text)
	}
	return interval{low, high}, nil
}

// String is the canonical text: MySQL's own order, and one line.
func (s GTIDSet) String() string {
	keys := slices.SortedFunc(maps.Keys(s.origins), func(a, b origin) int {
		return cmp.Or(cmp.Compare(a.server, b.server), cmp.Compare(a.tag, b.tag))
	})
	var text strings.Builder
	server := ""
	for _, key := range keys {
		if key.server != server {
			if server != "" {
				text.WriteByte(',')
			}
			text.WriteString(key.server)
			server = key.server
		}
		if key.tag != "" {
			text.WriteString(":" + key.tag)
		}
		for _, i := range s.origins[key] {
			text.WriteString(":" + i.String())
		}
	}
	return text.String()
}

// MarshalText writes the canonical text, so that sets stand as strings in JSON.
func (s GTIDSet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseGTIDSet reads.
func (s *GTIDSet) UnmarshalText(text []byte) error {
	set, err := ParseGTIDSet(string(text))
	*s = set
	return err
}

// Contains tells whether every transaction of other is in s.
func (s GTIDSet) Contains(other GTIDSet) bool { return other.Subtract(s).IsEmpty() }

// Equal tells whether both hold the same transactions.
func (s GTIDSet) Equal(other GTIDSet) bool { return s.Contains(other) && other.Contains(s) }

// Subtract returns the transactions of s that are not in other.
func (s GTIDSet) Subtract(other GTIDSet) GTIDSet {
	left := map[origin]intervals{}
	for key, mine := range s.origins {
		if rest := mine.subtract(other.origins[key]); len(rest) > 0 {
			left[key] = rest
		}
	}
	return GTIDSet{left}
}

// Union returns the transactions of both.
func (s GTIDSet) Union(other GTIDSet) GTIDSet {
	all := maps.Clone(s.origins)
	if all == nil {
		all = map[origin]intervals{}
	}
	for key, theirs := range other.origins {
		all[key] = all[key].union(theirs)
	}
	return GTIDSet{all}
}

// Intersect returns the transactions that both hold.
func (s GTIDSet) Intersect(other GTIDSet) GTIDSet { return s.Subtract(s.Subtract(other)) }

// Count returns how many transactions there are.
func (s GTIDSet) Count() uint64 {
	var n uint64
	for _, all := range s.origins {
		for _, i := range all {
			n += i.last - i.first + 1
		}
	}
	return n
}

// IsEmpty tells whether there are none.
func (s GTIDSet) IsEmpty() bool { return len(s.origins) == 0 }
