package scenario

import (
	"slices"
	"time"

	"twinstack.dev/chaos/internal/stack"
	"twinstack.dev/chaos/internal/verdict"
)

// What MISSION.md promises.
const (
	clientsWithin = 15 * time.Second
	writerWithin  = 10 * time.Second
	pauseWithin   = 3 * time.Second
	// fencedAfter is a lease, and a second for the writes under way.
	fencedAfter = 6 * time.Second
	// withdrawn is when a region that lives but can't reach the writer is out of DNS, and its member out of a group.
	withdrawn = 20 * time.Second
)

// What is promised when something breaks, and when somebody moves the writer by plan.
var (
	recovers = verdict.Expected{ClientsWithin: clientsWithin, WriterWithin: writerWithin}
	planned  = verdict.Expected{PauseWithin: pauseWithin}
	nobody   = verdict.Expected{NobodyAfter: fencedAfter}
)

// Until says when a fault has lasted long enough.
type Until int

const (
	// Recovered is when clients are well again, but no sooner than Scenario.Hold and no later than recoveredAtLast.
	Recovered Until = iota
	// Held is after Scenario.Hold.
	Held
	// Returned is when the writer is where it was.
	Returned
)

// Scenario is something that happens to the stack.
type Scenario struct {
	Name, Story string
	// Strike is the fault. Healing is taking it back.
	Strike Step
	Hold   time.Duration
	Until  Until
	Expect verdict.Expected
	// Modes in which it makes sense; none for all.
	Modes []string
	// Unfenced runs it with the stewards' fencing off.
	Unfenced bool
	// NotRun says why it can't be run, and what holds in its place.
	NotRun string
}

// Table lists all scenarios in the order in which they are run.
var Table = []Scenario{
	{
		Name: "writer-killed", Story: "SIGKILL to the writer's mysqld",
		Strike: kill(database, writer), Hold: 4 * time.Second, Expect: recovers,
	},
	{
		Name: "guard-killed", Story: "SIGKILL to the guard of the writer's database, whose container ends with it",
		Strike: kill(guard, writer), Hold: 4 * time.Second, Expect: recovers,
	},
	{
		Name: "region-killed", Story: "the writer's region loses its power",
		Strike: powerOff(writer), Hold: 8 * time.Second, Expect: recovers,
	},
	{
		Name: "region-cut", Story: "the writer's region is cut off from the other, the witness and clients",
		Strike: together(cutClients(writer), isolate(writer, other, witness)), Hold: 10 * time.Second, Expect: recovers,
	},
	{
		Name: "region-cut-clients-stay", Story: "the writer's region is cut off from the other and the witness, not from clients",
		Strike: isolate(writer, other, witness), Hold: 10 * time.Second, Expect: recovers,
	},
	{
		Name: "regions-cut", Story: "the regions are cut off from each other; both see the witness",
		Strike: cut(writer, other), Hold: withdrawn, Expect: recovers,
	},
	{
		Name: "one-way-cut", Story: "nothing from the writer's region reaches the other, but the other way round it does",
		Strike: oneWay(writer, other), Hold: withdrawn, Expect: recovers,
	},
	{
		Name: "witness-lost", Story: "the witness loses its power",
		Strike: powerOff(witness), Hold: 8 * time.Second, Expect: recovers,
	},
	{
		Name: "quorum-lost", Story: "the witness and the other region lose their power: nobody may write",
		Strike: oneByOne(powerOff(witness), powerOff(other)), Hold: 12 * time.Second, Until: Held, Expect: nobody,
	},
	{
		Name: "slow-link", Story: "100 ms ± 20 ms each way between the regions, and 1 % of packets lost",
		Strike: slow(writer, other, 100*time.Millisecond, 20*time.Millisecond, 0.01), Hold: 12 * time.Second, Until: Held,
		Expect: verdict.Expected{WriterWithin: writerWithin},
	},
	{
		Name: "disk-full", Story: "the volume of the writer's database is full",
		Strike: fillVolume(writer), Hold: 8 * time.Second, Expect: recovers,
	},
	{
		Name: "steward-killed", Story: "SIGKILL to the steward of the writer's region",
		Strike: kill(steward, writer), Hold: 8 * time.Second, Expect: recovers,
	},
	{
		Name: "steward-hung", Story: "SIGSTOP to the steward of the writer's region",
		Strike: hang(steward, writer), Hold: 10 * time.Second, Expect: recovers,
	},
	{
		Name: "voter-killed", Story: "SIGKILL to the voter of the writer's region",
		Strike: kill(voter, writer), Hold: 6 * time.Second, Expect: recovers,
	},
	{
		Name: "clock-step", Story: "the clock of one region is stepped by 30 s",
		NotRun: "the sites share one kernel: CLOCK_REALTIME is the machine's, and time namespaces shift only the other clocks. " +
			"No decision reads a wall clock; leases are counted on monotonic ones (services/internal/lease and its tests)",
	},
	{
		Name: "switchover", Story: "an operator makes the other region the writer",
		Strike: switchOver(other), Hold: 4 * time.Second, Expect: planned,
	},
	{
		Name: "fail-back", Story: "after a switchover the preferred region becomes the writer again by itself",
		Strike: switchOver(other), Until: Returned, Expect: planned,
	},
	{
		Name: "both-down-up", Story: "both serving regions lose their power and get it back",
		Strike: oneByOne(powerOff(writer), powerOff(other)), Hold: 8 * time.Second, Until: Held, Expect: nobody,
	},
	{
		Name: "fencing-off", Story: "region-cut-clients-stay without fencing: two writers must be found",
		Strike: isolate(writer, other, witness), Hold: 15 * time.Second, Until: Held, Modes: []string{stack.Async}, Unfenced: true,
		Expect: verdict.Expected{TwoWriters: true},
	},
}

// Find returns the scenario of that name.
func Find(name string) (Scenario, bool) {
	i := slices.IndexFunc(Table, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		return Scenario{}, false
	}
	return Table[i], true
}

// Refusal says why a scenario can't be run in a mode; nothing if it can.
func (s Scenario) Refusal(mode string) string {
	if s.NotRun != "" {
		return s.NotRun
	}
	if len(s.Modes) > 0 && !slices.Contains(s.Modes, mode) {
		return "makes sense only in mode " + s.Modes[0]
	}
	return ""
}

// Expected is what the scenario promises in a mode.
func (s Scenario) Expected(mode string) verdict.Expected {
	expected := s.Expect
	expected.LossAllowed = mode == stack.Async
	return expected
}
