// Pins Argo CD, of which the rig takes the CRDs alone: no controller of it runs.
module midwatch.dev/rig/argo-cd

go 1.25.7

require github.com/argoproj/argo-cd/v3 v3.5.1
