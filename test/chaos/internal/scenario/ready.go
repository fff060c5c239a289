package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"twinstack.dev/chaos/internal/stack"
)

const accountPatience = 5 * time.Second

// ready brings the stack to where every run begins: nothing cut, everything healthy, the preferred region the writer, and
// the accounts of the bank open.
func (r *Runner) ready(ctx context.Context) (stack.Status, Stage, error) {
	if err := r.Repair(ctx); err != nil {
		return stack.Status{}, Stage{}, err
	}
	status, err := r.awaitHealthy(ctx)
	if err != nil {
		return stack.Status{}, Stage{}, err
	}
	if err := r.failBack(ctx, status.Writer); err != nil {
		return status, Stage{}, err
	}
	if status, err = r.awaitHealthy(ctx); err != nil {
		return status, Stage{}, err
	}
	if err := r.openAccounts(ctx); err != nil {
		return status, Stage{}, err
	}
	return status, Stage{Stack: r.Stack, Writer: status.Writer, Other: r.Stack.Other(status.Writer)}, nil
}

// failBack makes the preferred region the writer. It is refused while that region has just come back and is still behind.
func (r *Runner) failBack(ctx context.Context, writer string) error {
	return eventually(ctx, func() error {
		_, err := r.Stack.Steward(ctx, writer, "failback")
		return err
	})
}

// eventually tries until it succeeds, for as long as a stack may take to be healthy. It returns the last error.
func eventually(ctx context.Context, try func() error) error {
	deadline := time.Now().Add(healthyWithin)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		if err := sleep(ctx, statusEvery); err != nil {
			return err
		}
	}
}

// Repair takes back what a run that was killed may have left.
func (r *Runner) Repair(ctx context.Context) error {
	if err := r.Stack.HealLinks(ctx); err != nil {
		return err
	}
	for _, region := range r.Stack.Regions {
		if err := r.Stack.CutClients(ctx, region.Name, false); err != nil {
			return err
		}
	}
	return nil
}

// awaitHealthy waits until the stewards have nothing to complain about.
func (r *Runner) awaitHealthy(ctx context.Context) (stack.Status, error) {
	var status stack.Status
	err := eventually(ctx, func() (err error) {
		if status, err = r.Stack.Status(ctx); err != nil {
			return err
		}
		if wrong := status.Unhealthy(); wrong != "" {
			return errors.New(wrong)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("not healthy within %s: %w", healthyWithin, err)
	}
	return status, err
}

func accounts() []string {
	names := make([]string, accountCount)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", accountsPrefix, i)
	}
	return names
}

// openAccounts opens those that are not open yet. It goes to each region in turn, since one may be just coming back.
func (r *Runner) openAccounts(ctx context.Context) error {
	client := &http.Client{Timeout: accountPatience}
	for i, name := range accounts() {
		region := r.Stack.Regions[i%len(r.Stack.Regions)]
		body := fmt.Sprintf(`{"name":%q,"balance":%d}`, name, accountsOpenWith)
		url := "http://" + region.Address + ":" + strconv.Itoa(r.Stack.Port) + "/v1/accounts"
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		if err := response.Body.Close(); err != nil {
			return err
		}
		if response.StatusCode != http.StatusCreated && response.StatusCode != http.StatusOK {
			return fmt.Errorf("opening account %s in region %s: answered %s", name, region.Name, response.Status)
		}
	}
	return nil
}
