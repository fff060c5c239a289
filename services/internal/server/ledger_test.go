package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/ledger"
)

const token = "3e11fa47-71ca-11e1-9e33-c80aa9429562:7"

// fixedLedger is a ledger in a known state; the real one is tested against MySQL in its own package and, with this
// server, in cmd/web.
type fixedLedger struct {
	written ledger.Written
	side    database.Side
	err     error
	status  map[database.Side]dependency.Status
	// asked is the token that came with the last read.
	asked database.Token
}

func (f *fixedLedger) Open(context.Context, ledger.Account) (ledger.Written, error) {
	return f.written, f.err
}

func (f *fixedLedger) Move(context.Context, ledger.Transfer) (ledger.Written, error) {
	return f.written, f.err
}

func (f *fixedLedger) Account(_ context.Context, name string, token database.Token) (ledger.Account, database.Side, error) {
	f.asked = token
	return ledger.Account{Name: name, Balance: 5}, f.side, f.err
}

func (f *fixedLedger) Transfer(_ context.Context, id string, token database.Token) (ledger.Transfer, database.Side, error) {
	f.asked = token
	return ledger.Transfer{ID: id, From: "alice", To: "bob", Amount: 5}, f.side, f.err
}

func (f *fixedLedger) Accounts(_ context.Context, token database.Token) (ledger.Accounts, database.Side, error) {
	f.asked = token
	return ledger.Accounts{Accounts: []ledger.Account{{Name: "alice", Balance: 5}}, Count: 1, Total: 5}, f.side, f.err
}

func (f *fixedLedger) Status() map[database.Side]dependency.Status { return f.status }

func withLedger(l *fixedLedger) *Service {
	s := newService(io.Discard)
	s.Ledger = l
	return s
}

func post(path, body string) *http.Request {
	r := processRequest(body)
	r.URL.Path = path
	return r
}

const (
	transferBody = `{"id":"t-1","from":"alice","to":"bob","amount":5}`
	accountBody  = `{"name":"alice","balance":5}`
)

func TestLedgerWrites(t *testing.T) {
	commit := database.Commit{Token: token, Server: "database-a-0"}
	for _, test := range []struct {
		path, body string
		isNew      bool
		code       int
		want       map[string]any
	}{
		{"/v1/transfers", transferBody, true, 200, map[string]any{"id": "t-1", "from": "alice", "to": "bob", "amount": 5.0, "writer": "database-a-0"}},
		{"/v1/transfers", transferBody, false, 200, map[string]any{"id": "t-1", "writer": "database-a-0"}},
		{"/v1/accounts", accountBody, true, 201, map[string]any{"name": "alice", "balance": 5.0}},
		{"/v1/accounts", accountBody, false, 200, map[string]any{"name": "alice", "balance": 5.0}},
	} {
		s := withLedger(&fixedLedger{written: ledger.Written{Commit: commit, New: test.isNew}})
		response := serve(s, post(test.path, test.body))
		body := bodyOf(t, response)
		if response.StatusCode != test.code || response.Header.Get("X-Write-Token") != token || response.Header.Get("X-Database") != "writer" {
			t.Errorf("%s: %d %v %v", test.path, response.StatusCode, response.Header, body)
		}
		expectFields(t, body, test.want)
		expectFields(t, body, map[string]any{"version": "1.2.3", "backend": "canary", "region": "a"})
	}
}

func TestLedgerReads(t *testing.T) {
	for path, want := range map[string]map[string]any{
		"/v1/transfers/t-1":  {"id": "t-1", "from": "alice", "to": "bob", "amount": 5.0},
		"/v1/accounts/alice": {"name": "alice", "balance": 5.0},
		"/v1/accounts":       {"count": 1.0, "total": 5.0},
	} {
		for _, given := range []string{"", "writer", token} {
			l := &fixedLedger{side: database.Reader}
			request := httptest.NewRequest("GET", path, nil)
			request.Header.Set("X-Write-Token", given)
			response := serve(withLedger(l), request)
			if response.StatusCode != 200 || response.Header.Get("X-Database") != "reader" || l.asked != database.Token(given) {
				t.Errorf("%s: %d, %v, asked with %q", path, response.StatusCode, response.Header, l.asked)
			}
			expectFields(t, bodyOf(t, response), want)
		}
	}
	request := httptest.NewRequest("GET", "/v1/accounts", nil)
	request.Header.Set("X-Write-Token", "1; DROP TABLE accounts")
	response := serve(withLedger(&fixedLedger{}), request)
	const detail = "X-Write-Token is none that this service gave; must be as in the answer to a write; send it unchanged, or none"
	if body := bodyOf(t, response); response.StatusCode != 400 || body["detail"] != detail {
		t.Errorf("%d %v", response.StatusCode, body)
	}
}

