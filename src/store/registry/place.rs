//! The names under which the files of a model are known. Pure.
//!
//! `s3://b/1/models/m-35eb…/artifacts`, `mlflow-artifacts:/1/models/m-35eb…/artifacts` and `models:/m-35eb…` are the
//! same logged model; `runs:/35cd…/model` and `s3://b/1/35cd…/artifacts/model` the same files of a run.

use super::Claim;

/// Letters of the id of a run or of a logged model.
const ID: usize = 32;

/// Folders above an address that are tried as well: a service may be pointed at a part of a model.
const ABOVE: usize = 3;

/// What a `models:/` address names besides the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<'a> {
    /// A version.
    Version(&'a str, u64),
    /// An alias, or one of the old stages.
    Alias(&'a str, &'a str),
}

/// Reads a `models:/` address.
pub fn named(uri: &str) -> Option<Named<'_>> {
    let path = uri.trim().strip_prefix("models:")?.trim_matches('/');
    if let Some((model, alias)) = path.split_once('@') {
        return Some(Named::Alias(model, alias));
    }
    let (model, last) = path.rsplit_once('/')?;
    let version = last.strip_prefix('v').unwrap_or(last).parse();
    Some(version.map_or(Named::Alias(model, last), |n| Named::Version(model, n)))
}

/// One name of a place.
pub type Name = (Claim, String);

/// The names of a place, the surest first.
pub fn names(uri: &str) -> Vec<Name> {
    let Some((scheme, parts)) = split(uri) else {
        return Vec::new();
    };
    let logged = parts.iter().find(|part| is_logged(part));
    let logged = logged.map(|id| (Claim::Logged, format!("logged:{id}")));
    let run = below_run(&scheme, &parts).map(|(run, tail)| (Claim::Run, below(run, tail)));
    let address = (Claim::Address, at(&scheme, &parts));
    let address = (scheme != "models" && parts.len() > 1).then_some(address);
    logged.into_iter().chain(run).chain(address).collect()
}

/// The names of a place and of the folders above it.
pub fn names_above(uri: &str) -> Vec<Name> {
    let mut all = names(uri);
    let Some((scheme, parts)) = split(uri) else {
        return all;
    };
    for up in 1..=ABOVE {
        let Some(above) = parts.get(..parts.len().saturating_sub(up)) else {
            break;
        };
        if let Some((run, tail)) = below_run(&scheme, above).filter(|(_, tail)| !tail.is_empty()) {
            all.push((Claim::Run, below(run, tail)));
        }
        // a bucket alone, or a folder at its top, holds more than one model
        if above.len() > 2 {
            all.push((Claim::Address, at(&scheme, above)));
        }
    }
    all
}

fn at(scheme: &str, parts: &[&str]) -> String {
    format!("at:{scheme}:{}", parts.join("/"))
}

fn below(run: &str, tail: &[&str]) -> String {
    format!("run:{run}/{}", tail.join("/"))
}

/// Scheme and path of an address, in one spelling.
fn split(uri: &str) -> Option<(String, Vec<&str>)> {
    let uri = uri.trim();
    let (scheme, rest) = uri.split_once(':').unwrap_or(("file", uri));
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "s3a" | "s3n" => "s3".to_owned(),
        "gcs" => "gs".to_owned(),
        "mlflow-artifact" => "mlflow-artifacts".to_owned(),
        other => other.to_owned(),
    };
    let rest = match rest.strip_prefix("//") {
        // these name the server they were told by, which says nothing of the place
        Some(path) if scheme == "mlflow-artifacts" || scheme == "dbfs" => {
            path.split_once('/').map_or("", |(_, path)| path)
        }
        Some(path) => path,
        None => rest,
    };
    let parts: Vec<&str> = rest
        .split('/')
        .filter(|p| !p.is_empty() && *p != ".")
        .collect();
    (!parts.is_empty()).then_some((scheme, parts))
}

fn is_id(text: &str) -> bool {
    text.len() == ID
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_logged(part: &str) -> bool {
    part.strip_prefix("m-").is_some_and(is_id)
}

/// The run, and the path below its artifacts.
fn below_run<'p, 'u>(scheme: &str, parts: &'p [&'u str]) -> Option<(&'u str, &'p [&'u str])> {
    if scheme == "runs" {
        let (run, tail) = parts.split_first()?;
        return Some((run, tail));
    }
    let at = parts.iter().position(|part| is_id(part))?;
    let below = parts.get(at + 1..)?;
    let (first, tail) = below.split_first()?;
    (*first == "artifacts").then_some((parts.get(at)?, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "35cd0000000000000000000000000001";
    const LOGGED: &str = "m-35eb0000000000000000000000000001";

    /// One of the names of the first is one of the second, or of a folder above it.
    fn same(version: &str, service: &str) -> bool {
        let known = names(version);
        names_above(service).iter().any(|n| known.contains(n))
    }

    #[test]
    fn one_place_is_known_under_all_its_names() {
        let run = format!("mlflow-artifacts:/1/{RUN}/artifacts/model");
        for service in [
            format!("runs:/{RUN}/model"),
            format!("s3://bucket/1/{RUN}/artifacts/model/"),
            format!("mlflow-artifacts://mlflow:5000/1/{RUN}/artifacts/model"),
            format!("s3://bucket/mlflow/1/{RUN}/artifacts/model/data"),
        ] {
            assert!(same(&run, &service), "{service}");
        }
        for service in [
            format!("s3://b/1/models/{LOGGED}/artifacts"),
            format!("models:/{LOGGED}"),
        ] {
            assert!(same(&format!("models:/{LOGGED}"), &service), "{service}");
        }
        assert!(same("s3://b/fraud/3", "s3a://b/fraud/3/"));
        assert!(same("s3://b/fraud/3", "s3://b/fraud/3/model.joblib"));
        assert!(same("/mnt/models/fraud/3", "file:///mnt/models/fraud/3"));
    }

    #[test]
    fn other_places_are_not_taken_for_it() {
        let other = RUN.replace('1', "2");
        for (version, service) in [
            (
                format!("s3://b/1/{RUN}/artifacts/model"),
                format!("s3://b/1/{other}/artifacts/model"),
            ),
            (
                format!("s3://b/1/{RUN}/artifacts/model"),
                format!("s3://b/1/{RUN}/artifacts/other"),
            ),
            ("s3://b/fraud/3".to_owned(), "s3://b/fraud/30".to_owned()),
            ("s3://b/fraud/3".to_owned(), "s3://c/fraud/3".to_owned()),
            ("s3://b".to_owned(), "s3://b/fraud/3".to_owned()),
            (String::new(), String::new()),
            ("models:/fraud/3".to_owned(), "models:/fraud/4".to_owned()),
        ] {
            assert!(!same(&version, &service), "{version} and {service}");
        }
    }

    #[test]
    fn an_address_of_the_registry_names_a_version_or_an_alias() {
        assert_eq!(named("models:/fraud/41"), Some(Named::Version("fraud", 41)));
        assert_eq!(
            named("models:///fraud/41/"),
            Some(Named::Version("fraud", 41))
        );
        assert_eq!(
            named("models:/fraud@champion"),
            Some(Named::Alias("fraud", "champion"))
        );
        assert_eq!(
            named("models:/fraud/Production"),
            Some(Named::Alias("fraud", "Production"))
        );
        assert_eq!(named("s3://models/fraud/41"), None);
        assert_eq!(named(&format!("models:/{LOGGED}")), None);
    }
}
