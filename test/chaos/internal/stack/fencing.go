package stack

import "context"

// SetFencing restarts the stewards with their fencing off, or on again as it was declared. It waits until they run.
func (s Stack) SetFencing(ctx context.Context, on bool) error {
	setting := "FENCING=off"
	if on {
		setting = "FENCING-"
	}
	for _, region := range s.Regions {
		if _, err := s.Kubectl(ctx, region.Name, "set", "env", "deployment/steward", setting); err != nil {
			return err
		}
	}
	for _, region := range s.Regions {
		if _, err := s.Kubectl(ctx, region.Name, "rollout", "status", "deployment/steward"); err != nil {
			return err
		}
	}
	return nil
}
