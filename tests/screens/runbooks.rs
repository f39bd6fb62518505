//! Runbooks on the screen: offered by what fits, run by keys, with what a person can say always in sight.

use std::sync::Arc;

use midwatch::app::deed::{Acted, Order};
use midwatch::app::runbooks::ReaderScreen;
use midwatch::app::{Effect, Model, Msg, update};
use midwatch::plan::{Cluster, Mark, Record, Signed, Sitting, Stage};
use midwatch::runbook::Shelf;
use midwatch::runbook::course::{Need, Reply, State, Written};
use midwatch::ui::Look;

use super::platform::{now, set_state};
use super::serving::world::fill;
use super::{mono, picture, platform};
use midwatch::domain::{Clean, SourceState};
use midwatch::keys::{Chord, Code};

/// A console whose shell writes the journal at once.
struct Desk {
    model: Model,
    journal: Vec<Record>,
    /// What else was asked of the shell.
    orders: Vec<Order>,
}

impl Desk {
    fn new() -> Self {
        let mut model = platform::live();
        fill(&mut model);
        Self {
            model,
            journal: Vec::new(),
            orders: Vec::new(),
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let chord = match key {
                "Enter" => Chord::plain(Code::Enter),
                "Esc" => Chord::plain(Code::Esc),
                "Tab" => Chord::plain(Code::Tab),
                "Down" => Chord::plain(Code::Down),
                other => Chord::char(other.chars().next().unwrap()),
            };
            self.send(Msg::Pressed(chord));
            let _ = picture(&mut self.model, (120, 36), Look::default());
        }
    }

    fn send(&mut self, msg: Msg) {
        let mut effects = update(&mut self.model, msg, now()).0;
        while !effects.is_empty() {
            let mut more = Vec::new();
            for effect in effects {
                let Effect::Act(order) = effect else { continue };
                match order {
                    Order::Runbook { task, need, .. } => match *need {
                        Need::Write { mark, .. } => {
                            self.write(*mark);
                            let written = Written {
                                id: "261122-000141-jzcws".to_owned(),
                                ..Written::default()
                            };
                            let reply = Reply::Written(Ok(written));
                            let acted = Msg::Acted(Box::new(Acted::Runbook(task, reply)));
                            more.extend(update(&mut self.model, acted, now()).0);
                        }
                        // the action was never begun
                        Need::Look(_) => {
                            let reply = Reply::Looked(Ok(None));
                            let acted = Msg::Acted(Box::new(Acted::Runbook(task, reply)));
                            more.extend(update(&mut self.model, acted, now()).0);
                        }
                        other @ Need::Query(_) => panic!("{other:?}"),
                    },
                    other => self.orders.push(other),
                }
            }
            effects = more;
        }
    }

    fn write(&mut self, mark: Mark) {
        self.journal.push(Record {
            v: 1,
            seq: 1,
            at: now(),
            id: "261122-000141-jzcws".to_owned(),
            stage: Stage::Runbook(mark),
            prev: String::new(),
            hash: String::new(),
        });
    }

    fn shown(&mut self) -> String {
        picture(&mut self.model, (120, 36), Look::default())
    }

    fn state(&mut self) -> State {
        let (screen, _) = self.model.screen_mut().unwrap();
        let reader = screen.as_any().downcast_ref::<ReaderScreen>().unwrap();
        reader.row().unwrap().course.state().clone()
    }
}

