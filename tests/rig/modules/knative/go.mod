// Pins Knative Serving, of which the rig takes the CRDs alone: no controller of it runs.
module midwatch.dev/rig/knative

go 1.25.7

require knative.dev/serving v0.51.0
