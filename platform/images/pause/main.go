// Command pause does nothing until it is asked to end. Kubernetes runs one per pod to hold the pod's namespaces.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// As the first process of a pod with a shared process namespace it inherits orphans: ignoring SIGCHLD reaps them.
	signal.Ignore(syscall.SIGCHLD)
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	<-end
}
