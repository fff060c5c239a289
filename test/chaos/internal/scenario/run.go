package scenario

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"time"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/record"
	"twinstack.dev/chaos/internal/stack"
	"twinstack.dev/chaos/internal/verdict"
)

const (
	settle = 3 * time.Second
	// surprise is the most that the fault comes later.
	surprise         = 3 * time.Second
	recoveredAtLast  = 25 * time.Second
	returnedAtLast   = 3 * time.Minute
	healthyWithin    = 4 * time.Minute
	undoWithin       = 3 * time.Minute
	lookEvery        = 500 * time.Millisecond
	statusEvery      = 1500 * time.Millisecond
	maxRecords       = 300_000
	accountsPrefix   = "chaos"
	accountCount     = 10
	accountsOpenWith = 1_000_000
)

// Runner runs scenarios on a stack, one at a time.
type Runner struct {
	Stack stack.Stack
	// Say tells a person what is going on.
	Say func(format string, arguments ...any)

	credentials credentials
}

// Outcome is a run that came to its end.
type Outcome struct {
	History history.History
	Verdict verdict.Verdict
	Ledger  verdict.Ledger
}

// Run does one scenario once and judges it. The raw log goes to directory. Whatever happens, the fault is taken back.
func (r *Runner) Run(ctx context.Context, scenario Scenario, seed uint64, directory string) (Outcome, error) {
	if scenario.Unfenced {
		if err := r.Stack.SetFencing(ctx, false); err != nil {
			return Outcome{}, errors.Join(err, r.fence(ctx))
		}
	}
	outcome, err := r.run(ctx, scenario, seed, directory)
	if scenario.Unfenced && err != nil {
		err = errors.Join(err, r.fence(ctx))
	}
	return outcome, err
}

// fence turns fencing on again, also after an interruption.
func (r *Runner) fence(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	return r.Stack.SetFencing(bounded, true)
}

func (r *Runner) run(ctx context.Context, scenario Scenario, seed uint64, directory string) (Outcome, error) {
	status, stage, err := r.ready(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if r.credentials, err = readCredentials(ctx, r.Stack); err != nil {
		return Outcome{}, err
	}
	log, err := history.Create(filepath.Join(directory, "log.jsonl"), maxRecords)
	if err != nil {
		return Outcome{}, err
	}
	log.Begin(status.Writer, status.Epoch)
	w, err := r.watch(log, filepath.Base(directory), seed)
	if err != nil {
		return Outcome{}, errors.Join(err, log.Close())
	}
	defer w.close()
	stop := record.Start(ctx, w.recorders...)
	err = r.play(ctx, scenario, stage, log, seed)
	stop()
	ledger := verdict.Ledger{}
	if err == nil {
		ledger, err = r.inspect(ctx, w.prefix, status.Discarded)
	}
	if err == nil {
		err = r.addEvents(ctx, log)
	}
	h := log.History()
	if err := errors.Join(err, log.Close()); err != nil {
		return Outcome{}, err
	}
	return Outcome{h, verdict.Judge(h, ledger, scenario.Expected(status.Mode)), ledger}, nil
}

// play lets the fault happen and takes it back, while the recorders run.
func (r *Runner) play(ctx context.Context, scenario Scenario, stage Stage, log *history.Log, seed uint64) error {
	act, err := scenario.Strike(ctx, stage)
	if err != nil {
		return err
	}
	err = r.strike(ctx, scenario, act, stage, log, seed)
	log.Mark(history.Heal)
	// Also after an interruption: what is cut must not stay cut.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	if act.Undo != nil {
		err = errors.Join(err, act.Undo(bounded))
	}
	if scenario.Unfenced {
		err = errors.Join(err, r.fence(bounded))
	}
	log.Mark(history.Healed)
	if err != nil {
		return err
	}
	if _, err := r.awaitHealthy(ctx); err != nil {
		// The verdict says so, and everything else that was seen.
		r.Say("  %v", err)
		return ctx.Err()
	}
	log.Mark(history.Healthy)
	return awaitClients(ctx, log, history.Heal)
}

// strike lets the fault begin, at a moment that nobody expects, and last.
func (r *Runner) strike(ctx context.Context, scenario Scenario, act Act, stage Stage, log *history.Log, seed uint64) error {
	delay := time.Duration(rand.New(rand.NewPCG(seed, 1)).Int64N(int64(surprise)))
	if err := sleep(ctx, settle+delay); err != nil {
		return err
	}
	log.Mark(history.Fault)
	err := act.Do(ctx)
	log.Mark(history.Struck)
	if err != nil {
		return err
	}
	return r.hold(ctx, scenario, stage, log)
}

// hold lets the fault last.
func (r *Runner) hold(ctx context.Context, scenario Scenario, stage Stage, log *history.Log) error {
	if err := sleep(ctx, scenario.Hold); err != nil {
		return err
	}
	switch scenario.Until {
	case Recovered:
		return awaitClients(ctx, log, history.Fault)
	case Returned:
		return await(ctx, log, returnedAtLast, func(h history.History) bool { return returned(h, stage) })
	default:
		return nil
	}
}

// awaitClients waits until clients are well since a mark, or for so long that they never will be.
func awaitClients(ctx context.Context, log *history.Log, since string) error {
	return await(ctx, log, recoveredAtLast, func(h history.History) bool {
		from, _ := h.Mark(since)
		_, well := verdict.Recovered(h.Requests, from, log.Now()-clientsSettled)
		return well
	})
}

// await looks at what has been recorded until it is enough, or for so long. What is missing then is the verdict's to say.
func await(ctx context.Context, log *history.Log, within time.Duration, enough func(history.History) bool) error {
	for begin := log.Now(); log.Now() < begin+within && !enough(log.History()); {
		if err := sleep(ctx, lookEvery); err != nil {
			return err
		}
	}
	return nil
}

// clientsSettled is how old a request is when its outcome is known for sure.
const clientsSettled = 2200 * time.Millisecond

// returned tells that the writer was somewhere else and is where it was at first.
func returned(h history.History, stage Stage) bool {
	away := false
	// The stewards' events are added at the end only; their regions' own word tells of the same promotions.
	for _, p := range verdict.Promotions(h) {
		if p.Region == stage.Writer && away {
			return true
		}
		away = away || p.Region != stage.Writer
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
