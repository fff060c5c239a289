package mysqltest_test

import (
	"testing"
	"time"

	"twinstack.dev/services/internal/mysqltest"
)

func TestReplicaFollowsAndSurvivesAKill(t *testing.T) {
	source, replica := mysqltest.Start(t), mysqltest.Start(t)
	replica.Follow(source)
	source.Exec("CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY)", "INSERT INTO app.t VALUES (1)")
	replica.Kill()
	source.Exec("INSERT INTO app.t VALUES (2)")
	replica.Restart()
	var count int
	for deadline := time.Now().Add(20 * time.Second); count != 2 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		// The table may not be there yet.
		_ = replica.Root().QueryRow("SELECT COUNT(*) FROM app.t").Scan(&count)
	}
	if count != 2 {
		t.Errorf("the replica has %d rows, want 2", count)
	}
}
