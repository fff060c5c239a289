package region

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/template"

	"twinstack.dev/platform/internal/layout"
)

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.*", "templates/manifests/*.yaml"))

// values is what the templates refer to.
type values struct {
	Region layout.Region
	Paths  paths
	Images Images
	// Node is the name of the region's one node.
	Node string
	// Cgroup is the parent of all pods' cgroups.
	Cgroup                         string
	CNIPlugins                     string
	Registry                       string
	Socket                         string
	VolumePlugins                  string
	APIServerPort, ProxyHealthPort uint16
	// KubernetesVersion is only known where kubeadm's configuration is rendered.
	KubernetesVersion string
}

func (c *cluster) values() values {
	return values{
		Region:          c.region,
		Paths:           c.paths,
		Images:          c.Images,
		Node:            c.region.Netns,
		Cgroup:          "/" + cgroupName(c.region),
		CNIPlugins:      c.CNIPlugins,
		Registry:        layout.Registry(),
		Socket:          containerdSocket,
		VolumePlugins:   volumePlugins,
		APIServerPort:   layout.APIServerPort,
		ProxyHealthPort: proxyHealthPort,
	}
}

// documents maps the files a region's daemons read to the templates they are made from.
func (c *cluster) documents() map[string]string {
	p := c.paths
	files := map[string]string{
		filepath.Join(p.CNI, "10-twinstack.conflist"):                "cni.conflist",
		filepath.Join(p.Registries, layout.Registry(), "hosts.toml"): "hosts.toml",
		p.ResolvConf: "resolv.conf",
	}
	for _, name := range []string{"containerd.toml", "kubelet.yaml", "kube-proxy.yaml"} {
		files[p.config(name)] = name
	}
	for _, name := range c.manifests() {
		files[filepath.Join(p.Manifests, name)] = name
	}
	return files
}

// render fills in one template.
func render(name string, v values) ([]byte, error) {
	var text bytes.Buffer
	if err := templates.ExecuteTemplate(&text, name, v); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// writeConfig writes all documents; one that has not changed is left alone.
func (c *cluster) writeConfig() error {
	for file, name := range c.documents() {
		text, err := render(name, c.values())
		if err != nil {
			return err
		}
		if err := replaceFile(file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile brings a file to a content in one step, creating its folder.
func replaceFile(name string, content []byte, mode fs.FileMode) error {
	current, err := os.ReadFile(name)
	if err == nil && bytes.Equal(current, content) {
		return os.Chmod(name, mode)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	temporary := name + ".new"
	if err := os.WriteFile(temporary, content, mode); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(temporary, name)
}
