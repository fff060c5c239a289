// Package provisioner makes and removes the volumes that a region's claims ask for: it is the storage service of the
// cloud that the platform stands for, and runs outside of the cluster like that.
package provisioner

import (
	"context"
	"fmt"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"

	"twinstack.dev/platform/internal/storage"
)

// Name is the provisioner that storage classes name.
const Name = "twinstack.dev/local"

// provisioner makes and removes single volumes when the library's controller asks it to.
type provisioner struct{ volumes storage.Volumes }

// Provision makes the volume of a claim. Its errors become events of the claim.
func (p provisioner) Provision(ctx context.Context, o controller.ProvisionOptions) (
	*core.PersistentVolume, controller.ProvisioningState, error) {
	if err := problems(o); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	size := o.PVC.Spec.Resources.Requests.Storage().Value()
	if err := p.volumes.Create(ctx, o.PVName, size); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	return volume(o, p.volumes.Path(o.PVName)), controller.ProvisioningFinished, nil
}

// Delete removes a volume with its content.
func (p provisioner) Delete(_ context.Context, v *core.PersistentVolume) error {
	if path := p.volumes.Path(v.Name); v.Spec.Local == nil || v.Spec.Local.Path != path {
		return &controller.IgnoredError{Reason: fmt.Sprintf("its path isn't %s", path)}
	}
	return p.volumes.Remove(v.Name)
}

// volume describes a volume to Kubernetes. It is of the kind whose owner the kubelet changes to the pod's fsGroup.
func volume(o controller.ProvisionOptions, path string) *core.PersistentVolume {
	filesystem := core.PersistentVolumeFilesystem
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: o.PVName},
		Spec: core.PersistentVolumeSpec{
			Capacity:                      core.ResourceList{core.ResourceStorage: *o.PVC.Spec.Resources.Requests.Storage()},
			AccessModes:                   o.PVC.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			VolumeMode:                    &filesystem,
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{
					Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{o.SelectedNodeName},
				}},
			}}}},
		},
	}
}
