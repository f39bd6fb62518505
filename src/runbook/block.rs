//! One `step` block. Pure.

use std::time::Duration;

use super::book::{Otherwise, What};
use super::expression::Expression;
use super::field::{Field, fields, split};
use super::known::{Named, Target};
use super::read::Mistakes;
use crate::fault::{meant, quoted};
use crate::plan;

/// What a step can be; one of them stands in each block.
const SORTS: &[&str] = &["check", "query", "ask", "action", "wait", "note"];

/// What else can stand in a block of each sort.
fn others(sort: &str) -> &'static [&'static str] {
    match sort {
        "check" => &["when", "otherwise"],
        "query" => &["when", "as"],
        "ask" => &["when", "as", "choices"],
        "action" => &["when", "on", "with", "as", "verify", "within"],
        "wait" => &["when", "within", "otherwise"],
        _ => &["when"],
    }
}

/// How long an action or a wait may take when nothing is said.
const WITHIN: Duration = Duration::from_secs(300);

/// Longest time that can be given.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// What a block says.
pub(super) struct Block {
    pub(super) when: Option<Expression>,
    pub(super) what: What,
}

/// What a block is read with.
pub(super) struct Reader<'a, 'w> {
    pub(super) target: Option<&'static Target>,
    /// Names that earlier steps gave.
    pub(super) named: &'a mut Vec<Named>,
    pub(super) wrong: &'a mut Mistakes<'w>,
}

impl Reader<'_, '_> {
    /// Reads one that begins at byte `from` of the file.
    pub(super) fn block(&mut self, part: &str, from: usize) -> Option<Block> {
        let (fields, strays) = fields(part, from);
        for stray in strays {
            self.wrong
                .add(stray.0, "a line of a step is `key: value`", "");
        }
        let sorts: Vec<&Field<'_>> = fields.iter().filter(|f| SORTS.contains(&f.key)).collect();
        let [sort] = sorts[..] else {
            let at = sorts.get(1).map_or(from, |field| field.at);
            let what = if sorts.is_empty() {
                "a step says what it does"
            } else {
                "a step does one thing: a second one needs a block of its own"
            };
            self.wrong
                .add(at, what, &format!("one of {}", SORTS.join(", ")));
            return None;
        };
        self.keys(&fields, sort.key);
        let get = |key: &str| fields.iter().find(|field| field.key == key);
        let when = get("when").and_then(|field| self.expression(field));
        if sort.text().is_empty() {
            let what = format!("`{}` says nothing", sort.key);
            self.wrong.add(sort.at, &what, "");
            return None;
        }
        let what = match sort.key {
            "check" => self.check(sort, get("otherwise"))?,
            "query" => self.query(sort, get("as"))?,
            "ask" => self.ask(sort, get("as"), get("choices")),
            "action" => self.action(sort, &fields)?,
            "wait" => self.wait(sort, get("within"), get("otherwise"))?,
            _ => What::Note { text: sort.text() },
        };
        Some(Block { when, what })
    }

    fn keys(&mut self, fields: &[Field<'_>], sort: &str) {
        let mut seen: Vec<&str> = Vec::new();
        for field in fields {
            if field.key != sort && !others(sort).contains(&field.key) {
                let what = format!("a {sort} knows no `{}`", field.key);
                let hint = meant(field.key, others(sort).iter().copied());
                self.wrong.add(field.at, &what, &hint);
            } else if seen.contains(&field.key) {
                let what = format!("`{}` stands here a second time", field.key);
                self.wrong.add(field.at, &what, "");
            }
            seen.push(field.key);
        }
    }

    fn expression(&mut self, field: &Field<'_>) -> Option<Expression> {
        self.wrong.expression(field, self.target, self.named)
    }

    fn check(&mut self, sort: &Field<'_>, otherwise: Option<&Field<'_>>) -> Option<What> {
        Some(What::Check {
            otherwise: self.otherwise(otherwise),
            holds: self.expression(sort)?,
        })
    }

    fn query(&mut self, sort: &Field<'_>, name: Option<&Field<'_>>) -> Option<What> {
        let Some(name) = name.and_then(|field| self.name(field, None)) else {
            let hint = "`as: NAME`, so that a later step can speak of it";
            self.wrong
                .add(sort.at, "what the query brings has no name", hint);
            return None;
        };
        Some(What::Query {
            promql: sort.text(),
            name,
        })
    }

    fn ask(
        &mut self,
        sort: &Field<'_>,
        name: Option<&Field<'_>>,
        choices: Option<&Field<'_>>,
    ) -> What {
        let name = name.and_then(|field| self.name(field, None));
        let choices = choices.map(Field::text).unwrap_or_default();
        let choices = choices.split(',').map(str::trim).filter(|c| !c.is_empty());
        What::Ask {
            question: unquoted(&sort.text()).to_owned(),
            choices: choices.map(str::to_owned).collect(),
            name,
        }
    }

    fn wait(
        &mut self,
        sort: &Field<'_>,
        within: Option<&Field<'_>>,
        otherwise: Option<&Field<'_>>,
    ) -> Option<What> {
        Some(What::Wait {
            within: self.within(within),
            otherwise: self.otherwise(otherwise),
            until: self.expression(sort)?,
        })
    }

    fn action(&mut self, sort: &Field<'_>, fields: &[Field<'_>]) -> Option<What> {
        let get = |key: &str| fields.iter().find(|field| field.key == key);
        let name = sort.text();
        let Some(action) = plan::action(&name) else {
            let names = plan::ACTIONS.iter().map(|a| a.spec().name);
            let hint = plan::nearest(&name, names).map(|n| format!("did you mean `{n}`?"));
            let what = format!("there is no action {}", quoted(&name));
            self.wrong.add(
                sort.from,
                &what,
                &hint.unwrap_or_else(|| "midwatch actions lists them".to_owned()),
            );
            return None;
        };
        let on = get("on").and_then(|field| self.expression(field));
        let with = get("with").map(|field| self.with(field, action.spec()));
        let made = get("as").and_then(|field| self.made(field, action.spec()));
        let verify = get("verify").and_then(|field| self.expression(field));
        Some(What::Action {
            name,
            on,
            with: with.unwrap_or_default(),
            made,
            verify,
            within: self.within(get("within")),
        })
    }

