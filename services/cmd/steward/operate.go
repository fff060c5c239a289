package main

import (
	"context"
	"fmt"
	"time"

	"twinstack.dev/services/internal/operator"
	"twinstack.dev/services/internal/steward"
)

const (
	switchWithin  = 30 * time.Second
	rebuildWithin = 2 * time.Hour
	// awsSwitchWithin is switchWithin where AWS moves the database.
	awsSwitchWithin = 10 * time.Minute
	askWithin       = 10 * time.Second
)

// withOperator reads the configuration, connects to the quorum and does something there.
func (i invocation) withOperator(within time.Duration, do func(context.Context, operator.Operator, steward.Config) error) int {
	config, err := steward.Load(i.lookup)
	if err != nil {
		fmt.Fprintln(i.stderr, err)
		return exitUsage
	}
	store, err := dialQuorum(config)
	if err != nil {
		return i.failed(err)
	}
	defer store.Close()
	if within == switchWithin && config.DatabaseKind == steward.Aurora {
		within = awsSwitchWithin
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := do(ctx, operator.Operator{Store: store}, config); err != nil {
		return i.failed(err)
	}
	return exitOK
}

func runSwitchover(i invocation) int {
	if len(i.args) != 2 || i.args[0] != "--to" {
		return i.wrongArguments("switchover --to REGION")
	}
	return i.changeWriter(i.args[1], operator.Operator.Switchover)
}

func runFailover(i invocation) int {
	if len(i.args) != 3 || i.args[0] != "--to" || i.args[2] != "--accept-loss" {
		return i.wrongArguments("failover --to REGION --accept-loss")
	}
	return i.changeWriter(i.args[1], operator.Operator.Failover)
}

func (i invocation) changeWriter(to string, change func(operator.Operator, context.Context, string) error) int {
	return i.withOperator(switchWithin, func(ctx context.Context, o operator.Operator, _ steward.Config) error {
		begin := time.Now()
		if err := change(o, ctx, to); err != nil {
			return err
		}
		fmt.Fprintf(i.stdout, "region %s is the writer (after %.1f s)\n", to, time.Since(begin).Seconds())
		return nil
	})
}

func runFailBack(i invocation) int {
	if len(i.args) != 0 {
		return i.wrongArguments("failback")
	}
	return i.withOperator(switchWithin, func(ctx context.Context, o operator.Operator, config steward.Config) error {
		if config.Preferred == "" {
			return fmt.Errorf("PREFERRED_WRITER is empty; must name a region for a fail-back; use switchover --to REGION")
		}
		if err := o.Switchover(ctx, config.Preferred); err != nil {
			return err
		}
		fmt.Fprintf(i.stdout, "region %s is the writer\n", config.Preferred)
		return nil
	})
}

func runRebuild(i invocation) int {
	if len(i.args) != 1 {
		return i.wrongArguments("rebuild REGION")
	}
	return i.withOperator(rebuildWithin, func(ctx context.Context, o operator.Operator, config steward.Config) error {
		if config.DatabaseKind == steward.Aurora {
			return fmt.Errorf("DATABASE_KIND is %q, whose copies AWS keeps; must be %q for a rebuild; remove region %s's cluster from the global cluster and add a new one",
				config.DatabaseKind, steward.MySQL, i.args[0])
		}
		if err := o.Rebuild(ctx, i.args[0]); err != nil {
			return err
		}
		fmt.Fprintf(i.stdout, "the database of region %s was cloned anew\n", i.args[0])
		return nil
	})
}

func runPause(i invocation) int  { return i.setPaused("pause", true) }
func runResume(i invocation) int { return i.setPaused("resume", false) }

func (i invocation) setPaused(name string, paused bool) int {
	if len(i.args) != 0 {
		return i.wrongArguments(name)
	}
	return i.withOperator(askWithin, func(ctx context.Context, o operator.Operator, _ steward.Config) error {
		return o.Pause(ctx, paused)
	})
}
