package quorum

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// scripted is a table whose answers a test gives.
type scripted struct {
	doc document
	// gets and writes are what comes next; afterwards all is well.
	gets, writes []func(*scripted, document) error
	written      int
}

func (s *scripted) get(context.Context) (document, error) {
	if len(s.gets) > 0 {
		next := s.gets[0]
		s.gets = s.gets[1:]
		if err := next(s, document{}); err != nil {
			return document{}, err
		}
	}
	return s.doc.copied(), nil
}

func (s *scripted) replace(_ context.Context, d document) error {
	if len(s.writes) > 0 {
		next := s.writes[0]
		s.writes = s.writes[1:]
		return next(s, d)
	}
	return well(s, d)
}

func well(s *scripted, d document) error {
	if d.Revision != s.doc.Revision+1 {
		return errNotWritten
	}
	s.doc = d
	s.written++
	return nil
}

var errSilence = errors.New("no answer in time")

func silentAndDone(s *scripted, d document) error { _ = well(s, d); return errSilence }
func silent(*scripted, document) error            { return errSilence }
func refused(*scripted, document) error           { return refusal{errors.New("AccessDeniedException")} }
func moved(*scripted, document) error             { return errNotWritten }

func open(s *scripted) *Dynamodb {
	store := newDynamodb(TableConfig{Request: time.Second, Clock: func() time.Duration { return 0 }}, s)
	store.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return store
}

var taking = Txn{If: []Condition{{Key: "k"}}, Put: []Put{{Key: "k", Value: []byte("v")}}}

func TestCommitTellsWhatIsKnown(t *testing.T) {
	type script = []func(*scripted, document) error
	many := make(script, attempts)
	for i := range many {
		many[i] = moved
	}
	for name, test := range map[string]struct {
		writes    script
		done      bool
		uncertain bool
		problem   string
		written   int
	}{
		"all is well":                {nil, true, false, "", 1},
		"somebody was first, twice":  {script{moved, moved}, true, false, "", 1},
		"done, and not answered":     {script{silentAndDone}, false, true, "a condition does not hold (no answer in time)", 1},
		"not done, and not answered": {script{silent}, true, false, "", 1},
		"not answered, then refused": {script{silent, refused}, false, true, "AccessDeniedException (no answer in time)", 0},
		"refused":                    {script{refused}, false, false, "AccessDeniedException", 0},
		"always somebody else":       {many, false, false, "not done in 10 attempts: the table was being changed by somebody else", 0},
		"never answered":             {script{silent, silent, silent, silent, silent, silent, silent, silent, silent, silent}, false, true, "not done in 10 attempts", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{writes: test.writes}
			done, err := open(s).Commit(context.Background(), taking)
			if done != test.done || errors.Is(err, ErrUncertain) != test.uncertain || s.written != test.written {
				t.Errorf("%t, %v, %d written", done, err, s.written)
			}
			if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%v; want %q", err, test.problem)
			}
		})
	}
}

// A transaction whose lease ended after an attempt without an answer may have been done: it is no plain loss of the lease.
func TestLostLeaseAfterSilenceIsUncertain(t *testing.T) {
	s := &scripted{}
	store := open(s)
	id, err := store.Grant(context.Background(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s.writes = []func(*scripted, document) error{func(s *scripted, _ document) error {
		s.doc = s.doc.next()
		s.doc.end([]LeaseID{id})
		return errSilence
	}}
	_, err = store.Commit(context.Background(), Txn{If: taking.If, Put: []Put{{Key: "k", Value: []byte("v"), Lease: id}}})
	if !errors.Is(err, ErrUncertain) || errors.Is(err, ErrLeaseLost) {
		t.Error(err)
	}
	if _, err := store.Renew(context.Background(), id); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("renewing: %v", err)
	}
}

// A lost answer to a renewal costs a second one, and nobody's trust.
func TestRenewalIsTriedAgain(t *testing.T) {
	s := &scripted{}
	store := open(s)
	id, err := store.Grant(context.Background(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s.writes = []func(*scripted, document) error{silentAndDone}
	if _, err := store.Renew(context.Background(), id); err != nil || s.doc.Leases[id].Renewals != 2 {
		t.Errorf("%v, %+v", err, s.doc.Leases)
	}
}

func TestReadSaysWhyItFails(t *testing.T) {
	s := &scripted{gets: []func(*scripted, document) error{silent}}
	if _, err := open(s).Read(context.Background()); !errors.Is(err, errSilence) {
		t.Error(err)
	}
	s = &scripted{gets: []func(*scripted, document) error{silent}}
	voters := open(s).Voters(context.Background())
	if len(voters) != 1 || voters[0].Healthy || !voters[0].Managed || voters[0].Problem != errSilence.Error() {
		t.Errorf("%+v", voters)
	}
}

func TestValuesAreText(t *testing.T) {
	err := open(&scripted{}).Set(context.Background(), []Put{{Key: "k", Value: []byte{0xff}}}, nil)
	if err == nil || err.Error() != "the value of key k is no text" {
		t.Error(err)
	}
}

// A history of many events is most of the document, and every write is paid for by its size.
func TestDocumentIsSmall(t *testing.T) {
	d := document{}.next()
	for i := range 300 {
		d.Keys[fmt.Sprintf("events/%020d-a", 1764417600000000000+int64(i)*7919)] = record{Revision: int64(i), Value: fmt.Sprintf(
			`{"kind":"in-service","region":"a","epoch":%d,"reason":"in service","begin":"2026-11-29T12:00:%02d.%09dZ","end":"2026-11-29T12:00:%02d.%09dZ"}`,
			i, i%60, i*104729, i%60, i*104729)}
	}
	packed, err := d.pack()
	if err != nil || len(packed) > 20<<10 {
		t.Errorf("%d bytes, %v", len(packed), err)
	}
	back, err := unpack(packed, d.Revision)
	if err != nil || len(back.Keys) != 300 || back.Revision != 1 {
		t.Errorf("%d keys of revision %d, %v", len(back.Keys), back.Revision, err)
	}
	if _, err := unpack([]byte("{}"), 1); err == nil || !strings.HasPrefix(err.Error(), "the item is none of this program's: ") {
		t.Error(err)
	}
	t.Logf("%d bytes", len(packed))
}
