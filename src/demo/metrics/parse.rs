//! `PromQL`, as far as it is evaluated here: from text to a tree. Pure. What is not understood is refused in the words
//! of the real parser, never guessed.

mod lexer;

pub(super) use lexer::duration;

use super::expr::{Aggregate, Binary, Expr, Match, Matching, Operator, Selector};
use lexer::{Lexer, Token};

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    let mut parser = Parser {
        tokens: Lexer::new(text).all()?,
        at: 0,
        depth: 0,
    };
    if parser.peek() == &Token::End {
        return Err("no expression found in input".to_owned());
    }
    let expr = parser.binary(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        other => Err(format!("unexpected {other}")),
    }
}

/// Expressions in one another, at most.
const DEEPEST: usize = 60;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

const AGGREGATES: [(&str, Aggregate); 5] = [
    ("sum", Aggregate::Sum),
    ("count", Aggregate::Count),
    ("max", Aggregate::Max),
    ("min", Aggregate::Min),
    ("avg", Aggregate::Average),
];

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn eat(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Token::Mark(m) if *m == mark);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, mark: &str, place: &str) -> Result<(), String> {
        if self.eat(mark) {
            return Ok(());
        }
        Err(format!(
            "unexpected {} in {place}, expected {mark:?}",
            self.peek()
        ))
    }

    /// Operators that bind at least so tightly.
    fn binary(&mut self, least: u8) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("expression is nested too deeply".to_owned());
        }
        let mut left = self.unary()?;
        while let Some((operator, strength)) = self.operator() {
            if strength < least {
                break;
            }
            self.at += 1;
            let boolean = operator.compares() && self.word("bool");
            let matching = self.matching()?;
            // the power binds to the right, all others to the left
            let next = if operator == Operator::Power {
                strength
            } else {
                strength + 1
            };
            let right = self.binary(next)?;
            left = Expr::Binary(Box::new(Binary {
                operator,
                boolean,
                matching,
                left,
                right,
            }));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let word = match self.peek() {
            Token::Mark(mark) => (*mark).to_owned(),
            Token::Word(word) => word.to_ascii_lowercase(),
            _ => return None,
        };
        Operator::read(&word)
    }

    fn matching(&mut self) -> Result<Matching, String> {
        let mut matching = Matching::default();
        if self.word("on") {
            matching.on = true;
            matching.labels = self.names("binary expression")?;
        } else if self.word("ignoring") {
            matching.labels = self.names("binary expression")?;
        } else {
            return Ok(matching);
        }
        let left = self.word("group_left");
        if left || self.word("group_right") {
            let open = matches!(self.peek(), Token::Mark("("));
            let names = if open {
                self.names("binary expression")?
            } else {
                Vec::new()
            };
            matching.group = Some((left, names));
        }
        Ok(matching)
    }

    fn names(&mut self, place: &str) -> Result<Vec<String>, String> {
        self.need("(", place)?;
        let mut names = Vec::new();
        while !self.eat(")") {
            match self.take() {
                Token::Word(name) => names.push(name),
                other => {
                    return Err(format!(
                        "unexpected {other} in grouping opts, expected label"
                    ));
                }
            }
            if !self.eat(",") {
                self.need(")", "grouping opts")?;
                break;
            }
        }
        Ok(names)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        if self.eat("-") {
            // a power binds more tightly than a sign
            let inner = self.binary(6)?;
            return Ok(Expr::Negative(Box::new(inner)));
        }
        if self.eat("+") {
            return self.binary(6);
        }
        let expr = self.primary()?;
        self.postfix(expr)
    }

    fn primary(&mut self) -> Result<Expr, String> {
        match self.take() {
            Token::Number(n) => Ok(Expr::Number(n)),
            Token::Text(t) => Ok(Expr::Text(t)),
            Token::Mark("(") => {
                let inner = self.binary(0)?;
                self.need(")", "paren expression")?;
                Ok(inner)
            }
            Token::Mark("{") => {
                self.at -= 1;
                self.selector("")
            }
            Token::Word(word) => self.named(&word),
            other => Err(format!("unexpected {other}")),
        }
    }

    fn named(&mut self, word: &str) -> Result<Expr, String> {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "inf" => return Ok(Expr::Number(f64::INFINITY)),
            "nan" => return Ok(Expr::Number(f64::NAN)),
            _ => {}
        }
        let aggregate = AGGREGATES.iter().find(|(name, _)| *name == lower);
        let grouped = matches!(self.peek(), Token::Word(w) if ["by", "without"].contains(&w.to_ascii_lowercase().as_str()));
        let open = matches!(self.peek(), Token::Mark("("));
        if let Some((_, operation)) = aggregate.filter(|_| grouped || open) {
            return self.aggregate(*operation);
        }
        if open {
            self.at += 1;
            let mut arguments = Vec::new();
            while !self.eat(")") {
                arguments.push(self.binary(0)?);
                if !self.eat(",") {
                    self.need(")", "function call")?;
                    break;
                }
            }
            return Ok(Expr::Call(word.to_owned(), arguments));
        }
        self.selector(word)
    }

    fn aggregate(&mut self, operation: Aggregate) -> Result<Expr, String> {
        let mut grouping = self.grouping()?;
        self.need("(", "aggregation")?;
        let inner = self.binary(0)?;
        self.need(")", "aggregation")?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let (without, labels) = grouping.unwrap_or_default();
        Ok(Expr::Aggregate(
            operation,
            (without, labels),
            Box::new(inner),
        ))
    }

    fn grouping(&mut self) -> Result<Option<(bool, Vec<String>)>, String> {
        let without = self.word("without");
        if !without && !self.word("by") {
            return Ok(None);
        }
        Ok(Some((without, self.names("aggregation")?)))
    }

    fn selector(&mut self, name: &str) -> Result<Expr, String> {
        let mut matchers = Vec::new();
        if !name.is_empty() {
            matchers.push(Match::new("__name__", "=", name)?);
        }
        if self.eat("{") {
            while !self.eat("}") {
                let label = match self.take() {
                    Token::Word(label) => label,
                    other => {
                        return Err(format!(
                            "unexpected {other} in label matching, expected identifier or \"}}\""
                        ));
                    }
                };
                let operator = match self.take() {
                    Token::Mark(mark @ ("=" | "!=" | "=~" | "!~")) => mark,
                    other => {
                        return Err(format!(
                            "unexpected {other} in label matching, expected label matching operator"
                        ));
                    }
                };
                let Token::Text(value) = self.take() else {
                    return Err("unexpected token in label matching, expected string".to_owned());
                };
                matchers.push(Match::new(&label, operator, &value)?);
                if !self.eat(",") {
                    self.need("}", "label matching")?;
                    break;
                }
            }
        }
        if matchers.iter().all(Match::accepts_nothing) {
            return Err("vector selector must contain at least one non-empty matcher".to_owned());
        }
        Ok(Expr::Select(Selector {
            matchers,
            range: None,
            offset: 0.0,
        }))
    }

    fn postfix(&mut self, mut expr: Expr) -> Result<Expr, String> {
        loop {
            if self.eat("[") {
                expr = self.range(expr)?;
            } else if self.word("offset") {
                let back = self.eat("-");
                let by = self.duration()?;
                let by = if back { -by } else { by };
                match &mut expr {
                    Expr::Select(selector) => selector.offset = by,
                    Expr::Subquery { offset, .. } => *offset = by,
                    _ => return Err("offset modifier must be preceded by an instant vector selector or range vector selector or a subquery".to_owned()),
                }
            } else if matches!(self.peek(), Token::Mark("@")) {
                return Err("unexpected \"@\": the modifier is not supported here".to_owned());
            } else {
                return Ok(expr);
            }
        }
    }

    fn range(&mut self, expr: Expr) -> Result<Expr, String> {
        let range = self.duration()?;
        if self.eat(":") {
            let step = if self.eat("]") { 0.0 } else { self.duration()? };
            if step > 0.0 {
                self.need("]", "subquery selector")?;
            }
            return Ok(Expr::Subquery {
                inner: Box::new(expr),
                range,
                step,
                offset: 0.0,
            });
        }
        self.need("]", "subquery or range")?;
        match expr {
            Expr::Select(mut selector) if selector.range.is_none() => {
                selector.range = Some(range);
                Ok(Expr::Select(selector))
            }
            _ => Err("ranges only allowed for vector selectors".to_owned()),
        }
    }

    fn duration(&mut self) -> Result<f64, String> {
        match self.take() {
            Token::Duration(seconds) if seconds > 0.0 => Ok(seconds),
            Token::Duration(_) => Err("duration must be greater than 0".to_owned()),
            other => Err(format!("unexpected {other}, expected duration")),
        }
    }
}
