//! What actions on training jobs can be done to, and the rights that they need. Pure data.

use crate::kinds::{
    BatchJobs, JaxJobs, JobSets, Kind, MpiJobs, OlderMpiJobs, PaddleJobs, PyTorchJobs, RayClusters,
    RayJobs, RayServices, TfJobs, TrainJobs, XgboostJobs,
};
use crate::plan::spec::{Resource, Right};

/// Training jobs of every kind.
pub(super) const JOBS: &[Resource] = &[
    Resource::of(&PyTorchJobs::SPEC),
    Resource::of(&TfJobs::SPEC),
    Resource::of(&MpiJobs::SPEC),
    Resource::of(&OlderMpiJobs::SPEC),
    Resource::of(&JaxJobs::SPEC),
    Resource::of(&XgboostJobs::SPEC),
    Resource::of(&PaddleJobs::SPEC),
    Resource::of(&TrainJobs::SPEC),
    Resource::of(&JobSets::SPEC),
    Resource::of(&RayJobs::SPEC),
    Resource::of(&RayClusters::SPEC),
    Resource::of(&RayServices::SPEC),
    Resource::of(&BatchJobs::SPEC),
];

/// To suspend one and to let it go.
pub(super) const PATCH_JOBS: &[Right] = &[
    Right::to("patch", "kubeflow.org", "pytorchjobs"),
    Right::to("patch", "kubeflow.org", "tfjobs"),
    Right::to("patch", "kubeflow.org", "mpijobs"),
    Right::to("patch", "kubeflow.org", "jaxjobs"),
    Right::to("patch", "kubeflow.org", "xgboostjobs"),
    Right::to("patch", "kubeflow.org", "paddlejobs"),
    Right::to("patch", "trainer.kubeflow.org", "trainjobs"),
    Right::to("patch", "jobset.x-k8s.io", "jobsets"),
    Right::to("patch", "ray.io", "rayjobs"),
    Right::to("patch", "ray.io", "rayclusters"),
    Right::to("patch", "ray.io", "rayservices"),
    Right::to("patch", "batch", "jobs"),
];

/// To delete one.
pub(super) const DELETE_JOBS: &[Right] = &[
    Right::to("delete", "kubeflow.org", "pytorchjobs"),
    Right::to("delete", "kubeflow.org", "tfjobs"),
    Right::to("delete", "kubeflow.org", "mpijobs"),
    Right::to("delete", "kubeflow.org", "jaxjobs"),
    Right::to("delete", "kubeflow.org", "xgboostjobs"),
    Right::to("delete", "kubeflow.org", "paddlejobs"),
    Right::to("delete", "trainer.kubeflow.org", "trainjobs"),
    Right::to("delete", "jobset.x-k8s.io", "jobsets"),
    Right::to("delete", "ray.io", "rayjobs"),
    Right::to("delete", "ray.io", "rayclusters"),
    Right::to("delete", "ray.io", "rayservices"),
    Right::to("delete", "batch", "jobs"),
];
