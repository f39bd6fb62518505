// Pins Kueue, of which the rig takes the CRDs alone: the driver plays its controller.
module midwatch.dev/rig/kueue

go 1.26.0

require sigs.k8s.io/kueue v0.19.2
