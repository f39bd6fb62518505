// The oracle: what Argo's own code makes of a workflow. It reads one JSON
// request per line and answers each with one line.
//
// Nothing is decided here: every operation calls the function that the argo
// command line and the Argo Server call, on a client that keeps objects in
// memory. So the answer is what they would write to a cluster.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/sirupsen/logrus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clienttesting "k8s.io/client-go/testing"

	"github.com/argoproj/argo-workflows/v3/persist/sqldb"
	cronworkflowpkg "github.com/argoproj/argo-workflows/v3/pkg/apiclient/cronworkflow"
	wfv1 "github.com/argoproj/argo-workflows/v3/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v3/pkg/client/clientset/versioned"
	"github.com/argoproj/argo-workflows/v3/pkg/client/clientset/versioned/fake"
	typed "github.com/argoproj/argo-workflows/v3/pkg/client/clientset/versioned/typed/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v3/server/auth"
	"github.com/argoproj/argo-workflows/v3/server/cronworkflow"
	"github.com/argoproj/argo-workflows/v3/util/instanceid"
	"github.com/argoproj/argo-workflows/v3/workflow/common"
	"github.com/argoproj/argo-workflows/v3/workflow/hydrator"
	"github.com/argoproj/argo-workflows/v3/workflow/packer"
	"github.com/argoproj/argo-workflows/v3/workflow/util"
)

// Request is one question.
type Request struct {
	// read, retry, resubmit, stop, terminate, suspend, resume, approve,
	// reject, set, submit, cron-suspend or cron-resume.
	Op       string          `json:"op"`
	Workflow json.RawMessage `json:"workflow"`

	RestartSuccessful bool              `json:"restartSuccessful"`
	NodeFieldSelector string            `json:"nodeFieldSelector"`
	Parameters        []string          `json:"parameters"`
	Memoized          bool              `json:"memoized"`
	Message           string            `json:"message"`
	Values            map[string]string `json:"values"`
	Template          string            `json:"template"`
	ClusterScope      bool              `json:"clusterScope"`
	Cron              json.RawMessage   `json:"cron"`
}

// Write is a change as it was sent.
type Write struct {
	Verb  string          `json:"verb"`
	Type  string          `json:"type,omitempty"`
	Patch json.RawMessage `json:"patch,omitempty"`
}

// Answer is what came of it; Error is Argo's own text.
type Answer struct {
	Workflow *wfv1.Workflow `json:"workflow,omitempty"`
	Pods     []string       `json:"pods,omitempty"`
	Writes   []Write        `json:"writes,omitempty"`
	Error    string         `json:"error,omitempty"`
}

func main() {
	logrus.SetLevel(logrus.PanicLevel)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			if err := out.Encode(answer(line)); err != nil {
				fmt.Fprintln(os.Stderr, "oracle:", err)
				os.Exit(1)
			}
		}
		if err != nil {
			return
		}
	}
}

// answer never ends the program: a panic in Argo's code is an answer too.
func answer(line []byte) (answer Answer) {
	defer func() {
		if trouble := recover(); trouble != nil {
			answer = Answer{Error: fmt.Sprintf("panic: %v", trouble)}
		}
	}()
	var request Request
	if err := json.Unmarshal(line, &request); err != nil {
		return Answer{Error: err.Error()}
	}
	switch request.Op {
	case "submit":
		return submit(request)
	case "cron-suspend", "cron-resume":
		return cron(request)
	}
	var wf wfv1.Workflow
	if err := json.Unmarshal(request.Workflow, &wf); err != nil {
		return Answer{Error: err.Error()}
	}
	switch request.Op {
	case "read":
		return told(&wf, nil, packer.DecompressWorkflow(&wf))
	case "retry":
		if err := packer.DecompressWorkflow(&wf); err != nil {
			return Answer{Error: err.Error()}
		}
		after, pods, err := util.FormulateRetryWorkflow(context.Background(), &wf, request.RestartSuccessful, request.NodeFieldSelector, request.Parameters)
		return told(after, pods, err)
	case "resubmit":
		after, err := util.FormulateResubmitWorkflow(context.Background(), &wf, request.Memoized, request.Parameters)
		return told(after, nil, err)
	}
	return written(&wf, request)
}

