//! What a person can set: theme and settings files, and what happens to wrong ones.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use midwatch::theme::Theme;

#[test]
fn every_file_of_the_folder_of_themes_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> = Theme::built_in().map(str::to_owned).collect();
    assert_eq!(files, known);
}
