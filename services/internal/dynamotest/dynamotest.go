// Package dynamotest runs a stand-in for DynamoDB: moto, a model of AWS' services in Python. It checks conditions and keeps
// items as DynamoDB documents it, in one process. It has neither regions nor copies that agree, so it shows nothing of
// strong consistency between regions, of AWS' speed, or of its refusals under load.
//
// It is installed once into the user's cache, by pip and with the hashes of requirements.txt. Tests that need it are
// skipped where it can't be had, and say so; where CI is set they fail, since there it was to be had.
package dynamotest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// Region is what tests call theirs.
	Region = "eu-central-1"
	// Table is the one that Start makes.
	Table = "quorum"

	installWithin = 5 * time.Minute
	startWithin   = time.Minute
	lookEvery     = 50 * time.Millisecond
)

//go:embed requirements.txt
var requirements []byte

//go:embed stand_in.py
var program string

// started runs one server for the whole test process: it takes seconds to begin, and tests have items of their own.
var started = sync.OnceValues(start)

// Start returns the end point of a running stand-in with Table in it, and makes clients of this process use it.
func Start(t *testing.T) string {
	t.Helper()
	endpoint, err := started()
	if err != nil {
		unavailable(t, err)
	}
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return endpoint
}

func unavailable(t *testing.T, err error) {
	t.Helper()
	message := "no stand-in for DynamoDB: " + err.Error()
	if os.Getenv("CI") != "" {
		t.Fatal(message)
	}
	t.Skip(message)
}

func start() (string, error) {
	python, err := install()
	if err != nil {
		return "", err
	}
	address, err := freeAddress()
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(address)
	command := exec.Command(python, "-c", program, port)
	command.Stderr = os.Stderr
	// It ends with the tests, however they end.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return "", err
	}
	endpoint := "http://" + address
	return endpoint, makeTable(endpoint)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// makeTable waits for the server and makes the table as the stack declares it.
func makeTable(endpoint string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(Region), config.WithBaseEndpoint(endpoint),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	if err != nil {
		return err
	}
	for {
		_, err := dynamodb.NewFromConfig(settings).CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName:            aws.String(Table),
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("stack"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("stack"), AttributeType: types.ScalarAttributeTypeS}},
			BillingMode:          types.BillingModePayPerRequest,
		})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("moto did not answer within %s: %w", startWithin, err)
		case <-time.After(lookEvery):
		}
	}
}

// install returns a Python that has moto.
func install() (string, error) {
	cache, err := cacheDirectory()
	if err != nil {
		return "", err
	}
	key := fnv.New64a()
	_, _ = key.Write(requirements)
	made := filepath.Join(cache, "dynamotest", strconv.FormatUint(key.Sum64(), 16))
	python := filepath.Join(made, "bin", "python")
	if err := os.MkdirAll(filepath.Dir(made), 0o755); err != nil {
		return "", err
	}
	// Packages are tested side by side: whoever comes second finds it made.
	unlock, err := lock(made + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(made, "done")); err == nil && exec.Command(python, "--version").Run() == nil {
		return python, nil
	}
	if err := makeEnvironment(made, python); err != nil {
		return "", errors.Join(err, os.RemoveAll(made))
	}
	return python, os.WriteFile(filepath.Join(made, "done"), nil, 0o644)
}

func makeEnvironment(made, python string) error {
	ctx, cancel := context.WithTimeout(context.Background(), installWithin)
	defer cancel()
	if err := os.RemoveAll(made); err != nil {
		return err
	}
	if output, err := exec.CommandContext(ctx, "python3", "-m", "venv", made).CombinedOutput(); err != nil {
		return fmt.Errorf("python3 -m venv: %w: %s; it takes Python 3.11 or newer with venv and pip", err, output)
	}
	list := filepath.Join(made, "requirements.txt")
	if err := os.WriteFile(list, requirements, 0o644); err != nil {
		return err
	}
	install := exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
		"--require-hashes", "--only-binary", ":all:", "--requirement", list)
	if output, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("pip install: %w: %s", err, output)
	}
	return nil
}

// cacheDirectory is where everything fetched is kept; see platform/run.
func cacheDirectory() (string, error) {
	if cache := os.Getenv("TWINSTACK_CACHE"); cache != "" {
		return cache, nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "twinstack"), err
}

func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	// The lock goes with the file.
	return func() { _ = file.Close() }, nil
}
