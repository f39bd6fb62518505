//! The keymaps of the folder `keymaps`, embedded. Pure.

macro_rules! keymaps {
    ($($name:literal),+) => {
        &[$(($name, include_str!(concat!("../../keymaps/", $name, ".toml")))),+]
    };
}

/// Name and text of each, in the order to show them.
pub static BUILT_IN: &[(&str, &str)] = keymaps!["default", "vim", "emacs", "k9s"];

/// The text of one of them.
#[must_use]
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keymap_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/keymaps");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut names: Vec<String> = BUILT_IN.iter().map(|(n, _)| format!("{n}.toml")).collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
    }
}
