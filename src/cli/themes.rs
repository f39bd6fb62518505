//! `midwatch themes`: which there are, what one looks like, and what is wrong with one. I/O on standard output.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::args::{Connect, Show};
use super::config::{check, print, unreadable};
use super::console::settings;
use super::exit::Failure;
use crate::config::{Files, Loaded, Trouble, read};
use crate::fault::meant;
use crate::settings::Effective;
use crate::term::caps;
use crate::theme::{self, Colours, Paint, Paints, Role, Shade, Theme, Weight};

/// List the themes, or show one.
#[derive(Debug, Clone, Args)]
pub struct ThemesArgs {
    /// Theme to show, with a sample of each role; in colour on a terminal
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Print the mistakes of a theme file, or of all yours, and exit with 1 when there are any
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "name")]
    // with or without a file: clap knows no other form for it
    #[allow(clippy::option_option)]
    pub check: Option<Option<PathBuf>>,
}

/// Does what was asked for.
pub fn run(args: &ThemesArgs, show: &Show) -> Result<ExitCode, Failure> {
    let (reload, loaded) = settings(&Connect::default(), show);
    let files = &reload.files;
    if let Some(file) = &args.check {
        return check(&mistakes(files, file.clone())?);
    }
    match &args.name {
        None => print(&list(files, &loaded.effective))?,
        Some(name) => print(&sample(name, files, &loaded)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn find(files: &Files) -> impl Fn(&str) -> Option<String> {
    |name| read(&files.path_of("themes", name)?).ok()
}

/// Mistakes of one file, or of all files of the person's.
fn mistakes(files: &Files, file: Option<PathBuf>) -> Result<Vec<Trouble>, Failure> {
    let paths = match file {
        Some(path) => vec![path],
        None => files
            .names("themes")
            .iter()
            .filter_map(|name| files.path_of("themes", name))
            .collect(),
    };
    let mut troubles = Vec::new();
    for path in paths {
        let text = read(&path).map_err(|error| unreadable(&path, &error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let wrong = theme::check(&name, &text, &find(files));
        let place = path.display().to_string();
        troubles.extend(wrong.into_iter().map(|mistake| Trouble {
            place: place.clone(),
            mistake,
        }));
    }
    Ok(troubles)
}

fn names(files: &Files) -> Vec<String> {
    let mut names: Vec<String> = Theme::built_in().map(str::to_owned).collect();
    names.extend(files.names("themes"));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn list(files: &Files, effective: &Effective) -> String {
    let names = names(files);
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for name in &names {
        let mark = if *name == effective.settings.theme {
            "*"
        } else {
            " "
        };
        let own = files.path_of("themes", name).filter(|path| path.exists());
        let shipped = Theme::built_in().any(|n| n == name);
        let from = match (own, shipped) {
            (Some(path), true) => format!("{}, over the built-in one", path.display()),
            (Some(path), false) => path.display().to_string(),
            (None, _) => "built in".to_owned(),
        };
        let _ = writeln!(text, "{mark} {name:width$}  {from}");
    }
    text
}

fn sample(name: &str, files: &Files, loaded: &Loaded) -> Result<String, Failure> {
    let names = names(files);
    if !names.iter().any(|n| n == name) {
        let hint = meant(name, names.iter().map(String::as_str));
        let what = format!("there is no theme {name}; {hint}");
        return Err(Failure::Usage {
            what,
            hint: String::new(),
        });
    }
    let (theme, _) = Theme::load(name, &find(files));
    let colours = if io::stdout().is_terminal() {
        let terminal = caps(|name| std::env::var(name).ok());
        terminal
            .obey(&loaded.effective.settings, &theme)
            .look
            .colours
    } else {
        Colours::None
    };
    let plain = !io::stdout().is_terminal();
    let shown = theme.paints(colours);
    let written = theme.paints(Colours::True);
    let depth = match colours {
        Colours::None => "without colours".to_owned(),
        Colours::True => "in 24-bit colours".to_owned(),
        some => format!("in {} colours", some.word()),
    };
    let mut text = format!("{name}, {depth}\n\n");
    for role in Role::ALL {
        let about = format!("{:<46}", role.about());
        let about = if plain {
            about
        } else {
            painted(&about, shown[role], &shown)
        };
        let _ = writeln!(text, "{:9} {about}  {}", role.name(), words(written[role]));
    }
    Ok(text)
}

/// What a role looks like, in words.
fn words(paint: Paint) -> String {
    let mut words = Vec::new();
    if paint.fg != Shade::Default {
        words.push(paint.fg.word());
    }
    if paint.bg != Shade::Default {
        words.push(format!("on {}", paint.bg.word()));
    }
    let weights = Weight::NAMES.iter().filter(|(_, w)| paint.weight.has(*w));
    words.extend(weights.map(|(name, _)| (*name).to_owned()));
    words.join(" ")
}

/// A text between the sequences that paint it (ECMA-48, SGR).
fn painted(text: &str, paint: Paint, all: &Paints) -> String {
    let weights = [
        (Weight::BOLD, "1"),
        (Weight::DIM, "2"),
        (Weight::ITALIC, "3"),
        (Weight::UNDERLINE, "4"),
        (Weight::REVERSE, "7"),
    ];
    let mut codes: Vec<String> = weights
        .iter()
        .filter(|(weight, _)| paint.weight.has(*weight))
        .map(|(_, code)| (*code).to_owned())
        .collect();
    let ground = if paint.bg == Shade::Default {
        all.ground
    } else {
        paint.bg
    };
    codes.extend(code(paint.fg, 30));
    codes.extend(code(ground, 40));
    format!("\x1b[{}m{text}\x1b[0m", codes.join(";"))
}

fn code(shade: Shade, base: u8) -> Option<String> {
    match shade {
        Shade::Default => None,
        Shade::Ansi(n @ 0..8) => Some((base + n).to_string()),
        Shade::Ansi(n) => Some((base + 60 + n % 8).to_string()),
        Shade::Indexed(n) => Some(format!("{};5;{n}", base + 8)),
        Shade::Rgb(r, g, b) => Some(format!("{};2;{r};{g};{b}", base + 8)),
    }
}
