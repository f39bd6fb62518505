//! Versions of models. Pure.

use serde::Deserialize;

use super::model::number;
use super::{NotMlflow, Page, Rest, Tags, millis, read, tags};
use crate::domain::{Clean, ClusterId, Key, Made, VersionRow};
use crate::kinds::lenient::{Int, List, Obj};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slim {
    name: Clean,
    version: Int,
    creation_timestamp: Int,
    last_updated_timestamp: Int,
    current_stage: Clean,
    description: Clean,
    user_id: Clean,
    source: Clean,
    run_id: Clean,
    status: Clean,
    status_message: Clean,
    tags: Tags,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    model_versions: Option<List<Obj<Slim>>>,
    #[serde(flatten)]
    rest: Rest,
}

/// A page of `model-versions/search`. Its rows never hold aliases: those are the model's.
pub fn versions(cluster: &ClusterId, body: &[u8]) -> Result<Page<VersionRow>, NotMlflow> {
    let answer: Answer = read(body)?;
    let next = answer.rest.belongs(answer.model_versions.is_some())?;
    let all = answer.model_versions.unwrap_or_default().0;
    let count = all.len();
    let known = all.into_iter().filter_map(|slim| row(cluster, slim.0?));
    let rows: Vec<VersionRow> = known.collect();
    Ok(Page {
        odd: count - rows.len(),
        rows,
        next,
    })
}

fn row(cluster: &ClusterId, slim: Slim) -> Option<VersionRow> {
    let number = number(slim.version)?;
    if slim.name.is_empty() {
        return None;
    }
    let model = Key {
        cluster: cluster.clone(),
        namespace: Clean::default(),
        name: slim.name,
    };
    let stage = if &*slim.current_stage == "None" {
        Clean::default()
    } else {
        slim.current_stage
    };
    Some(VersionRow {
        key: VersionRow::key_of(&model, number),
        model: model.name,
        number,
        status: slim.status,
        message: slim.status_message,
        stage,
        source: slim.source,
        made: if slim.run_id.is_empty() {
            Made::ByNoRun
        } else {
            Made::Unread
        },
        run: slim.run_id,
        tags: tags(slim.tags),
        aliases: Box::default(),
        description: slim.description,
        user: slim.user_id,
        created: millis(slim.creation_timestamp),
        updated: millis(slim.last_updated_timestamp),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str = r#"{"model_versions":[{"name":"fraud-detector","version":"3","creation_timestamp":1795223561801,
        "last_updated_timestamp":1795223561801,"current_stage":"None","description":"","source":"models:/m-35eb",
        "run_id":"35cd","status":"READY","run_link":"","tags":[{"key":"gate.bias","value":"passed"}]},
        {"name":"fraud-detector","version":2,"current_stage":"Archived","status":"FAILED_REGISTRATION",
        "status_message":"no such\nbucket","run_id":""},{"name":"x","version":"new"},{"version":"1"}]}"#;

    #[test]
    fn a_page_of_versions_gives_what_they_are_made_of() {
        let page = versions(&ClusterId::new("c"), SEEN.as_bytes()).unwrap();
        assert_eq!((page.rows.len(), page.odd, &page.next), (2, 2, &None));
        let three = &page.rows[0];
        assert_eq!(&*three.key.name, "fraud-detector/3");
        assert_eq!(
            (&*three.model, three.number, &*three.stage),
            ("fraud-detector", 3, "")
        );
        assert_eq!(
            (&*three.source, &three.made),
            ("models:/m-35eb", &Made::Unread)
        );
        assert_eq!(&*three.model_key().name, "fraud-detector");
        let two = &page.rows[1];
        assert_eq!((&*two.stage, &two.made), ("Archived", &Made::ByNoRun));
        assert_eq!(&*two.message, "no such⏎bucket");
    }

    #[test]
    fn a_page_of_something_else_is_not_an_empty_page() {
        let cluster = ClusterId::new("c");
        let status = br#"{"kind":"Status","status":"Failure","code":503}"#;
        assert_eq!(versions(&cluster, status), Err(NotMlflow));
        let last = versions(&cluster, br#"{"next_page_token":"abc"}"#).unwrap();
        assert_eq!(last.next.as_deref(), Some("abc"));
    }
}
