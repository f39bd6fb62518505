//! All runbooks: the person's files over the built-in ones of the folder `runbooks`. Pure: texts are handed in.

use std::sync::Arc;

use super::book::Book;
use super::read::read;
use crate::fault::Mistake;

macro_rules! runbooks {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../runbooks/", $name, ".md")))),+]
    };
}

/// Name and text of each built-in one.
pub static BUILT_IN: &[(&str, &str)] = runbooks![
    "canary-rollback",
    "champion-rollback",
    "gate-waiting",
    "gpu-node-down",
    "inference-slo-breached",
    "kfp-pipeline-failed-step-debug",
    "kserve-predictor-flapping",
    "mig-layout-does-not-fit",
    "mlflow-registry-promotion-blocked",
    "model-load-failed",
    "pipeline-cache-poisoned",
    "pipeline-run-stuck",
    "sweep-starves-team",
    "training-job-failed",
    "train-register-deploy",
];

/// The text of a built-in one.
#[must_use]
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
}

/// Where a runbook stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// In the program.
    BuiltIn,
    /// In a file of the person's: its path.
    File(String),
}

/// One runbook or what is wrong with its file.
#[derive(Debug)]
pub struct Volume {
    /// Name of its file.
    pub id: String,
    /// Where it stands.
    pub stands: Stands,
    /// The runbook, or the mistakes of its file.
    pub book: Result<Arc<Book>, Vec<Mistake>>,
}

/// All runbooks.
#[derive(Debug, Default)]
pub struct Shelf {
    volumes: Vec<Volume>,
}

impl Shelf {
    /// The built-in ones, and over them the person's: name, path, text. A file of the name of a built-in one stands in its
    /// place, also when it is broken: what a person wrote is not silently replaced.
    #[must_use]
    pub fn new(own: Vec<(String, String, String)>) -> Self {
        let mut volumes: Vec<Volume> = own
            .into_iter()
            .map(|(id, path, text)| Volume {
                book: read(&id, &text).map(Arc::new),
                stands: Stands::File(path),
                id,
            })
            .collect();
        for (id, text) in BUILT_IN {
            if volumes.iter().all(|volume| volume.id != *id) {
                volumes.push(Volume {
                    id: (*id).to_owned(),
                    stands: Stands::BuiltIn,
                    book: read(id, text).map(Arc::new),
                });
            }
        }
        volumes.sort_by(|a, b| a.id.cmp(&b.id));
        Self { volumes }
    }

    /// All, by name.
    #[must_use]
    pub fn volumes(&self) -> &[Volume] {
        &self.volumes
    }

    /// The one of this name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Volume> {
        self.volumes.iter().find(|volume| volume.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runbook_of_the_folder_is_embedded_and_sound() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut names: Vec<String> = BUILT_IN.iter().map(|(n, _)| format!("{n}.md")).collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
        for volume in Shelf::new(Vec::new()).volumes() {
            assert_eq!(volume.book.as_ref().err(), None, "{}", volume.id);
        }
    }

    #[test]
    fn a_broken_file_of_the_person_hides_no_other_runbook() {
        let own = vec![
            ("mine".to_owned(), "/h/mine.md".to_owned(), "no".to_owned()),
            (
                "canary-rollback".to_owned(),
                "/h/canary-rollback.md".to_owned(),
                "no".to_owned(),
            ),
        ];
        let shelf = Shelf::new(own);
        assert_eq!(shelf.volumes().len(), BUILT_IN.len() + 1);
        assert!(shelf.get("mine").unwrap().book.is_err());
        assert!(shelf.get("canary-rollback").unwrap().book.is_err());
        assert!(shelf.get("gate-waiting").unwrap().book.is_ok());
    }
}