func TestLedgerProblems(t *testing.T) {
	const tag = "tag:twinstack.dev,2026:"
	for _, test := range []struct {
		name       string
		err        error
		code       int
		problem    string
		retryAfter string
		outcome    string
	}{
		{"not found", &ledger.Refusal{Kind: ledger.NotFound}, 404, "about:blank", "", "refused"},
		{"conflict", &ledger.Refusal{Kind: ledger.Conflict}, 409, tag + "conflict", "", "refused"},
		{"overdraft", &ledger.Refusal{Kind: ledger.Overdraft}, 409, tag + "overdraft", "", "refused"},
		{"unknown account", &ledger.Refusal{Kind: ledger.UnknownAccount}, 422, tag + "unknown-account", "", "refused"},
		{"outcome", fmt.Errorf("%w: timeout", database.ErrOutcomeUnknown), 504, tag + "outcome-unknown", "1", "unknown"},
		{"lost", database.ErrWriteLost, 412, tag + "write-lost", "", "failed"},
		{"no writer", errors.New("connection refused"), 503, tag + "database-unavailable", "1", "failed"},
		{"deadline", context.DeadlineExceeded, 503, tag + "database-unavailable", "1", "failed"},
	} {
		s := withLedger(&fixedLedger{err: test.err, side: database.Writer})
		for _, request := range []*http.Request{
			post("/v1/transfers", transferBody), post("/v1/accounts", accountBody), httptest.NewRequest("GET", "/v1/accounts", nil),
			httptest.NewRequest("GET", "/v1/transfers/t-1", nil), httptest.NewRequest("GET", "/v1/accounts/alice", nil),
		} {
			response := serve(s, request)
			body := bodyOf(t, response)
			if response.StatusCode != test.code || body["type"] != test.problem || response.Header.Get("Retry-After") != test.retryAfter ||
				response.Header.Get("X-Database") != "writer" || response.Header.Get("X-Write-Token") != "" {
				t.Errorf("%s, %s: %d %v %v", test.name, request.URL.Path, response.StatusCode, response.Header, body)
			}
		}
		if line := fmt.Sprintf(`ledger_writes_total{outcome="%s"} 2`, test.outcome); !strings.Contains(metricsOf(s), line) {
			t.Errorf("%s: metrics lack %s", test.name, line)
		}
	}
	response := serve(withLedger(&fixedLedger{err: context.Canceled}), post("/v1/transfers", transferBody))
	if response.StatusCode != 499 {
		t.Errorf("a caller who left is recorded as %d", response.StatusCode)
	}
}

func metricsOf(s *Service) string {
	text, _ := io.ReadAll(serve(s, httptest.NewRequest("GET", "/metrics", nil)).Body)
	return string(text)
}

func TestLedgerFailuresAreLogged(t *testing.T) {
	var log bytes.Buffer
	s := newService(&log)
	s.Ledger = &fixedLedger{err: errors.New("connection refused")}
	request := post("/v1/transfers", transferBody)
	request.Header.Set("X-Request-Id", "order-66")
	serve(s, request)
	if text := log.String(); !strings.Contains(text, `"msg":"ledger","request_id":"order-66","error":"connection refused"`) {
		t.Errorf("log is %s", text)
	}
}

func TestLedgerRefusesWhatItCannotRead(t *testing.T) {
	const nameRule = "1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first"
	for _, test := range []struct {
		path, body string
		want       []string
	}{
		{"/v1/transfers", `{"id":"../t","from":"a","to":"a","amount":0}`, []string{
			`id is "../t"; must be ` + nameRule + `; send e.g. "t-1"`,
			`amount is 0; must be an integer from 1 to 1000000000; send e.g. 5`,
			`to is a; must be another account than from; send e.g. "bob"`,
		}},
		{"/v1/transfers", `[]`, []string{
			`body is an array; must be one JSON object; send e.g. {"id":"t-1","from":"alice","to":"bob","amount":5}`,
		}},
		{"/v1/accounts", `{"name":"` + strings.Repeat("a", 65) + `","balance":-1}`, []string{
			`name is "` + strings.Repeat("a", 39) + `…; must be ` + nameRule + `; send e.g. "alice"`,
			`balance is -1; must be an integer from 0 to 1000000000000; send e.g. 100`,
		}},
	} {
		response := serve(withLedger(&fixedLedger{}), post(test.path, test.body))
		body := bodyOf(t, response)
		var got []string
		for _, wrong := range body["errors"].([]any) {
			got = append(got, wrong.(map[string]any)["detail"].(string))
		}
		if response.StatusCode != 400 || strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: %d\n got %q\nwant %q", test.body, response.StatusCode, got, test.want)
		}
	}
}

func TestWithoutLedger(t *testing.T) {
	for _, request := range []*http.Request{
		post("/v1/transfers", transferBody), post("/v1/accounts", accountBody), httptest.NewRequest("GET", "/v1/accounts", nil),
		httptest.NewRequest("GET", "/v1/transfers/t-1", nil), httptest.NewRequest("GET", "/v1/accounts/alice", nil),
	} {
		response := serve(newService(io.Discard), request)
		if body := bodyOf(t, response); response.StatusCode != 404 || body["detail"] != "there is no ledger here; set DATABASE_WRITER to have one" {
			t.Errorf("%s: %d %v", request.URL.Path, response.StatusCode, body)
		}
	}
}

// A writer that is gone is gone for all replicas alike: none of them may leave the router for it.
func TestReadyDoesNotNeedTheDatabase(t *testing.T) {
	up, down := dependency.Status{State: "up", Breaker: "closed"}, dependency.Status{State: "down", Breaker: "open"}
	for want, status := range map[string]map[database.Side]dependency.Status{
		"ready":    {database.Writer: up, database.Reader: up},
		"degraded": {database.Writer: down, database.Reader: down},
	} {
		response := serve(withLedger(&fixedLedger{status: status}), httptest.NewRequest("GET", "/ready", nil))
		body := bodyOf(t, response)
		if response.StatusCode != 200 || body["status"] != want {
			t.Errorf("%d %v, want %s", response.StatusCode, body, want)
		}
		writer := body["dependencies"].(map[string]any)["database-writer"].(map[string]any)
		expectFields(t, writer, map[string]any{"state": status[database.Writer].State, "breaker": status[database.Writer].Breaker})
	}
}
