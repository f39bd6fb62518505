//! A whole runbook file. Pure.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::block::Reader;
use super::book::{Book, Step};
use super::expression::Expression;
use super::field::Field;
use super::front;
use super::known::{Named, Target};
use crate::fault::Mistake;

/// Largest file that is read, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// Most steps of a runbook.
const MOST: usize = 100;

/// Mistakes of a file while it is read.
pub(super) struct Mistakes<'a> {
    text: &'a str,
    found: Vec<Mistake>,
}

impl Mistakes<'_> {
    /// A mistake at a byte of the file.
    pub(super) fn add(&mut self, at: usize, what: &str, hint: &str) {
        self.found.push(Mistake::at(self.text, at, what, hint));
    }

    /// The expression of a field, if it is one that speaks of what there is.
    pub(super) fn expression(
        &mut self,
        field: &Field<'_>,
        target: Option<&Target>,
        named: &[Named],
    ) -> Option<Expression> {
        let read = match Expression::read(&field.text()) {
            Ok(read) => read,
            Err(flaw) => {
                self.add(field.byte(flaw.at), &flaw.what, "");
                return None;
            }
        };
        let Some(target) = target else {
            return Some(read);
        };
        let names = read.names();
        let mut sound = true;
        for (at, path) in read.paths() {
            let root = path.split('.').next().unwrap_or_default();
            if names.iter().all(|name| name != root) {
                continue;
            }
            if let Err(unknown) = target.knows(path, named) {
                self.add(field.byte(at), &unknown.what, &unknown.hint);
                sound = false;
            }
        }
        sound.then_some(read)
    }
}

/// Reads the file of a runbook by the name of its file. Every mistake is told; with any, there is no runbook.
pub fn read(id: &str, text: &str) -> Result<Book, Vec<Mistake>> {
    let mut wrong = Mistakes {
        text,
        found: Vec::new(),
    };
    if text.len() > LARGEST {
        wrong.add(0, "the file is larger than 256 KiB", "");
        return Err(wrong.found);
    }
    let Some(((from, to), body)) = front::find(text) else {
        let hint =
            "the file begins with a line of `---`, then `id:`, `title:`, `target:`, then `---`";
        wrong.add(0, "there is no front matter", hint);
        return Err(wrong.found);
    };
    let part = text.get(from..to).unwrap_or_default();
    let front = front::front(part, from, id, &mut wrong);
    let (about, steps) = steps(text, body, front.target, &mut wrong);
    if steps.is_empty() && wrong.found.is_empty() {
        wrong.add(
            body,
            "there is no step in it",
            "a block that begins with ```step",
        );
    }
    match front.target {
        Some(target) if wrong.found.is_empty() => Ok(Book {
            id: id.to_owned(),
            title: front.title,
            target,
            offer: front.offer,
            about,
            steps,
        }),
        _ => {
            wrong.found.sort_by_key(|m| (m.line, m.column));
            Err(wrong.found)
        }
    }
}

/// Where a reader of the body is.
#[derive(Default)]
struct At {
    /// The last heading above.
    title: String,
    /// Byte where the prose below that heading begins.
    prose: usize,
    heading: bool,
    /// A block was seen below the heading.
    used: bool,
    /// The first step was seen.
    about: Option<usize>,
    /// A `step` block is open: byte where it begins, and of what stands in it from where.
    open: Option<(usize, Option<usize>, String)>,
}

fn steps(
    text: &str,
    body: usize,
    target: Option<&'static Target>,
    wrong: &mut Mistakes<'_>,
) -> (String, Vec<Step>) {
    let mut at = At {
        prose: body,
        ..At::default()
    };
    let mut named = Vec::new();
    let mut steps = Vec::new();
    let markdown = text.get(body..).unwrap_or_default();
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_TABLES).into_offset_iter() {
        let (from, to) = (body + range.start, body + range.end);
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                // the heading of a step ends what is said of the whole
                if level != HeadingLevel::H1 {
                    at.about.get_or_insert(from);
                }
                at.title.clear();
                (at.heading, at.used) = (true, false);
            }
            Event::End(TagEnd::Heading(_)) => (at.heading, at.prose) = (false, to),
            Event::Text(words) | Event::Code(words) if at.heading => at.title.push_str(&words),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(word))) if &*word == "step" => {
                at.about.get_or_insert(from);
                at.open = Some((from, None, String::new()));
            }
            Event::Text(words) if at.open.is_some() => {
                if let Some((_, start, inside)) = &mut at.open {
                    start.get_or_insert(from);
                    inside.push_str(&words);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                let Some((opened, start, inside)) = at.open.take() else {
                    continue;
                };
                let prose = text.get(at.prose..opened).unwrap_or_default().trim();
                let step = Heading {
                    title: &at.title,
                    used: at.used,
                    opened,
                    prose,
                };
                let mut reader = Reader {
                    target,
                    named: &mut named,
                    wrong,
                };
                steps.extend(step.step(text, &inside, start.unwrap_or(opened), &mut reader));
                (at.used, at.prose) = (true, to);
            }
            _ => {}
        }
    }
    if steps.len() > MOST {
        wrong.add(body, "there are more than 100 steps", "split the runbook");
    }
    let about = text.get(body..at.about.unwrap_or(text.len()));
    (without_title(about.unwrap_or_default()), steps)
}

/// What stands above a block.
struct Heading<'a> {
    title: &'a str,
    /// Another block stands below it already.
    used: bool,
    opened: usize,
    prose: &'a str,
}

impl Heading<'_> {
    fn step(
        &self,
        text: &str,
        inside: &str,
        start: usize,
        reader: &mut Reader<'_, '_>,
    ) -> Option<Step> {
        if self.title.is_empty() || self.used {
            let what = "a step stands below a heading of its own, which names it";
            reader.wrong.add(self.opened, what, "");
        }
        let block = reader.block(inside, start)?;
        Some(Step {
            title: self.title.to_owned(),
            prose: self.prose.to_owned(),
            line: text
                .get(..self.opened)
                .unwrap_or_default()
                .matches('\n')
                .count()
                + 1,
            when: block.when,
            what: block.what,
        })
    }
}

/// Markdown without the heading of the whole file.
fn without_title(about: &str) -> String {
    let rest = about.trim_start();
    let rest = match rest.strip_prefix("# ") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => rest,
    };
    rest.trim().to_owned()
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
