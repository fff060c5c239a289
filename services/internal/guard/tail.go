package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"twinstack.dev/services/internal/mysql"
)

// tailRecord is the file tail.json beside saved binary logs. It is written last: a folder without it isn't whole.
type tailRecord struct {
	Member       string        `json:"member"`
	GTIDs        mysql.GTIDSet `json:"gtids"`
	Transactions uint64        `json:"transactions"`
	Files        []string      `json:"files"`
	Bytes        int64         `json:"bytes"`
}

const tailFile = "tail.json"

// binaryLog is one finished file and the transactions in it.
type binaryLog struct {
	name string
	held mysql.GTIDSet
}

// saveTail keeps the binary logs that hold set, for people, outside of the data directory: a clone will wipe that. The
// folder's name follows from the set, so that saving the same again finds it done.
func (g *Guard) saveTail(ctx context.Context, l *local, set mysql.GTIDSet) (path string, record tailRecord, err error) {
	name := sha256.Sum256([]byte(set.String()))
	path = filepath.Join(filepath.Dir(g.settings.DataDirectory), "discarded", hex.EncodeToString(name[:8]))
	if text, err := os.ReadFile(filepath.Join(path, tailFile)); err == nil {
		return path, record, json.Unmarshal(text, &record)
	}
	record = tailRecord{Member: g.settings.Member, GTIDs: set, Transactions: set.Count()}
	base, logs, err := l.binaryLogs(ctx)
	if err != nil {
		return path, record, err
	}
	if err := os.MkdirAll(path, 0o750); err != nil {
		return path, record, err
	}
	found := mysql.GTIDSet{}
	for _, log := range logs {
		if log.held.Intersect(set).IsEmpty() {
			continue
		}
		found = found.Union(log.held)
		size, err := keep(filepath.Join(base, log.name), filepath.Join(path, log.name))
		if err != nil {
			return path, record, err
		}
		record.Files, record.Bytes = append(record.Files, log.name), record.Bytes+size
	}
	if missing := set.Subtract(found); !missing.IsEmpty() {
		return path, record, fmt.Errorf("binary logs don't hold %s; they are purged, or were never here", missing)
	}
	return path, record, record.write(path)
}

// keep gives a finished file a second name, which needs no space: the disk may be full.
func keep(from, to string) (int64, error) {
	if err := os.Link(from, to); err != nil && !errors.Is(err, os.ErrExist) {
		return 0, err
	}
	info, err := os.Stat(to)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (r tailRecord) write(directory string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	making := filepath.Join(directory, tailFile+".making")
	if err := os.WriteFile(making, append(text, '\n'), 0o640); err != nil {
		return err
	}
	if err := os.Rename(making, filepath.Join(directory, tailFile)); err != nil {
		return err
	}
	return syncDirectory(directory)
}

// binaryLogs returns where the finished binary logs are, and what each holds: the difference between what came before
// it and what came before the next.
func (l *local) binaryLogs(ctx context.Context) (directory string, logs []binaryLog, err error) {
	if _, err := l.pool.ExecContext(ctx, "FLUSH LOCAL BINARY LOGS"); err != nil {
		return "", nil, err
	}
	var base string
	if err := l.pool.QueryRowContext(ctx, "SELECT @@GLOBAL.log_bin_basename").Scan(&base); err != nil {
		return "", nil, err
	}
	names, err := l.binaryLogNames(ctx)
	if err != nil {
		return "", nil, err
	}
	for i, name := range names {
		before, err := l.executedBefore(ctx, name)
		if err != nil {
			return "", nil, err
		}
		if i > 0 {
			logs[i-1].held = before.Subtract(logs[i-1].held)
		}
		logs = append(logs, binaryLog{name, before})
	}
	// The last one is the new, empty one.
	return filepath.Dir(base), logs[:len(logs)-1], nil
}

func (l *local) binaryLogNames(ctx context.Context) ([]string, error) {
	rows, err := l.pool.QueryContext(ctx, "SHOW BINARY LOGS")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, encrypted string
		var size int64
		if err := rows.Scan(&name, &size, &encrypted); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// executedBefore reads the event near a binary log's beginning that tells what is in the logs before it.
func (l *local) executedBefore(ctx context.Context, name string) (set mysql.GTIDSet, err error) {
	rows, err := l.pool.QueryContext(ctx, "SHOW BINLOG EVENTS IN ? LIMIT 2", name)
	if err != nil {
		return set, err
	}
	defer rows.Close()
	for rows.Next() {
		var file, kind, info string
		var from, server, to int64
		if err := rows.Scan(&file, &from, &kind, &server, &to, &info); err != nil {
			return set, err
		}
		if kind == "Previous_gtids" {
			return mysql.ParseGTIDSet(info)
		}
	}
	return set, errors.Join(rows.Err(), fmt.Errorf("%s doesn't tell what came before it", name))
}
