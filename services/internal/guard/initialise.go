package guard

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

const rootAccount = "root"

// initialise fills an empty data directory: mysqld's own tables and the accounts. All of that happens in a folder beside
// it, which gets its name when it is whole. What an interruption left is thrown away.
func (g *Guard) initialise(ctx context.Context) error {
	data := g.settings.DataDirectory
	entries, err := os.ReadDir(data)
	if err := ignoreMissing(err); err != nil {
		return err
	}
	if len(entries) > 0 {
		return nil
	}
	making := data + ".making"
	if err := os.RemoveAll(making); err != nil {
		return err
	}
	g.log.Info("making a new data directory", "path", data)
	if err := g.make(ctx, making); err != nil {
		return err
	}
	if err := g.furnish(ctx, making); err != nil {
		return err
	}
	if err := os.Rename(making, data); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(data))
}

// make has mysqld fill the folder.
func (g *Guard) make(ctx context.Context, making string) error {
	p, err := startProcess(g.settings.making(making), g.children)
	if err != nil {
		return err
	}
	return p.await(ctx, "mysqld --initialize-insecure")
}

// furnish makes the accounts, in a mysqld that nobody else reaches.
func (g *Guard) furnish(ctx context.Context, making string) error {
	p, err := g.startMysqld(g.settings.furnishing(making))
	if err != nil {
		return err
	}
	root, err := openSocket(g.settings.SocketFile, rootAccount)
	if err == nil {
		err = awaitAnswer(ctx, p, root)
	}
	if err == nil {
		err = g.settings.makeAccounts(ctx, root)
	}
	if root != nil {
		_ = root.Close()
	}
	if err != nil {
		p.kill()
		return fmt.Errorf("making accounts: %w", err)
	}
	p.terminate()
	return p.await(ctx, "mysqld that made accounts")
}

// syncDirectory makes names in a folder last.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	defer directory.Close()
	return directory.Sync()
}
