package mysql

import (
	"cmp"
	"slices"
	"strconv"
)

// interval is the transactions from first to last, both included.
type interval struct{ first, last uint64 }

func (i interval) String() string {
	text := strconv.FormatUint(i.first, 10)
	if i.last != i.first {
		text += "-" + strconv.FormatUint(i.last, 10)
	}
	return text
}

// intervals are rising, apart from each other by at least one number, and never changed in place.
type intervals []interval

func (a intervals) union(b intervals) intervals {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y interval) int { return cmp.Compare(x.first, y.first) })
	var merged intervals
	for _, next := range all {
		end := len(merged) - 1
		if end >= 0 && next.first <= merged[end].last+1 {
			merged[end].last = max(merged[end].last, next.last)
			continue
		}
		merged = append(merged, next)
	}
	return merged
}

func (a intervals) subtract(b intervals) intervals {
	var left intervals
	for _, mine := range a {
		for _, theirs := range b {
			if theirs.last < mine.first {
				continue
			}
			if theirs.first > mine.last {
				break
			}
			if theirs.first > mine.first {
				left = append(left, interval{mine.first, theirs.first - 1})
			}
			mine.first = theirs.last + 1
			if mine.first > mine.last {
				break
			}
		}
		if mine.first <= mine.last {
			left = append(left, mine)
		}
	}
	return left
}
