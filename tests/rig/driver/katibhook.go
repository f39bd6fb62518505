package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// verdict is what a webhook says of an object (old is nil when it is new): a
// JSON patch of it, or why it is refused.
type verdict func(object, old *unstructured.Unstructured) ([]map[string]any, error)

// reviewed answers admission reviews with a verdict.
func reviewed(say verdict) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<20)).Decode(&review); err != nil || review.Request == nil {
			http.Error(w, "no admission review", http.StatusBadRequest)
			return
		}
		review.Response = answerTo(review.Request, say)
		review.Request = nil
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review)
	}
}

func answerTo(request *admissionv1.AdmissionRequest, say verdict) *admissionv1.AdmissionResponse {
	refused := func(err error) *admissionv1.AdmissionResponse {
		return &admissionv1.AdmissionResponse{UID: request.UID, Result: &metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: err.Error(),
		}}
	}
	object, old := &unstructured.Unstructured{}, (*unstructured.Unstructured)(nil)
	if err := object.UnmarshalJSON(request.Object.Raw); err != nil {
		return refused(err)
	}
	if len(request.OldObject.Raw) > 0 {
		old = &unstructured.Unstructured{}
		if err := old.UnmarshalJSON(request.OldObject.Raw); err != nil {
			return refused(err)
		}
	}
	patch, err := say(object, old)
	if err != nil {
		return refused(err)
	}
	response := &admissionv1.AdmissionResponse{UID: request.UID, Allowed: true}
	if len(patch) > 0 {
		kind := admissionv1.PatchTypeJSONPatch
		response.PatchType = &kind
		if response.Patch, err = json.Marshal(patch); err != nil {
			return refused(err)
		}
	}
	return response
}

// defaulted fills in what Katib fills in.
func defaulted(o, _ *unstructured.Unstructured) ([]map[string]any, error) {
	spec := tree(o, "spec")
	if spec == nil || o.GetDeletionTimestamp() != nil {
		return nil, nil
	}
	before := o.DeepCopy()
	preset(spec, "parallelTrialCount", int64(3))
	preset(spec, "resumePolicy", "Never")
	preset(spec, "metricsCollectorSpec", map[string]any{"collector": map[string]any{"kind": "StdOut"}})
	if goal, ok := spec["objective"].(map[string]any); ok && goal["metricStrategies"] == nil {
		way := map[bool]string{true: "min", false: "max"}[goal["type"] == "minimize"]
		names := []any{goal["objectiveMetricName"]}
		if more, ok := goal["additionalMetricNames"].([]any); ok {
			names = append(names, more...)
		}
		var all []any
		for _, name := range names {
			all = append(all, map[string]any{"name": name, "value": way})
		}
		goal["metricStrategies"] = all
	}
	if template, ok := spec["trialTemplate"].(map[string]any); ok {
		preset(template, "successCondition", `status.conditions.#(type=="Complete")#|#(status=="True")#`)
		preset(template, "failureCondition", `status.conditions.#(type=="Failed")#|#(status=="True")#`)
	}
	if same(tree(before, "spec"), spec) {
		return nil, nil
	}
	return []map[string]any{{"op": "replace", "path": "/spec", "value": spec}}, nil
}

func preset(object map[string]any, name string, value any) {
	if object[name] == nil {
		object[name] = value
	}
}

var experimentName = regexp.MustCompile("^[a-z]([-a-z0-9]*[a-z0-9])?")

// validated refuses what Katib's webhook refuses, in its words.
func validated(o, old *unstructured.Unstructured) ([]map[string]any, error) {
	var all field.ErrorList
	if !experimentName.MatchString(o.GetName()) {
		all = append(all, field.Invalid(field.NewPath("metadata", "name"), o.GetName(),
			"name must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"))
	}
	all = append(all, countsAllowed(o)...)
	if old != nil {
		all = append(all, editAllowed(o, old)...)
	}
	all = append(all, partsGiven(o)...)
	if err := all.ToAggregate(); err != nil {
		return nil, err
	}
	return nil, nil
}

