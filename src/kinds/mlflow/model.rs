//! Registered models. Pure.

use serde::Deserialize;

use super::{MOST, NotMlflow, Page, Rest, Tags, millis, read, tags};
use crate::domain::{Alias, Clean, ClusterId, Key, ModelRow, tag};
use crate::kinds::lenient::{Int, List, Obj};

/// What the registry tags a prompt with.
const PROMPT: &str = "mlflow.prompt.is_prompt";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slim {
    name: Clean,
    creation_timestamp: Int,
    last_updated_timestamp: Int,
    description: Clean,
    tags: Tags,
    aliases: List<Obj<SlimAlias>>,
    /// One of each stage: the newest of all is among them.
    latest_versions: List<Obj<Latest>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SlimAlias {
    alias: Clean,
    version: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Latest {
    version: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    registered_models: Option<List<Obj<Slim>>>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct One {
    registered_model: Obj<Slim>,
}

/// A page of `registered-models/search`.
pub fn models(cluster: &ClusterId, body: &[u8]) -> Result<Page<ModelRow>, NotMlflow> {
    let answer: Answer = read(body)?;
    let next = answer.rest.belongs(answer.registered_models.is_some())?;
    let all = answer.registered_models.unwrap_or_default().0;
    let count = all.len();
    let known = all.into_iter().filter_map(|slim| row(cluster, slim.0?));
    let rows: Vec<ModelRow> = known.collect();
    Ok(Page {
        odd: count - rows.len(),
        rows,
        next,
    })
}

/// The answer of `registered-models/get`.
pub fn model(cluster: &ClusterId, body: &[u8]) -> Result<ModelRow, NotMlflow> {
    let one: One = read(body)?;
    let slim = one.registered_model.0.ok_or(NotMlflow)?;
    row(cluster, slim).ok_or(NotMlflow)
}

/// The number of a version: the registry writes it as text.
pub(super) fn number(version: Int) -> Option<u64> {
    version.0.and_then(|n| u64::try_from(n).ok())
}

fn row(cluster: &ClusterId, slim: Slim) -> Option<ModelRow> {
    if slim.name.is_empty() {
        return None;
    }
    let alias = |slim: Obj<SlimAlias>| {
        let slim = slim.0?;
        Some(Alias {
            version: number(slim.version)?,
            name: slim.alias,
            moved: None,
        })
    };
    let mut aliases: Vec<Alias> = slim.aliases.0.into_iter().filter_map(alias).collect();
    aliases.truncate(MOST);
    aliases.sort_by(|a, b| a.name.cmp(&b.name));
    let latest = slim.latest_versions.0.into_iter();
    let tags = tags(slim.tags);
    Some(ModelRow {
        key: Key {
            cluster: cluster.clone(),
            namespace: Clean::default(),
            name: slim.name,
        },
        newest: latest.filter_map(|v| number(v.0?.version)).max(),
        prompt: tag(&tags, PROMPT).is_some_and(|v| v.eq_ignore_ascii_case("true")),
        tags,
        aliases: aliases.into(),
        versions: None,
        description: slim.description,
        created: millis(slim.creation_timestamp),
        updated: millis(slim.last_updated_timestamp),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> ClusterId {
        ClusterId::new("c")
    }

    /// As a 3.17.2 server answered.
    const SEEN: &str = r#"{"registered_models":[{"name":"fraud-detector","creation_timestamp":1795223556627,
        "last_updated_timestamp":1795223562482,"latest_versions":[{"name":"fraud-detector","version":"3",
        "creation_timestamp":1795223561801,"current_stage":"None","source":"models:/m-35eb","status":"READY"},
        {"version":"2","current_stage":"Production"}],
        "tags":[{"key":"team","value":"risk"}],"aliases":[{"alias":"champion","version":"2"},
        {"alias":"challenger","version":"3"}]}],"next_page_token":"eyJvZmZzZXQiOiAxfQ=="}"#;

    #[test]
    fn a_page_of_models_gives_aliases_tags_and_the_newest_version() {
        let page = models(&cluster(), SEEN.as_bytes()).unwrap();
        assert_eq!(page.next.as_deref(), Some("eyJvZmZzZXQiOiAxfQ=="));
        let model = &page.rows[0];
        assert_eq!(&*model.key.name, "fraud-detector");
        assert_eq!(model.newest, Some(3));
        assert_eq!(model.alias("champion").map(|a| a.version), Some(2));
        assert_eq!(tag(&model.tags, "team").map(Clean::as_str), Some("risk"));
        let at = model.created.unwrap().to_string();
        assert_eq!(at, "2026-11-21T01:12:36.627Z");
        assert!(!model.prompt && model.versions.is_none());
    }

    #[test]
    fn an_empty_registry_is_an_empty_object_and_nothing_else_is() {
        let empty = models(&cluster(), b"{}").unwrap();
        assert_eq!((empty.rows.len(), empty.next), (0, None));
        for other in [
            "",
            "[]",
            "null",
            "OK",
            "<html>login</html>",
            r#"{"kind":"Status","code":503}"#,
            r#"{"registered_models"#,
        ] {
            let read = models(&cluster(), other.as_bytes());
            assert_eq!(read, Err(NotMlflow), "{other}");
        }
    }

    #[test]
    fn hostile_and_odd_models_lose_no_other() {
        let body = r#"{"registered_models":[5,{"name":""},{"name":"a\u001b]52;c;eA==\u0007b","tags":"no",
            "aliases":[{"alias":"\u202eevil","version":"7"},{"alias":"x","version":"seven"},null],
            "latest_versions":[{"version":-4},{"version":9}],"creation_timestamp":"soon"},{"name":"fine"}]}"#;
        let page = models(&cluster(), body.as_bytes()).unwrap();
        assert_eq!((page.rows.len(), page.odd), (2, 2));
        let odd = &page.rows[0];
        let shown = format!("{odd:?}");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown}");
        assert_eq!(
            (odd.aliases.len(), odd.newest, odd.created),
            (1, Some(9), None)
        );
    }

    #[test]
    fn a_prompt_is_told_from_a_model() {
        let body = r#"{"registered_model":{"name":"ask","tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]}}"#;
        assert!(model(&cluster(), body.as_bytes()).unwrap().prompt);
        assert_eq!(model(&cluster(), b"{}"), Err(NotMlflow));
    }
}
