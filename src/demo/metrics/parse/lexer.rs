//! The words of `PromQL`. Pure.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Number(f64),
    /// In seconds.
    Duration(f64),
    Text(String),
    Mark(&'static str),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "identifier {word:?}"),
            Self::Number(n) => write!(f, "number \"{n}\""),
            Self::Duration(d) => write!(f, "duration \"{d}s\""),
            Self::Text(text) => write!(f, "string {text:?}"),
            Self::Mark(mark) => write!(f, "{mark:?}"),
            Self::End => f.write_str("end of input"),
        }
    }
}

/// The longer ones first.
const MARKS: [&str; 25] = [
    "=~", "!~", "!=", "==", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "{",
    "}", "[", "]", ",", ":", "@", ";",
];

pub(super) struct Lexer<'a> {
    left: Peekable<Chars<'a>>,
    /// In square brackets a colon separates; elsewhere it is part of a name.
    brackets: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            left: text.chars().peekable(),
            brackets: 0,
        }
    }

    pub(super) fn all(mut self) -> Result<Vec<Token>, String> {
        let mut tokens = Vec::new();
        while let Some(c) = self.left.peek().copied() {
            let token = match c {
                c if c.is_whitespace() => {
                    self.left.next();
                    continue;
                }
                '#' => {
                    while self.left.next_if(|c| *c != '\n').is_some() {}
                    continue;
                }
                '"' | '\'' | '`' => self.text(c)?,
                c if c.is_ascii_digit() => self.number()?,
                '.' => self.number()?,
                c if self.names(c) => self.word(),
                _ => self.mark()?,
            };
            match token {
                Token::Mark("[") => self.brackets += 1,
                Token::Mark("]") => self.brackets = self.brackets.saturating_sub(1),
                _ => {}
            }
            tokens.push(token);
        }
        Ok(tokens)
    }

    fn names(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || c == '_' || (c == ':' && self.brackets == 0)
    }

    fn run(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut out = String::new();
        while let Some(c) = self.left.next_if(|c| fits(*c)) {
            out.push(c);
        }
        out
    }

    fn word(&mut self) -> Token {
        let colons = self.brackets == 0;
        Token::Word(self.run(|c| c.is_ascii_alphanumeric() || c == '_' || (c == ':' && colons)))
    }

    fn number(&mut self) -> Result<Token, String> {
        let mut text = self.run(|c| c.is_ascii_alphanumeric() || c == '.');
        let signed = text.ends_with(['e', 'E']) && !text.starts_with("0x");
        if signed && let Some(sign) = self.left.next_if(|c| ['+', '-'].contains(c)) {
            text.push(sign);
            text.push_str(&self.run(|c| c.is_ascii_digit()));
        }
        if let Ok(number) = text.parse() {
            return Ok(Token::Number(number));
        }
        duration(&text)
            .map(Token::Duration)
            .ok_or_else(|| format!("bad number or duration syntax: {text:?}"))
    }

    fn text(&mut self, quote: char) -> Result<Token, String> {
        self.left.next();
        let mut out = String::new();
        loop {
            match self.left.next() {
                None => return Err("unterminated quoted string".to_owned()),
                Some(c) if c == quote => return Ok(Token::Text(out)),
                Some('\\') if quote != '`' => out.push(self.escaped()?),
                Some(c) => out.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, String> {
        match self.left.next() {
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some('r') => Ok('\r'),
            Some(c @ ('\\' | '"' | '\'')) => Ok(c),
            Some(c) => Err(format!(
                "unknown escape sequence U+{:04X} {c:?}",
                u32::from(c)
            )),
            None => Err("escape sequence not terminated".to_owned()),
        }
    }

    fn mark(&mut self) -> Result<Token, String> {
        let first = self.left.next().unwrap_or_default();
        let pair: String = [first]
            .into_iter()
            .chain(self.left.peek().copied())
            .collect();
        if let Some(mark) = MARKS.iter().find(|m| **m == pair) {
            self.left.next();
            return Ok(Token::Mark(mark));
        }
        let single = first.to_string();
        let found = MARKS.iter().find(|m| **m == single);
        found
            .map(|mark| Token::Mark(mark))
            .ok_or_else(|| format!("unexpected character: {first:?}"))
    }
}

/// Seconds of `1h30m`.
pub(in crate::demo::metrics) fn duration(text: &str) -> Option<f64> {
    let units = [
        ("ms", 0.001),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3_600.0),
        ("d", 86_400.0),
        ("w", 604_800.0),
        ("y", 31_536_000.0),
    ];
    let mut left = text;
    let mut total = 0.0;
    while !left.is_empty() {
        let digits = left
            .find(|c: char| !c.is_ascii_digit())
            .filter(|n| *n > 0)?;
        let (number, rest) = left.split_at_checked(digits)?;
        let (unit, size) = units.iter().find(|(unit, _)| {
            let after = rest.strip_prefix(unit);
            after.is_some_and(|a| a.is_empty() || a.starts_with(|c: char| c.is_ascii_digit()))
        })?;
        total += number.parse::<f64>().ok()? * size;
        left = rest.strip_prefix(unit)?;
    }
    (!text.is_empty()).then_some(total)
}