func told(wf *wfv1.Workflow, pods []string, err error) Answer {
	if err != nil {
		return Answer{Error: err.Error()}
	}
	return Answer{Workflow: wf, Pods: pods}
}

// submit is what the server makes of a template.
func submit(request Request) Answer {
	wf := common.NewWorkflowFromWorkflowTemplate(request.Template, request.ClusterScope)
	err := util.ApplySubmitOpts(wf, &wfv1.SubmitOpts{Parameters: request.Parameters})
	return told(wf, nil, err)
}

// cron does what the server does to a schedule, and shows what was sent.
func cron(request Request) Answer {
	var schedule wfv1.CronWorkflow
	if err := json.Unmarshal(request.Cron, &schedule); err != nil {
		return Answer{Error: err.Error()}
	}
	set := fake.NewSimpleClientset(&schedule)
	ctx := context.WithValue(context.Background(), auth.WfKey, versioned.Interface(set))
	server := cronworkflow.NewCronWorkflowServer(instanceid.NewService(""), nil, nil, nil)
	var err error
	if request.Op == "cron-suspend" {
		_, err = server.SuspendCronWorkflow(ctx, &cronworkflowpkg.CronWorkflowSuspendRequest{Name: schedule.Name, Namespace: schedule.Namespace})
	} else {
		_, err = server.ResumeCronWorkflow(ctx, &cronworkflowpkg.CronWorkflowResumeRequest{Name: schedule.Name, Namespace: schedule.Namespace})
	}
	if err != nil {
		return Answer{Error: err.Error()}
	}
	return Answer{Writes: writes(set)}
}

// written does what changes a workflow in place, and shows what was sent.
func written(wf *wfv1.Workflow, request Request) Answer {
	ctx := context.Background()
	set := fake.NewSimpleClientset(wf)
	client := set.ArgoprojV1alpha1().Workflows(wf.Namespace)
	if err := change(ctx, client, wf.Name, request); err != nil {
		return Answer{Error: err.Error()}
	}
	writes := writes(set)
	after, err := client.Get(ctx, wf.Name, metav1.GetOptions{})
	if err == nil {
		err = packer.DecompressWorkflow(after)
	}
	answer := told(after, nil, err)
	answer.Writes = writes
	return answer
}

// writes is what a client was asked to send.
func writes(set *fake.Clientset) []Write {
	var writes []Write
	for _, action := range set.Actions() {
		switch sent := action.(type) {
		case clienttesting.PatchAction:
			writes = append(writes, Write{Verb: "patch", Type: string(sent.GetPatchType()), Patch: sent.GetPatch()})
		case clienttesting.UpdateAction:
			writes = append(writes, Write{Verb: "update"})
		}
	}
	return writes
}

func change(ctx context.Context, client typed.WorkflowInterface, name string, request Request) error {
	hydrator := hydrator.New(sqldb.ExplosiveOffloadNodeStatusRepo)
	selector := request.NodeFieldSelector
	switch request.Op {
	case "stop":
		return util.StopWorkflow(ctx, client, hydrator, name, "", "")
	case "terminate":
		return util.TerminateWorkflow(ctx, client, name)
	case "suspend":
		return util.SuspendWorkflow(ctx, client, name)
	case "resume":
		return util.ResumeWorkflow(ctx, client, hydrator, name, "")
	case "approve":
		return util.ResumeWorkflow(ctx, client, hydrator, name, selector)
	case "reject":
		return util.StopWorkflow(ctx, client, hydrator, name, selector, request.Message)
	case "set":
		return util.SetWorkflow(ctx, client, hydrator, name, selector, util.SetOperationValues{OutputParameters: request.Values})
	}
	return fmt.Errorf("unknown operation %q", request.Op)
}
