package provisioner

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	storageapi "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
	"sigs.k8s.io/yaml"

	"twinstack.dev/platform/internal/storage"
)

// The class that regions declare has to lead here, and to say when a volume's node is known.
func TestRegionsClass(t *testing.T) {
	text, err := os.ReadFile("../../region/templates/manifests/storage.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var class storageapi.StorageClass
	if err := yaml.UnmarshalStrict(text, &class); err != nil {
		t.Fatal(err)
	}
	if class.Provisioner != Name || *class.VolumeBindingMode != storageapi.VolumeBindingWaitForFirstConsumer || *class.AllowVolumeExpansion {
		t.Errorf("got %+v", class)
	}
}

func good() controller.ProvisionOptions {
	reclaim := core.PersistentVolumeReclaimDelete
	return controller.ProvisionOptions{
		StorageClass: &storageapi.StorageClass{ObjectMeta: meta.ObjectMeta{Name: "twinstack-local"}, ReclaimPolicy: &reclaim},
		PVName:       "pvc-1", SelectedNodeName: "twinstack-b",
		PVC: &core.PersistentVolumeClaim{Spec: core.PersistentVolumeClaimSpec{
			AccessModes: []core.PersistentVolumeAccessMode{core.ReadWriteOnce},
			Resources:   core.VolumeResourceRequirements{Requests: core.ResourceList{core.ResourceStorage: resource.MustParse("1Gi")}},
		}},
	}
}

func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*controller.ProvisionOptions)
		want   string
	}{
		"good": {func(*controller.ProvisionOptions) {}, ""},
		"one pod": {func(o *controller.ProvisionOptions) {
			o.PVC.Spec.AccessModes = []core.PersistentVolumeAccessMode{core.ReadWriteOncePod}
		}, ""},
		"many nodes": {func(o *controller.ProvisionOptions) {
			o.PVC.Spec.AccessModes = append(o.PVC.Spec.AccessModes, core.ReadWriteMany)
		}, "spec.accessModes has ReadWriteMany; must be ReadWriteOnce or ReadWriteOncePod, because a volume is a file on one node"},
		"tiny": {func(o *controller.ProvisionOptions) {
			o.PVC.Spec.Resources.Requests[core.ResourceStorage] = resource.MustParse("1Mi")
		}, "spec.resources.requests.storage is 1Mi; must be at least 16Mi"},
		"no node": {func(o *controller.ProvisionOptions) { o.SelectedNodeName = "" },
			"volumeBindingMode of class twinstack-local is Immediate; must be WaitForFirstConsumer, because a volume is made on its pod's node"},
		"chosen by labels": {func(o *controller.ProvisionOptions) { o.PVC.Spec.Selector = &meta.LabelSelector{} },
			"spec.selector is set; must not be, because a volume is made anew for each claim: remove it"},
		"a copy": {func(o *controller.ProvisionOptions) {
			o.PVC.Spec.DataSource = &core.TypedLocalObjectReference{Name: "other"}
		}, "spec.dataSource is set; must not be, because there are no snapshots: remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			test.change(&o)
			err := problems(o)
			if got := text(err); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	o := good()
	o.SelectedNodeName, o.PVC.Spec.Selector = "", &meta.LabelSelector{}
	if lines := strings.Split(text(problems(o)), "\n"); len(lines) != 2 {
		t.Errorf("got %q; want both problems at once", lines)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What is refused leaves nothing in the folder, and says that nothing goes on in the background.
func TestProvisionRefuses(t *testing.T) {
	o := good()
	o.SelectedNodeName = ""
	p := provisioner{storage.Volumes{Folder: t.TempDir() + "/volumes"}}
	made, state, err := p.Provision(context.Background(), o)
	if made != nil || state != controller.ProvisioningFinished || err == nil {
		t.Errorf("got %v, %s, %v", made, state, err)
	}
	if names, err := p.volumes.MountAll(context.Background()); err != nil || len(names) > 0 {
		t.Errorf("got %v, %v", names, err)
	}
}

// The volume has to fit its claim, and bind its pod to the node that has it.
func TestVolume(t *testing.T) {
	v := volume(good(), "/volumes/pvc-1/data")
	if v.Name != "pvc-1" || v.Spec.Local.Path != "/volumes/pvc-1/data" {
		t.Errorf("got %s at %s", v.Name, v.Spec.Local.Path)
	}
	if got := v.Spec.Capacity.Storage().String(); got != "1Gi" {
		t.Errorf("the capacity is %s, want 1Gi", got)
	}
	if v.Spec.PersistentVolumeReclaimPolicy != core.PersistentVolumeReclaimDelete || len(v.Spec.AccessModes) != 1 {
		t.Errorf("got %s, %v", v.Spec.PersistentVolumeReclaimPolicy, v.Spec.AccessModes)
	}
	rule := v.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0]
	if rule.Key != "kubernetes.io/hostname" || rule.Values[0] != "twinstack-b" {
		t.Errorf("got %+v", rule)
	}
}

// A volume that says it is ours but lies elsewhere is never touched.
func TestDeleteIgnoresOthers(t *testing.T) {
	p := provisioner{storage.Volumes{Folder: t.TempDir()}}
	for name, path := range map[string]string{"elsewhere": "/etc", "another volume's": p.volumes.Path("pvc-2")} {
		err := p.Delete(context.Background(), volume(good(), path))
		var ignored *controller.IgnoredError
		if !errors.As(err, &ignored) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	foreign := volume(good(), "")
	foreign.Spec.Local = nil
	if err := p.Delete(context.Background(), foreign); err == nil {
		t.Error("a volume of another kind was removed")
	}
}
