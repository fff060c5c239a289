package ledger

import (
	"regexp"

	"twinstack.dev/services/internal/fields"
	"twinstack.dev/services/internal/problem"
)

// Limits of what is asked for. They keep every balance far from where a number of JSON loses digits (2^53).
const (
	MaxAmount  = 1_000_000_000
	MaxOpening = 1_000_000_000_000
)

const nameRule = "1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first"

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// IsName tells whether text can be an account's name or a transfer's id.
func IsName(text string) bool { return namePattern.MatchString(text) }

// DecodeTransfer reads a transfer from a JSON body, or tells everything that is wrong with it.
func DecodeTransfer(body []byte) (Transfer, []problem.FieldError) {
	o := fields.Parse(body, `{"id":"t-1","from":"alice","to":"bob","amount":5}`)
	transfer := Transfer{
		ID:     o.String("id", namePattern, nameRule, "t-1"),
		From:   o.String("from", namePattern, nameRule, "alice"),
		To:     o.String("to", namePattern, nameRule, "bob"),
		Amount: o.Integer("amount", 1, MaxAmount, 5),
	}
	if transfer.From == transfer.To && IsName(transfer.To) {
		o.Refuse("to", "is "+transfer.To+`; must be another account than from; send e.g. "bob"`)
	}
	return transfer, o.Problems()
}

// DecodeAccount reads a new account from a JSON body, or tells everything that is wrong with it.
func DecodeAccount(body []byte) (Account, []problem.FieldError) {
	o := fields.Parse(body, `{"name":"alice","balance":100}`)
	account := Account{
		Name:    o.String("name", namePattern, nameRule, "alice"),
		Balance: o.Integer("balance", 0, MaxOpening, 100),
	}
	return account, o.Problems()
}
