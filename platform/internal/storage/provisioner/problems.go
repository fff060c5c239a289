package provisioner

import (
	"errors"
	"fmt"
	"slices"

	core "k8s.io/api/core/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"

	"twinstack.dev/platform/internal/storage"
)

// single are the access modes of a volume that is a file on one node.
var single = []core.PersistentVolumeAccessMode{core.ReadWriteOnce, core.ReadWriteOncePod}

// problems says all that a claim, or its class, asks for and can't get.
func problems(o controller.ProvisionOptions) error {
	var all []error
	deny := func(format string, values ...any) { all = append(all, fmt.Errorf(format, values...)) }
	if o.SelectedNodeName == "" {
		deny("volumeBindingMode of class %s is Immediate; must be WaitForFirstConsumer, because a volume is made on its pod's node",
			o.StorageClass.Name)
	}
	for _, mode := range o.PVC.Spec.AccessModes {
		if !slices.Contains(single, mode) {
			deny("spec.accessModes has %s; must be ReadWriteOnce or ReadWriteOncePod, because a volume is a file on one node", mode)
		}
	}
	if request := o.PVC.Spec.Resources.Requests.Storage(); request.Value() < storage.LeastBytes {
		deny("spec.resources.requests.storage is %s; must be at least %dMi", request, storage.LeastBytes>>20)
	}
	if o.PVC.Spec.Selector != nil {
		deny("spec.selector is set; must not be, because a volume is made anew for each claim: remove it")
	}
	if o.PVC.Spec.DataSource != nil || o.PVC.Spec.DataSourceRef != nil {
		deny("spec.dataSource is set; must not be, because there are no snapshots: remove it")
	}
	return errors.Join(all...)
}
