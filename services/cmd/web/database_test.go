package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"twinstack.dev/services/internal/mysqltest"
	"twinstack.dev/services/internal/nettest"
)

// twoSides is a writer and its replica, with what web needs to know of them in the environment.
func twoSides(t *testing.T) (writer, reader *mysqltest.Server, environment []string) {
	t.Helper()
	writer, reader = mysqltest.Start(t), mysqltest.Start(t)
	reader.Follow(writer)
	reader.Exec("SET GLOBAL super_read_only = ON")
	writer.Exec("CREATE DATABASE app", "CREATE USER app IDENTIFIED BY 'secret'", "GRANT ALL ON app.* TO app")
	username, password := filepath.Join(t.TempDir(), "username"), filepath.Join(t.TempDir(), "password")
	for path, content := range map[string]string{username: "app", password: "secret"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return writer, reader, []string{
		"DATABASE_WRITER=" + writer.Address, "DATABASE_READER=" + reader.Address, "DATABASE_CA_FILE=" + writer.CAFile,
		"DATABASE_USERNAME_FILE=" + username, "DATABASE_PASSWORD_FILE=" + password,
		"DATABASE_COOL_DOWN_MILLISECONDS=100", "DRAIN_SECONDS=0",
		// Generous: this test shares its machine.
		"REQUEST_SECONDS=30", "DATABASE_TIMEOUT_MILLISECONDS=10000", "DATABASE_READ_WAIT_MILLISECONDS=5000",
	}
}

func migrateWith(environment ...string) (code int, output string) {
	command := exec.Command(os.Args[0], "migrate")
	command.Env = append(append(os.Environ(), asWeb+"=1"), environment...)
	text, _ := command.CombinedOutput()
	return command.ProcessState.ExitCode(), string(text)
}

// ask sends a request and returns the answer with its body's fields.
func (w *web) ask(method, path, body, token string) (*http.Response, map[string]any) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Write-Token", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var fields map[string]any
	if err := json.NewDecoder(response.Body).Decode(&fields); err != nil {
		w.t.Fatal(err)
	}
	return response, fields
}

// write must succeed; it returns the token.
func (w *web) write(path, body string) string {
	w.t.Helper()
	response, fields := w.ask("POST", path, body, "")
	if response.StatusCode/100 != 2 {
		w.t.Fatalf("POST %s: %d %v", path, response.StatusCode, fields)
	}
	return response.Header.Get("X-Write-Token")
}

func (w *web) expectMetrics(lines ...string) {
	w.t.Helper()
	response, err := http.Get(w.url + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, line := range lines {
		if !strings.Contains(string(text), line+"\n") {
			w.t.Errorf("metrics lack %s", line)
		}
	}
}

func TestLedgerLosesItsWriter(t *testing.T) {
	writer, _, environment := twoSides(t)
	if code, output := migrateWith(environment...); code != 0 || !strings.Contains(output, `"msg":"migrated","version":2`) {
		t.Fatalf("migrate: %d %s", code, output)
	}
	w := startWeb(t, environment...)
	defer http.DefaultClient.CloseIdleConnections()
	w.write("/v1/accounts", `{"name":"alice","balance":100}`)
	w.write("/v1/accounts", `{"name":"bob","balance":0}`)
	const transfer = `{"id":"t-1","from":"alice","to":"bob","amount":40}`
	token := w.write("/v1/transfers", transfer)
	expectTransfer := func() {
		t.Helper()
		response, fields := w.ask("GET", "/v1/transfers/t-1", "", token)
		if response.StatusCode != 200 || response.Header.Get("X-Database") != "reader" || fields["amount"] != 40.0 {
			t.Errorf("%d %v %v", response.StatusCode, response.Header, fields)
		}
	}
	expectTransfer()
	w.eventually("ready", func() bool { return w.readyStatus() == "ready" })

	writer.Kill()
	response, fields := w.ask("POST", "/v1/transfers", `{"id":"t-2","from":"bob","to":"alice","amount":1}`, "")
	if response.StatusCode != 503 || response.Header.Get("Retry-After") != "1" || fields["type"] != "tag:twinstack.dev,2026:database-unavailable" {
		t.Errorf("without a writer: %d %v %v", response.StatusCode, response.Header, fields)
	}
	expectTransfer()
	w.eventually("degraded", func() bool { return w.readyStatus() == "degraded" })
	if code, output := migrateWith(environment...); code != 0 || !strings.Contains(output, `"msg":"nothing to migrate"`) {
		t.Errorf("migrate without a writer: %d %s", code, output)
	}

	writer.Restart()
	w.eventually("ready", func() bool { return w.readyStatus() == "ready" })
	w.write("/v1/transfers", transfer)
	if _, fields := w.ask("GET", "/v1/accounts", "", "writer"); fields["total"] != 100.0 || fields["count"] != 2.0 {
		t.Errorf("after all: %v", fields)
	}
	w.expectMetrics(`ledger_writes_total{outcome="new"} 3`, `ledger_writes_total{outcome="repeated"} 1`, `ledger_writes_total{outcome="failed"} 1`,
		`ledger_reads_total{database="reader"} 2`, `go_sql_max_open_connections{db_name="database-writer"} 8`,
		`go_sql_max_open_connections{db_name="database-reader"} 8`, `breaker_state{dependency="database-writer",state="closed"} 1`)
	w.signal()
	if code := w.end(); code != 0 || strings.Contains(w.log.String(), "secret") {
		t.Errorf("exit code %d; log:\n%s", code, w.log)
	}
}

func TestMigrateThatCannotWork(t *testing.T) {
	const want = `DATABASE_WRITER is \"\"; must be host:port for web migrate; set it to e.g. database-writer:3306`
	if code, output := migrateWith(); code != 1 || !strings.Contains(output, want) {
		t.Errorf("%d %s", code, output)
	}
	files := t.TempDir() + "/none"
	if code, output := migrateWith("DATABASE_WRITER="+nettest.FreeAddress(t), "DATABASE_USERNAME_FILE="+files); code != 1 ||
		!strings.Contains(output, files+": no such file or directory") {
		t.Errorf("%d %s", code, output)
	}
}
