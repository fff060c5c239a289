package main

import (
	"github.com/spf13/cobra"

	"twinstack.dev/platform/internal/storage/provisioner"
)

// storage is hidden: `up` starts it, in the region's namespaces.
func storage() *cobra.Command {
	var o provisioner.Options
	command := &cobra.Command{
		Use: "storage", Short: "Serve the volumes of a region", Hidden: true, Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return provisioner.Run(command.Context(), o) },
	}
	flags := command.Flags()
	flags.StringVar(&o.Volumes, "volumes", "", "the folder of the volumes")
	flags.StringVar(&o.Kubeconfig, "kubeconfig", "", "the credentials for the region's API server")
	flags.StringVar(&o.Listen, "listen", "", "the host:port of the health page")
	for _, name := range []string{"volumes", "kubeconfig", "listen"} {
		if err := command.MarkFlagRequired(name); err != nil {
			panic(err)
		}
	}
	return command
}
