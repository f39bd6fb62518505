//! `midwatch config`: what is set, where each value comes from, and what is wrong. I/O on standard output.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value as Json, json};

use super::args::{Connect, Show};
use super::console::settings;
use super::exit::{Failure, say};
use crate::config::{Files, Loaded, Trouble, check_settings};
use crate::settings::{Origin, Value, example};

/// Print what is set and where each value comes from.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// Print the mistakes of a settings file, or of all your files, and exit with 1 when there are any
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    // with or without a file: clap knows no other form for it
    #[allow(clippy::option_option)]
    pub check: Option<Option<PathBuf>>,
    /// Print where the settings file is, or would be
    #[arg(long, conflicts_with = "check")]
    pub path: bool,
    /// Write a settings file in which everything is explained and nothing is set; an existing one is kept
    #[arg(long, conflicts_with_all = ["check", "path"])]
    pub init: bool,
    /// Form
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Does what was asked for.
pub fn run(args: &ConfigArgs, connect: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let (reload, loaded) = settings(connect, show);
    if args.path {
        return path(&reload.files);
    }
    if args.init {
        return init(&reload.files);
    }
    if let Some(file) = &args.check {
        let troubles = match file {
            Some(file) => check_settings(file).map_err(|error| unreadable(file, &error))?,
            None => loaded.troubles,
        };
        return check(&troubles);
    }
    let text = match args.output {
        Form::Table => table(&reload.files, &loaded),
        Form::Json => format!("{:#}\n", as_json(&reload.files, &loaded)),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes to standard output; a reader that has seen enough is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Says that a file cannot be read.
pub fn unreadable(file: &Path, error: &io::Error) -> Failure {
    Failure::Files(format!("{} cannot be read: {error}", file.display()))
}

/// Prints mistakes, one a line; how many there are is the exit code's to tell.
pub fn check(troubles: &[Trouble]) -> Result<ExitCode, Failure> {
    for trouble in troubles {
        print(&format!("{trouble}\n"))?;
    }
    match troubles.len() {
        0 => {
            print("no mistakes\n")?;
            Ok(ExitCode::SUCCESS)
        }
        1 => Err(Failure::Files("1 mistake".to_owned())),
        many => Err(Failure::Files(format!("{many} mistakes"))),
    }
}

fn place(files: &Files) -> Result<&Path, Failure> {
    let none = || Failure::Files("no home folder is known: set HOME, or give --config".to_owned());
    files.settings.as_deref().ok_or_else(none)
}

fn path(files: &Files) -> Result<ExitCode, Failure> {
    print(&format!("{}\n", place(files)?.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn init(files: &Files) -> Result<ExitCode, Failure> {
    let path = place(files)?;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Files(format!(
            "{} is there already and was left as it is",
            path.display()
        )),
        _ => Failure::Files(format!("{} cannot be written: {error}", path.display())),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(example().as_bytes()))
        .map_err(failed)?;
    print(&format!("written: {}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn table(files: &Files, loaded: &Loaded) -> String {
    let rows: Vec<[String; 3]> = loaded
        .effective
        .all()
        .map(|(name, value, from)| [name, value.to_string(), from.to_string()])
        .collect();
    let width = |at: usize| {
        rows.iter()
            .map(|row| row[at].chars().count())
            .max()
            .unwrap_or(0)
            .min(48)
    };
    let (names, values) = (width(0), width(1));
    let file = match &files.settings {
        Some(path) if path.exists() => path.display().to_string(),
        Some(path) => format!("{} (not there)", path.display()),
        None => "none: no home folder is known".to_owned(),
    };
    let mut text = format!("file  {file}\n\n");
    for [name, value, from] in rows {
        let _ = writeln!(text, "{name:names$}  {value:values$}  {from}");
    }
    if !loaded.troubles.is_empty() {
        say(&format!(
            "{} mistakes; the values above are in force",
            loaded.troubles.len()
        ));
        for trouble in &loaded.troubles {
            say(&trouble.to_string());
        }
    }
    text
}

fn as_json(files: &Files, loaded: &Loaded) -> Json {
    let value = |value: Value| match value {
        Value::Switch(on) => json!(on),
        Value::Number(n) => json!(n),
        Value::Text(text) => json!(text),
        Value::List(parts) => json!(parts),
    };
    let settings: Vec<Json> = loaded
        .effective
        .all()
        .map(|(name, set, from)| {
            let line = match &from {
                Origin::File(line) => json!(line),
                _ => Json::Null,
            };
            let layer = match &from {
                Origin::BuiltIn => "built-in",
                Origin::File(_) => "file",
                Origin::Environment(_) => "environment",
                Origin::Flag(_) => "command-line",
            };
            json!({"name": name, "value": value(set), "layer": layer, "from": from.to_string(), "line": line})
        })
        .collect();
    let mistakes: Vec<Json> = loaded
        .troubles
        .iter()
        .map(|t| {
            let at = |n: usize| if n > 0 { json!(n) } else { Json::Null };
            json!({
                "place": t.place,
                "line": at(t.mistake.line),
                "column": at(t.mistake.column),
                "what": t.mistake.what,
                "hint": t.mistake.hint,
            })
        })
        .collect();
    json!({
        "apiVersion": "midwatch/v1",
        "kind": "Config",
        "file": files.settings.as_ref().map(|p| p.display().to_string()),
        "settings": settings,
        "mistakes": mistakes,
    })
}
