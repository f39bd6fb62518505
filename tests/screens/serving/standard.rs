//! Services beside the usual: gone, of one name, in standard mode, with a transformer.

use super::world::*;
use midwatch::domain::{Beside, Clean, ServiceRow, ServingMode, Share, WorkloadRow};
use midwatch::ui::Look;

use super::{live, shown};
use crate::platform::put;
use crate::{picture, press};

#[test]
fn a_service_that_is_deleted_stays_as_it_was_last_seen() {
    let mut model = live();
    press(&mut model, "Enter");
    put::<ServiceRow>(&mut model, "services", Vec::new());
    let shown = shown(&mut model);
    assert!(
        shown.contains("deleted") && shown.contains("fraud-scorer"),
        "{shown}"
    );
}

#[test]
fn two_services_of_one_name_are_two_rows_and_each_opens_as_what_it_is() {
    let mut model = live();
    let twin = |mode, uri: &str| {
        let row = ServiceRow {
            mode,
            uri: Clean::new(uri),
            ..service("ml-twin", "twin")
        };
        let place = ServiceRow::place_of(&row.key, mode == ServingMode::Llm);
        ServiceRow { place, ..row }
    };
    put(
        &mut model,
        "services",
        vec![twin(ServingMode::Standard, "s3://plain")],
    );
    put(
        &mut model,
        "llm-services",
        vec![twin(ServingMode::Llm, "hf://org/chat")],
    );
    press(&mut model, "/ t w i n Enter");
    let list = shown(&mut model);
    let rows = list.lines().filter(|l| l.contains("Ready"));
    assert_eq!(rows.filter(|l| l.contains(" twin ")).count(), 2, "{list}");
    assert!(!list.contains("llm/twin"), "{list}");
    let mut opened = Vec::new();
    for key in ["g", "G"] {
        press(&mut model, &format!("{key} Enter"));
        let text = shown(&mut model);
        opened.push((text.contains("s3://plain"), text.contains("hf://org/chat")));
        press(&mut model, "Esc");
    }
    opened.sort_unstable();
    assert_eq!(opened, [(false, true), (true, false)]);
}

#[test]
fn standard_mode_tells_the_replicas_of_its_deployments() {
    let mut model = live();
    let workload = |name: &str, ready, component: &str| WorkloadRow {
        key: key("ml-churn", name),
        service: Clean::new("churn"),
        component: Clean::new(component),
        ready,
        wanted: Some(3),
    };
    let all = vec![
        workload("churn-predictor", 1, "predictor"),
        workload("churn-transformer", 3, "transformer"),
    ];
    put(&mut model, "service-workloads", all);
    let wide = picture(&mut model, (200, 50), Look::default());
    let line = wide.lines().find(|l| l.contains(" churn ")).unwrap();
    assert!(line.contains(" 1/3 "), "{line}");
}

#[test]
fn the_canary_of_a_transformer_is_told_beside_the_predictor() {
    let mut model = live();
    let share = |name: &str, percent| Share {
        revision: Clean::new(name),
        percent,
        tag: Clean::default(),
    };
    let row = ServiceRow {
        beside: Box::new([Beside {
            component: "transformer",
            canary: Some(20),
            traffic: Box::new([
                share("pre-transformer-00004", 20),
                share("pre-transformer-00003", 80),
            ]),
            ready_revision: Clean::new("pre-transformer-00004"),
            rolled_out: Clean::new("pre-transformer-00003"),
        }]),
        ..service("ml-twin", "pre")
    };
    put(&mut model, "services", vec![row]);
    press(&mut model, "/ p r e Enter Enter");
    let text = shown(&mut model);
    assert!(
        text.contains("4 20 % · 3 80 %; its canary is to get 20 %"),
        "{text}"
    );
}
