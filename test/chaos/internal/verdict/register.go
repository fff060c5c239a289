package verdict

import (
	"time"

	"github.com/anishathalye/porcupine"

	"twinstack.dev/chaos/internal/history"
)

// checkWithin bounds the search for an order, which is exponential at worst.
const checkWithin = 30 * time.Second

// tenure is the state of the register: who is the writer, and since which epoch.
type tenure struct {
	region string
	epoch  int64
}

// register is 'who is the writer': a promotion writes it, with a higher epoch each time, and an accepted write to a
// region's database reads that region from it.
var register = porcupine.Model{
	Init: func() any { return tenure{} },
	Step: func(state, input, output any) (bool, any) {
		before := state.(tenure)
		if promoted, isWrite := input.(tenure); isWrite {
			return promoted.epoch > before.epoch, promoted
		}
		return before.region == output.(string), before
	},
}

// checkRegister looks for one order of promotions and accepted writes, each within its span, in which the register
// behaves. It says what is wrong if there is none.
func checkRegister(h history.History, promotions []Promotion) string {
	operations := []porcupine.Operation{{Input: tenure{h.Writer, h.Epoch}, Call: -2, Return: -1}}
	for _, p := range promotions {
		operations = append(operations, porcupine.Operation{Input: tenure{p.Region, p.Epoch}, Call: int64(p.Begin), Return: int64(p.End)})
	}
	for _, s := range accepted(h.Samples) {
		operations = append(operations, porcupine.Operation{Output: s.Region, Call: int64(s.Begin), Return: int64(s.End)})
	}
	for i := range operations {
		// None waits for another one, so each is a client of its own.
		operations[i].ClientId = i
	}
	switch porcupine.CheckOperationsTimeout(register, operations, checkWithin) {
	case porcupine.Ok:
		return ""
	case porcupine.Illegal:
		return "two writers: no order of promotions and accepted writes has one writer at a time (porcupine)"
	default:
		return "it could not be decided in time whether there is an order with one writer at a time (porcupine)"
	}
}