#[test]
fn the_runbook_that_fits_is_offered_first_and_run_with_its_text_beside_it() {
    let mut desk = Desk::new();
    desk.press("5 r");
    insta::assert_snapshot!("runbooks_120x36", desk.shown());
    desk.press("Enter");
    // the comparison is worse: the check holds, and the action waits for a person
    assert!(
        matches!(desk.state(), State::Ready(_)),
        "{:?}",
        desk.state()
    );
    insta::assert_snapshot!("runbook_120x36", desk.shown());
    insta::assert_snapshot!(
        "runbook_80x24",
        picture(&mut desk.model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "runbook_40x10",
        picture(&mut desk.model, (40, 10), Look::default())
    );
    insta::assert_snapshot!(
        "runbook_mono_80x24",
        picture(&mut desk.model, (80, 24), mono())
    );
}

#[test]
fn the_action_of_a_runbook_goes_through_the_same_stages_and_can_be_put_back() {
    let mut desk = Desk::new();
    desk.press("5 r Enter Enter");
    let asked = desk.orders.iter().find_map(|order| match order {
        Order::Prepare { ask, .. } => Some(ask),
        _ => None,
    });
    let ask = asked.unwrap();
    assert_eq!(ask.action, "service.rollback");
    assert_eq!(ask.runbook, "261122-000141-jzcws/1");
    assert_eq!(desk.state(), State::Acting);
    desk.press("Esc");
    assert!(matches!(desk.state(), State::Ready(why) if &*why == "nothing was sent"));
    // it is passed over only when a person says so
    desk.press("p");
    assert!(matches!(desk.state(), State::Person(_)));
    desk.press("y");
    assert!(
        matches!(desk.state(), State::Until { .. }),
        "{:?}",
        desk.state()
    );
    insta::assert_snapshot!("runbook_waits_120x36", desk.shown());
    desk.press("p n");
    assert!(matches!(desk.state(), State::Ended(..)));
}

/// A runbook of the person's own, in the place of one that would fit as well.
const FOR_NONE: &str = "---\nid: inference-slo-breached\ntitle: Another\ntarget: service\noffer: target.name == \"none\"\n---\n\
    # Another\n\n## Look\n\n```step\nnote: look\n```\n";

#[test]
fn the_one_runbook_that_fits_is_begun_with_a_key_that_shows_what_it_would_do_first() {
    let mut desk = Desk::new();
    let own = (
        "inference-slo-breached".to_owned(),
        "/h/inference-slo-breached.md".to_owned(),
        FOR_NONE.to_owned(),
    );
    desk.model.runbooks.shelf = Arc::new(Shelf::new(vec![own]));
    desk.press("5 B");
    let asked = desk.orders.iter().find_map(|order| match order {
        Order::Prepare { ask, .. } => Some(ask.action),
        _ => None,
    });
    assert_eq!(asked, Some("service.rollback"));
    // put back it stays so until the person asks for it
    desk.press("Esc");
    assert!(matches!(desk.state(), State::Ready(why) if &*why == "nothing was sent"));
    let plans = |desk: &Desk| {
        let plan = |order: &&Order| matches!(order, Order::Prepare { .. });
        desk.orders.iter().filter(plan).count()
    };
    desk.press("Down Down");
    assert_eq!(plans(&desk), 1);
    // it is under way now: the key begins no second one
    desk.press("Esc B");
    assert!(desk.shown().contains("under way"), "{}", desk.shown());
    assert_eq!(plans(&desk), 1);
}

#[test]
fn where_several_runbooks_fit_a_person_chooses_and_where_none_does_it_is_told() {
    let mut desk = Desk::new();
    desk.press("5 B");
    assert!(desk.shown().contains("fits       Roll back"));
    assert!(desk.journal.is_empty(), "nothing is begun");
    desk.press("Esc 8 B");
    assert!(desk.shown().contains("no runbook"), "{}", desk.shown());
    assert!(desk.journal.is_empty());
}

#[test]
fn the_arrows_choose_among_the_answers_of_a_question() {
    let mut desk = Desk::new();
    desk.press("5 r Enter p");
    assert!(matches!(desk.state(), State::Person(_)));
    assert!(desk.shown().contains("> no"), "{}", desk.shown());
    desk.press("Down");
    assert!(desk.shown().contains("> yes"), "{}", desk.shown());
    // the other steps can be read all the same: from the first on the arrows go through them
    desk.press("g Down");
    assert!(desk.shown().contains("no: "), "{}", desk.shown());
    assert!(matches!(desk.state(), State::Person(_)));
}

#[test]
fn a_run_goes_on_while_other_screens_are_shown_and_is_found_again() {
    let mut desk = Desk::new();
    desk.press("5 r Enter Esc 2 5 r");
    assert!(desk.shown().contains("under way"), "{}", desk.shown());
    desk.press("Enter");
    assert!(matches!(desk.state(), State::Ready(_)));
}

#[test]
fn a_source_that_is_down_is_no_answer() {
    let mut desk = Desk::new();
    set_state(&mut desk.model, "canary", SourceState::Down);
    desk.press("5 r Enter");
    assert!(
        matches!(desk.state(), State::Facts(_)),
        "{:?}",
        desk.state()
    );
    assert!(desk.shown().contains("canary is down"), "{}", desk.shown());
}

/// A run that another console left.
fn left() -> Vec<Sitting> {
    let mut desk = Desk::new();
    desk.press("5 r Enter");
    let mut records = std::mem::take(&mut desk.journal);
    let mut signed = Signed::default();
    signed.operator.os_user = "carol".into();
    signed.operator.host = "bastion-1".into();
    let cluster = Cluster {
        name: platform::cluster().as_str().to_owned(),
        ..Cluster::default()
    };
    for record in &mut records {
        if let Stage::Runbook(mark) = &record.stage {
            record.stage = Stage::Runbook(mark.clone().signed(signed.clone(), &cluster));
        }
    }
    Sitting::fold(records.iter())
}

#[test]
fn a_run_that_was_left_is_offered_at_the_next_start() {
    let left = left();
    let mut next = Desk::new();
    next.send(Msg::Acted(Box::new(Acted::Left(left.clone()))));
    insta::assert_snapshot!("runbook_left_120x36", next.shown());
    next.press("Enter");
    assert_eq!(next.orders, []);
    let marks: Vec<&Stage> = next.journal.iter().map(|r| &r.stage).collect();
    assert!(
        matches!(marks.first(), Some(Stage::Runbook(Mark::GoesOn(_)))),
        "{marks:?}"
    );
    // asked once
    next.press("Esc");
    next.send(Msg::Acted(Box::new(Acted::Left(left))));
    assert!(!next.shown().contains("that were left"));
}

#[test]
fn where_the_object_is_another_one_now_whoever_goes_on_is_told() {
    let told = "is another one now";
    let mut desk = Desk::new();
    desk.send(Msg::Acted(Box::new(Acted::Left(left()))));
    desk.press("Enter");
    assert!(!desk.shown().contains(told), "{}", desk.shown());

    let mut left = left();
    left[0].begun.about.uid = Clean::new("the one before");
    let mut desk = Desk::new();
    desk.send(Msg::Acted(Box::new(Acted::Left(left))));
    desk.press("Enter");
    assert!(desk.shown().contains(told), "{}", desk.shown());
}
