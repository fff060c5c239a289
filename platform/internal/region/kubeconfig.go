package region

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// kubeconfig is a file of clusters, users and contexts. What is in them is passed on as it is.
type kubeconfig struct {
	APIVersion     string         `json:"apiVersion"`
	Kind           string         `json:"kind"`
	CurrentContext string         `json:"current-context"`
	Clusters       []namedCluster `json:"clusters"`
	Users          []namedUser    `json:"users"`
	Contexts       []namedContext `json:"contexts"`
}

type namedCluster struct {
	Name    string         `json:"name"`
	Cluster map[string]any `json:"cluster"`
}

type namedUser struct {
	Name string         `json:"name"`
	User map[string]any `json:"user"`
}

type namedContext struct {
	Name    string         `json:"name"`
	Context map[string]any `json:"context"`
}

// readKubeconfig reads a file; one that doesn't exist is one without contexts.
func readKubeconfig(name string) (kubeconfig, error) {
	config := kubeconfig{APIVersion: "v1", Kind: "Config"}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return config, nil
	}
	if err != nil {
		return config, err
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return config, fmt.Errorf("kubeconfig %s: %w", name, err)
	}
	return config, nil
}

// write replaces the file, which only its owner may read.
func (k kubeconfig) write(name string) error {
	text, err := yaml.Marshal(k)
	if err != nil {
		return err
	}
	return replaceFile(name, text, 0o600)
}

// with adds the one cluster and user of another file under a name, in place of what had that name.
func (k kubeconfig) with(name string, other kubeconfig) (kubeconfig, error) {
	if len(other.Clusters) != 1 || len(other.Users) != 1 {
		return k, fmt.Errorf("credentials of %s have %d clusters and %d users; must have one of each",
			name, len(other.Clusters), len(other.Users))
	}
	merged := k.without(name)
	merged.Clusters = append(merged.Clusters, namedCluster{name, other.Clusters[0].Cluster})
	merged.Users = append(merged.Users, namedUser{name, other.Users[0].User})
	merged.Contexts = append(merged.Contexts, namedContext{name, map[string]any{"cluster": name, "user": name}})
	if k.CurrentContext == "" || k.CurrentContext == name {
		merged.CurrentContext = name
	}
	return merged.sorted(), nil
}

// without leaves out what has a name.
func (k kubeconfig) without(name string) kubeconfig {
	k.Clusters = slices.DeleteFunc(slices.Clone(k.Clusters), func(c namedCluster) bool { return c.Name == name })
	k.Users = slices.DeleteFunc(slices.Clone(k.Users), func(u namedUser) bool { return u.Name == name })
	k.Contexts = slices.DeleteFunc(slices.Clone(k.Contexts), func(c namedContext) bool { return c.Name == name })
	if k.CurrentContext == name {
		k.CurrentContext = ""
		if len(k.Contexts) > 0 {
			k.CurrentContext = k.Contexts[0].Name
		}
	}
	return k
}

// sorted orders everything by name, so that the order in which regions came up doesn't show.
func (k kubeconfig) sorted() kubeconfig {
	slices.SortFunc(k.Clusters, func(a, b namedCluster) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(k.Users, func(a, b namedUser) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(k.Contexts, func(a, b namedContext) int { return strings.Compare(a.Name, b.Name) })
	return k
}

// decoded decodes one of the base64 fields of a cluster or a user.
func decoded(fields map[string]any, name string) ([]byte, error) {
	text, isText := fields[name].(string)
	if !isText || text == "" {
		return nil, fmt.Errorf("%s is missing", name)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
