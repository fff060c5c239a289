package quorum

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"
	"unicode/utf8"
)

// document is all that a stack's stewards agree on: every key and every lease. It is one item of a table and only ever
// replaced as a whole, by who names the revision that it replaces.
type document struct {
	// Revision counts the replacements; it is 0 where there is no item yet.
	Revision int64 `json:"-"`
	// Changed is the revision of the last change of any key. Renewals change none.
	Changed int64             `json:"changed"`
	Keys    map[string]record `json:"keys"`
	Leases  map[LeaseID]term  `json:"leases"`
	// LastLease is the highest LeaseID that was given out.
	LastLease LeaseID `json:"lastLease"`
}

// record is a key's value, which is text.
type record struct {
	Value    string  `json:"value"`
	Revision int64   `json:"revision"`
	Lease    LeaseID `json:"lease,omitempty"`
}

// term is a lease. It has no moment at which it ends: no two machines have the same clock.
type term struct {
	Duration time.Duration `json:"nanoseconds"`
	// Renewals counts how often it was renewed. Who sees it stand still for Duration may end the lease.
	Renewals int64 `json:"renewals"`
}

// copied returns a document whose keys and leases can be changed.
func (d document) copied() document {
	d.Keys, d.Leases = maps.Clone(d.Keys), maps.Clone(d.Leases)
	if d.Keys == nil {
		d.Keys, d.Leases = map[string]record{}, map[LeaseID]term{}
	}
	return d
}

// next returns a copy with the revision that replaces this one.
func (d document) next() document {
	d = d.copied()
	d.Revision++
	return d
}

// apply writes and deletes keys.
func (d *document) apply(puts []Put, deletes []string) error {
	for _, p := range puts {
		if _, alive := d.Leases[p.Lease]; p.Lease != 0 && !alive {
			return ErrLeaseLost
		}
		if !utf8.Valid(p.Value) {
			return fmt.Errorf("the value of key %s is no text", p.Key)
		}
		d.Keys[p.Key] = record{Value: string(p.Value), Revision: d.Revision, Lease: p.Lease}
	}
	for _, key := range deletes {
		delete(d.Keys, key)
	}
	d.Changed = d.Revision
	return nil
}

// holds tells whether all conditions do.
func (d document) holds(conditions []Condition) bool {
	for _, c := range conditions {
		if d.Keys[c.Key].Revision != c.Revision {
			return false
		}
	}
	return true
}

// end removes leases with the keys that hang on them.
func (d *document) end(leases []LeaseID) {
	for _, id := range leases {
		delete(d.Leases, id)
		for key, r := range d.Keys {
			if r.Lease == id {
				delete(d.Keys, key)
			}
		}
	}
	d.Changed = d.Revision
}

func (d document) snapshot() Snapshot {
	shot := Snapshot{Revision: d.Revision, Items: make(map[string]Item, len(d.Keys))}
	for key, r := range d.Keys {
		shot.Items[key] = Item{Value: []byte(r.Value), Revision: r.Revision, Lease: r.Lease}
	}
	return shot
}

// pack compresses: every write is paid for by the size of the whole, which is mostly JSON of a history.
func (d document) pack() ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func unpack(packed []byte, revision int64) (document, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return document{}, fmt.Errorf("the item is none of this program's: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return document{}, fmt.Errorf("the item is none of this program's: %w", err)
	}
	d := document{Revision: revision}
	if err := json.Unmarshal(text, &d); err != nil {
		return document{}, fmt.Errorf("the item is none of this program's: %w", err)
	}
	return d, nil
}