    /// `with:` and below it `PARAMETER: EXPRESSION`, one a line.
    fn with(&mut self, field: &Field<'_>, spec: &plan::ActionSpec) -> Vec<(String, Expression)> {
        if !field.value.is_empty() {
            let hint = "one `PARAMETER: EXPRESSION` a line below it";
            self.wrong
                .add(field.from, "nothing stands beside `with:`", hint);
        }
        let mut given = Vec::new();
        for (at, line) in &field.more {
            let Some((key, value)) = split(line) else {
                self.wrong.add(*at, "a parameter is `NAME: EXPRESSION`", "");
                continue;
            };
            if spec.parameter(key).is_none() {
                let names: Vec<&str> = spec.parameters.iter().map(|p| p.name).collect();
                let what = format!("{} has no parameter `{key}`", spec.name);
                self.wrong
                    .add(*at, &what, &meant(key, names.iter().copied()));
                continue;
            }
            let value = Field {
                key,
                at: *at,
                value,
                from: at + (line.len() - value.len()),
                more: Vec::new(),
            };
            if let Some(value) = self.expression(&value) {
                given.push((key.to_owned(), value));
            }
        }
        given
    }

    /// The name of what an action makes.
    fn made(&mut self, field: &Field<'_>, spec: &plan::ActionSpec) -> Option<String> {
        let Some(object) = spec.makes().and_then(Target::of_feed) else {
            let what = format!("{} makes nothing that could have a name", spec.name);
            self.wrong.add(field.at, &what, "");
            return None;
        };
        self.name(field, Some(object))
    }

    fn name(&mut self, field: &Field<'_>, object: Option<&'static Target>) -> Option<String> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let plain = field.value.chars().all(word)
            && field.value.starts_with(|c: char| c.is_ascii_alphabetic());
        let taken = self
            .target
            .is_some_and(|t| t.names.iter().any(|(n, _)| *n == field.value));
        if !plain || taken {
            let what = format!("{} cannot be a name here", quoted(field.value));
            let hint = "letters, digits and _, not one of the names that the target brings";
            self.wrong.add(field.from, &what, hint);
            return None;
        }
        self.named.push(Named {
            name: field.value.to_owned(),
            object,
        });
        Some(field.value.to_owned())
    }

    fn within(&mut self, field: Option<&Field<'_>>) -> Duration {
        let Some(field) = field else { return WITHIN };
        match duration(field.value) {
            Some(time) if time <= LONGEST && !time.is_zero() => time,
            _ => {
                let what = format!("{} is no length of time", quoted(field.value));
                let hint = "such as 30s, 5m or 2h, at most 24h";
                self.wrong.add(field.from, &what, hint);
                WITHIN
            }
        }
    }

    fn otherwise(&mut self, field: Option<&Field<'_>>) -> Otherwise {
        let Some(field) = field else {
            return Otherwise::Stop(String::new());
        };
        let text = field.text();
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let rest = unquoted(rest.trim()).to_owned();
        match (word, rest.is_empty()) {
            ("stop", _) => Otherwise::Stop(rest),
            ("ask", false) => Otherwise::Ask(rest),
            ("continue", true) => Otherwise::GoOn,
            _ => {
                let what = format!("{} is not understood", quoted(&text));
                let hint = "`stop \"why\"`, `ask \"question\"` or `continue`";
                self.wrong.add(field.from, &what, hint);
                Otherwise::Stop(String::new())
            }
        }
    }
}

/// Without the quotes around it.
fn unquoted(text: &str) -> &str {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

/// `30s`, `5m`, `2h`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}
