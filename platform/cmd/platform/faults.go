package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/stand"
	"twinstack.dev/platform/internal/wan"
)

// wanDaemon is the process that joins the regions; `up` runs it.
func wanDaemon() *cobra.Command {
	return &cobra.Command{
		Use: wan.Command + " <socket>", Short: "Join the regions, as a daemon", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(command *cobra.Command, arguments []string) error {
			return wan.Serve(command.Context(), wan.NewFabric(), arguments[0])
		},
	}
}

func link() *cobra.Command {
	command := &cobra.Command{
		Use:   "link [region region]",
		Short: "Show the links between regions, or change one",
		Long: `Show the links between regions, or change one.

A link has two directions, and what is set holds for both unless --one-way is given. What isn't given stays as it is.
All links are perfect when the platform comes up; nothing that was set here survives 'down', and 'up' heals it.`,
		Example: `  platform/run link                                          # all links
  platform/run link a b --delay 20ms --jitter 5ms --loss 1%   # a round trip takes 40 ms longer
  platform/run link a b --cut --one-way                       # nothing from a reaches b any more
  platform/run link a b --cut=false                           # not cut any more, still slow
  platform/run link a b --heal                                # perfect
  platform/run link --heal                                    # all perfect`,
		Args: twoRegionsOrNone,
	}
	var settings wan.Settings
	flags := command.Flags()
	flags.StringVar(&settings.Delay, "delay", "", "`time` that is added to each packet, such as 20ms")
	flags.StringVar(&settings.Jitter, "jitter", "", "`time` by which the delay can be longer or shorter, such as 5ms")
	flags.StringVar(&settings.Loss, "loss", "", "`share` of packets that are lost, such as 1%")
	flags.StringVar(&settings.Cut, "cut", "", "lose all packets")
	flags.Lookup("cut").NoOptDefVal = "true"
	oneWay := flags.Bool("one-way", false, "only from the first region to the second")
	flags.BoolVar(&settings.Heal, "heal", false, "make the link perfect, or without regions all of them")
	command.RunE = func(command *cobra.Command, regions []string) error {
		change, given, err := settings.Change()
		if err != nil {
			return err
		}
		s, err := newStand()
		if err != nil {
			return err
		}
		switch {
		case len(regions) > 0 && given:
			return s.SetLink(command.Context(), regions, *oneWay, change, os.Stdout)
		case *oneWay || given && !settings.Heal:
			return errors.New("link has settings but no regions; must name two regions to change their link, " +
				"such as: platform/run link a b --cut --one-way")
		case given:
			return s.HealLinks(command.Context())
		default:
			return s.Links(command.Context(), regions, os.Stdout)
		}
	}
	return command
}

func twoRegionsOrNone(_ *cobra.Command, regions []string) error {
	if len(regions) == 0 || len(regions) == 2 && regions[0] != regions[1] {
		return nil
	}
	return fmt.Errorf("link has the regions %q; must be two different ones, such as a b, or none", strings.Join(regions, " "))
}

func clients() *cobra.Command {
	command := &cobra.Command{
		Use:   "clients <region>",
		Short: "Cut a region off from clients, or heal that",
		Long: fmt.Sprintf(`Cut a region off from clients, or heal that.

What the region answers to clients, which have addresses of %s, gets lost. kubectl, the image registry and the
other regions still reach it, and it them. 'up' heals it.`, layout.ClientPrefix),
		Args: oneRegion,
	}
	cut := command.Flags().Bool("cut", false, "lose the answers")
	heal := command.Flags().Bool("heal", false, "lose them no longer")
	command.RunE = func(_ *cobra.Command, regions []string) error {
		if *cut == *heal {
			return errors.New("clients has to know what to do; must have either --cut or --heal")
		}
		s, err := newStand()
		if err != nil {
			return err
		}
		return s.CutClients(regions[0], *cut)
	}
	return command
}

func kill() *cobra.Command {
	return &cobra.Command{
		Use:   "kill <region>",
		Short: "Take the power from a region",
		Long: `Take the power from a region.

It falls silent, and then all of its processes are killed at once: containers, Kubernetes and its etcd. What they
wrote to files stays, also what a disk would not have got yet: the machine below goes on.`,
		Args: oneRegion,
		RunE: func(command *cobra.Command, regions []string) error {
			return locked(func(s *stand.Stand) error { return s.Kill(command.Context(), regions[0]) })
		},
	}
}

func start() *cobra.Command {
	return &cobra.Command{
		Use: "start <region>", Short: "Switch a region on again that was killed", Args: oneRegion,
		RunE: func(command *cobra.Command, regions []string) error {
			return locked(func(s *stand.Stand) error { return s.Start(command.Context(), regions[0]) })
		},
	}
}

func oneRegion(command *cobra.Command, regions []string) error {
	if len(regions) == 1 {
		return nil
	}
	return fmt.Errorf("%s has %d regions; must be one, such as: platform/run %s a", command.Name(), len(regions), command.Name())
}
