//! From terms back to text: what is printed reads as the same filter. Pure.

use std::fmt::{self, Display, Formatter};

use super::complete::quoted;
use super::{Filter, Sign, Size, Term, Text, What};

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        joined(f, &self.terms, " ")
    }
}

fn joined<T: Display>(f: &mut Formatter<'_>, parts: &[T], between: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        part.fmt(f)?;
    }
    Ok(())
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.not {
            f.write_str("!")?;
        }
        match &self.what {
            What::Words(place, texts) => {
                if let Some(place) = place {
                    write!(f, "{}:", place.id())?;
                }
                joined(f, texts, "|")
            }
            What::Sizes(column, sizes) => {
                write!(f, "{}:", column.id)?;
                joined(f, sizes, "|")
            }
            What::Label(key, values) if values.is_empty() => write!(f, "label:{key}"),
            What::Label(key, values) => {
                write!(f, "label:{key}=")?;
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index > 0 { "|" } else { "" })?;
                    value.write(f)?;
                }
                Ok(())
            }
            What::Saved(name, _) => write!(f, "@{}", quoted(name)),
        }
    }
}

impl Text {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.quoted {
            let escaped = self.letters.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "\"{escaped}\"")
        } else {
            f.write_str(&self.letters)
        }
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(if self.whole { "=" } else { "" })?;
        self.write(f)
    }
}

impl Display for Size {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sign = match self.sign {
            Sign::More => ">",
            Sign::AtLeast => ">=",
            Sign::Less => "<",
            Sign::AtMost => "<=",
            Sign::Equal => "=",
        };
        write!(f, "{sign}{}", self.written)
    }
}
