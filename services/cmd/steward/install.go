package main

import (
	"fmt"
	"io"
	"os"
)

// runInstall copies this program, so that a container without it can run the guard.
func runInstall(i invocation) int {
	if len(i.args) != 1 {
		return i.wrongArguments("install PATH")
	}
	if err := install(i.args[0]); err != nil {
		return i.failed(fmt.Errorf("installing to %s: %w", i.args[0], err))
	}
	return exitOK
}

// install writes beside path and renames, so that nobody ever runs half a program.
func install(path string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	from, err := os.Open(self)
	if err != nil {
		return err
	}
	defer from.Close()
	const executable = 0o755
	to, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, executable)
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
