package server

import (
	"context"
	"errors"
	"net/http"

	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/ledger"
	"twinstack.dev/services/internal/problem"
)

const (
	// tokenHeader is in answers to writes. Sent back with a read, it makes the answer include that write.
	tokenHeader = "X-Write-Token"
	// sideHeader says which side of the database answered.
	sideHeader = "X-Database"
)

// Ledger keeps accounts in a database that may be out of reach.
type Ledger interface {
	Open(ctx context.Context, account ledger.Account) (ledger.Written, error)
	Move(ctx context.Context, transfer ledger.Transfer) (ledger.Written, error)
	Account(ctx context.Context, name string, token database.Token) (ledger.Account, database.Side, error)
	Transfer(ctx context.Context, id string, token database.Token) (ledger.Transfer, database.Side, error)
	Accounts(ctx context.Context, token database.Token) (ledger.Accounts, database.Side, error)
	Status() map[database.Side]dependency.Status
}

type accountAnswer struct {
	ledger.Account
	identity.Identity
}

type accountsAnswer struct {
	ledger.Accounts
	identity.Identity
}

type transferAnswer struct {
	ledger.Transfer
	// Writer is the host name of the server that has the transfer; only in answers to writes.
	Writer string `json:"writer,omitempty"`
	identity.Identity
}

func (s *Service) ledgerRoutes(mux *http.ServeMux) {
	get := []string{http.MethodGet, http.MethodHead}
	mux.Handle("/v1/accounts", s.only(s.withLedger(s.handleAccounts), append(get, http.MethodPost)...))
	mux.Handle("/v1/accounts/{name}", s.only(s.withLedger(s.handleAccount), get...))
	mux.Handle("/v1/transfers", s.only(s.withLedger(s.handleMove), http.MethodPost))
	mux.Handle("/v1/transfers/{id}", s.only(s.withLedger(s.handleTransfer), get...))
}

// withLedger answers 404 where there is no ledger.
func (s *Service) withLedger(next work) http.Handler {
	if s.Ledger != nil {
		return s.bounded(next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, s.Identity, problem.Problem{
			Status: http.StatusNotFound, Detail: "there is no ledger here; set DATABASE_WRITER to have one",
		})
	})
}

func (s *Service) handleAccounts(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		s.handleOpen(ctx, w, r)
		return
	}
	read(s, w, r, func(token database.Token) (accountsAnswer, database.Side, error) {
		all, side, err := s.Ledger.Accounts(ctx, token)
		return accountsAnswer{all, s.Identity}, side, err
	})
}

func (s *Service) handleAccount(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	read(s, w, r, func(token database.Token) (accountAnswer, database.Side, error) {
		account, side, err := s.Ledger.Account(ctx, r.PathValue("name"), token)
		return accountAnswer{account, s.Identity}, side, err
	})
}

func (s *Service) handleTransfer(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	read(s, w, r, func(token database.Token) (transferAnswer, database.Side, error) {
		transfer, side, err := s.Ledger.Transfer(ctx, r.PathValue("id"), token)
		return transferAnswer{Transfer: transfer, Identity: s.Identity}, side, err
	})
}

func (s *Service) handleOpen(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	account, ok := decodeBody(ctx, s, w, r, ledger.DecodeAccount)
	if !ok {
		return
	}
	written, err := s.Ledger.Open(ctx, account)
	code := http.StatusOK
	if written.New {
		code = http.StatusCreated
	}
	s.answerWrite(w, written, err, code, accountAnswer{account, s.Identity})
}

func (s *Service) handleMove(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	transfer, ok := decodeBody(ctx, s, w, r, ledger.DecodeTransfer)
	if !ok {
		return
	}
	written, err := s.Ledger.Move(ctx, transfer)
	s.answerWrite(w, written, err, http.StatusOK, transferAnswer{transfer, written.Server, s.Identity})
}

// read answers with what find finds for the caller's token.
func read[T any](
	s *Service, w http.ResponseWriter, r *http.Request, find func(database.Token) (T, database.Side, error),
) {
	token, ok := database.ParseToken(r.Header.Get(tokenHeader))
	if !ok {
		problem.Write(w, s.Identity, problem.Problem{
			Type: problem.TypeInvalid, Status: http.StatusBadRequest,
			Detail: tokenHeader + " is none that this service gave; must be as in the answer to a write; send it unchanged, or none",
		})
		return
	}
	answer, side, err := find(token)
	if side != "" {
		w.Header().Set(sideHeader, string(side))
	}
	if err != nil {
		s.refuse(w, err)
		return
	}
	s.Metrics.LedgerRead(string(side))
	writeJSON(w, http.StatusOK, answer)
}

func (s *Service) answerWrite(w http.ResponseWriter, written ledger.Written, err error, code int, answer any) {
	s.Metrics.LedgerWritten(outcome(written, err))
	w.Header().Set(sideHeader, string(database.Writer))
	if err != nil {
		s.refuse(w, err)
		return
	}
	w.Header().Set(tokenHeader, string(written.Token))
	writeJSON(w, code, answer)
}

func outcome(written ledger.Written, err error) string {
	var refusal *ledger.Refusal
	switch {
	case err == nil && written.New:
		return "new"
	case err == nil:
		return "repeated"
	case errors.As(err, &refusal):
		return "refused"
	case errors.Is(err, database.ErrOutcomeUnknown):
		return "unknown"
	default:
		return "failed"
	}
}

// refuse answers for a ledger that refused, or could not be asked.
func (s *Service) refuse(w http.ResponseWriter, err error) {
	var refusal *ledger.Refusal
	if errors.As(err, &refusal) {
		answer := refusals[refusal.Kind]
		answer.Detail = refusal.Detail
		problem.Write(w, s.Identity, answer)
		return
	}
	s.Log.Warn("ledger", "request_id", w.Header().Get("X-Request-Id"), "error", err.Error())
	answer := problemOf(err)
	switch answer.Status {
	case statusClientClosed:
		w.WriteHeader(statusClientClosed)
		return
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		w.Header().Set("Retry-After", retryAfter)
	}
	problem.Write(w, s.Identity, answer)
}

var refusals = map[ledger.Kind]problem.Problem{
	ledger.NotFound:       {Status: http.StatusNotFound},
	ledger.Conflict:       {Type: problem.TypeConflict, Status: http.StatusConflict},
	ledger.Overdraft:      {Type: problem.TypeOverdraft, Status: http.StatusConflict},
	ledger.UnknownAccount: {Type: problem.TypeUnknownAccount, Status: http.StatusUnprocessableEntity},
}

// problemOf says what a failure of the database means for the caller.
func problemOf(err error) problem.Problem {
	switch {
	case errors.Is(err, database.ErrWriteLost):
		return problem.Problem{
			Type: problem.TypeWriteLost, Status: http.StatusPreconditionFailed,
			Detail: "the writer does not have the write that " + tokenHeader + " stands for; it was lost with a former writer; " +
				"leave the header out to read what there is",
		}
	case errors.Is(err, database.ErrOutcomeUnknown):
		return problem.Problem{
			Type: problem.TypeOutcomeUnknown, Status: http.StatusGatewayTimeout,
			Detail: "the write may be done or not; send the same again: it is done once at most",
		}
	case errors.Is(err, context.Canceled):
		return problem.Problem{Status: statusClientClosed}
	default:
		return problem.Problem{
			Type: problem.TypeUnavailable, Status: http.StatusServiceUnavailable,
			Detail: "the database does not answer; nothing was written; try again after the time in Retry-After",
		}
	}
}
