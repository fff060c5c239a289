package guard

import (
	"errors"
	"os"
	"path/filepath"
)

const (
	// cloneReady is there when mysqld is about to put a finished clone in the place of its data.
	cloneReady = "#clone/#replace_files"
	// identityFile holds mysqld's server UUID.
	identityFile = "auto.cnf"
)

// renewIdentity gives a mysqld that starts with a clone a new server UUID. mysqld itself keeps the old one: it would then
// number new transactions like those that the clone has thrown away, and whoever asks for one of those would be told that
// it is there.
func renewIdentity(data string) error {
	if _, err := os.Stat(filepath.Join(data, cloneReady)); err != nil {
		return ignoreMissing(err)
	}
	return ignoreMissing(os.Remove(filepath.Join(data, identityFile)))
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