func countsAllowed(o *unstructured.Unstructured) field.ErrorList {
	var all field.ErrorList
	spec := field.NewPath("spec")
	most, _, _ := unstructured.NestedInt64(o.Object, "spec", "maxTrialCount")
	limited := tree(o, "spec")["maxTrialCount"] != nil
	if worst, ok, _ := unstructured.NestedInt64(o.Object, "spec", "maxFailedTrialCount"); ok {
		if worst < 0 {
			all = append(all, field.Invalid(spec.Child("maxFailedTrialCount"), worst, "should not be less than 0"))
		}
		if limited && worst > most {
			all = append(all, field.Invalid(spec.Child("maxFailedTrialCount"), worst, "should be less than or equal to spec.maxTrialCount"))
		}
	}
	if limited && most <= 0 {
		all = append(all, field.Invalid(spec.Child("maxTrialCount"), most, "must be greater than 0"))
	}
	if parallel, ok, _ := unstructured.NestedInt64(o.Object, "spec", "parallelTrialCount"); ok {
		if parallel <= 0 {
			all = append(all, field.Invalid(spec.Child("parallelTrialCount"), parallel, "must be greater than 0"))
		}
		if limited && parallel > most {
			all = append(all, field.Invalid(spec.Child("parallelTrialCount"), parallel, "should be less than or equal to spec.maxTrialCount"))
		}
	}
	return all
}

// editAllowed holds for any change of the spec.
func editAllowed(o, old *unstructured.Unstructured) field.ErrorList {
	var all field.ErrorList
	spec := field.NewPath("spec")
	now, before := tree(o, "spec"), tree(old, "spec")
	if same(now, before) {
		return nil
	}
	if completed(old) && !restartable(old) {
		all = append(all, field.Invalid(spec.Child("resumePolicy"), text(o, "spec", "resumePolicy"),
			"Experiment can be restarted if it is in succeeded state by reaching max trials and "+
				"spec.resumePolicy = LongRunning or spec.resumePolicy = FromVolume, when experiment is completed"))
	}
	if most, ok, _ := unstructured.NestedInt64(o.Object, "spec", "maxTrialCount"); ok && most <= whole(old, 0, "status", "trials") {
		all = append(all, field.Invalid(spec.Child("maxTrialCount"), most, "must be greater than status.trials count"))
	}
	for _, name := range []string{"parallelTrialCount", "maxTrialCount", "maxFailedTrialCount"} {
		delete(now, name)
		delete(before, name)
	}
	if !same(now, before) {
		all = append(all, field.Forbidden(spec, "only spec.parallelTrialCount, spec.maxTrialCount and spec.maxFailedTrialCount are editable"))
	}
	return all
}

func partsGiven(o *unstructured.Unstructured) field.ErrorList {
	var all field.ErrorList
	spec := field.NewPath("spec")
	if tree(o, "spec", "objective") == nil {
		return append(all, field.Required(spec.Child("objective"), "must be specified"))
	}
	if way := text(o, "spec", "objective", "type"); way != "minimize" && way != "maximize" {
		all = append(all, field.Invalid(spec.Child("objective", "type"), way, "must be minimize or maximize"))
	}
	for _, path := range [][]string{
		{"objective", "objectiveMetricName"}, {"algorithm", "algorithmName"}, {"trialTemplate", "primaryContainerName"},
	} {
		if text(o, append([]string{"spec"}, path...)...) == "" {
			all = append(all, field.Required(spec.Child(path[0], path[1]), "must be specified"))
		}
	}
	if policy := text(o, "spec", "resumePolicy"); policy != "Never" && policy != "LongRunning" && policy != "FromVolume" {
		all = append(all, field.Invalid(spec.Child("resumePolicy"), policy, "invalid ResumePolicyType"))
	}
	if tree(o, "spec", "trialTemplate", "trialSpec") == nil && tree(o, "spec", "trialTemplate", "configMap") == nil {
		all = append(all, field.Required(spec.Child("trialTemplate", "TrialSource"),
			"spec.trialTemplate.trialSpec or spec.trialTemplate.configMap must be specified"))
	}
	if len(rows(o.Object, "spec", "parameters")) == 0 && tree(o, "spec", "nasConfig") == nil {
		all = append(all, field.Required(spec, "spec.parameters or spec.nasConfig must be specified"))
	}
	for i, parameter := range rows(o.Object, "spec", "parameters") {
		if space, _ := parameter["feasibleSpace"].(map[string]any); len(space) == 0 {
			all = append(all, field.Required(spec.Child("parameters").Index(i).Child("feasibleSpace"),
				fmt.Sprintf("feasibleSpace of %v must be specified", parameter["name"])))
		}
	}
	return all
}
