//! The tree of an expression. Pure.

use regex::Regex;

use super::series::Labels;

#[derive(Debug)]
pub(super) enum Expr {
    Number(f64),
    Text(String),
    Select(Selector),
    Subquery {
        inner: Box<Expr>,
        range: f64,
        /// 0 for the server's own.
        step: f64,
        offset: f64,
    },
    Call(String, Vec<Expr>),
    /// What is done, whether labels are left out instead of kept, the labels.
    Aggregate(Aggregate, (bool, Vec<String>), Box<Expr>),
    Binary(Box<Binary>),
    Negative(Box<Expr>),
}

#[derive(Debug)]
pub(super) struct Selector {
    pub(super) matchers: Vec<Match>,
    /// Seconds; none for an instant.
    pub(super) range: Option<f64>,
    pub(super) offset: f64,
}

#[derive(Debug)]
pub(super) struct Match {
    label: String,
    negative: bool,
    wanted: Wanted,
}

#[derive(Debug)]
enum Wanted {
    Text(String),
    Pattern(Regex),
}

impl Selector {
    /// Labels that a series has to have just so, but for its name: what `absent` tells of one that is not there.
    pub(super) fn equalities(&self) -> Labels {
        let mut found = Labels::new();
        for one in &self.matchers {
            if let (Wanted::Text(text), false) = (&one.wanted, one.negative)
                && one.label != "__name__"
                && !text.is_empty()
            {
                found.insert(one.label.clone(), text.clone());
            }
        }
        found
    }
}

impl Match {
    pub(super) fn new(label: &str, operator: &str, value: &str) -> Result<Self, String> {
        let wanted = if operator.ends_with('~') {
            let whole = format!("^(?s:{value})$");
            let pattern = Regex::new(&whole)
                .map_err(|_| format!("error parsing regexp: invalid pattern: `{value}`"))?;
            Wanted::Pattern(pattern)
        } else {
            Wanted::Text(value.to_owned())
        };
        Ok(Self {
            label: label.to_owned(),
            negative: operator.starts_with('!'),
            wanted,
        })
    }

    fn accepts(&self, value: &str) -> bool {
        let found = match &self.wanted {
            Wanted::Text(text) => text == value,
            Wanted::Pattern(pattern) => pattern.is_match(value),
        };
        found != self.negative
    }

    /// Whether a series without the label passes.
    pub(super) fn accepts_nothing(&self) -> bool {
        self.accepts("")
    }

    pub(super) fn fits(&self, labels: &Labels) -> bool {
        self.accepts(labels.get(&self.label).map_or("", String::as_str))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Count,
    Max,
    Min,
    Average,
}

#[derive(Debug)]
pub(super) struct Binary {
    pub(super) operator: Operator,
    pub(super) boolean: bool,
    pub(super) matching: Matching,
    pub(super) left: Expr,
    pub(super) right: Expr,
}

/// Which samples of both sides belong together.
#[derive(Debug, Default)]
pub(super) struct Matching {
    /// By these labels alone; else by all but these.
    pub(super) on: bool,
    pub(super) labels: Vec<String>,
    /// Many on one side (true: the left one), and labels taken from the other.
    pub(super) group: Option<(bool, Vec<String>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Unless,
    Equal,
    NotEqual,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Plus,
    Minus,
    Times,
    Divided,
    Modulo,
    Power,
}

impl Operator {
    /// The operator of a word, and how tightly it binds.
    pub(super) fn read(word: &str) -> Option<(Self, u8)> {
        let all = [
            ("or", Self::Or, 1),
            ("and", Self::And, 2),
            ("unless", Self::Unless, 2),
            ("==", Self::Equal, 3),
            ("!=", Self::NotEqual, 3),
            ("<", Self::Less, 3),
            (">", Self::Greater, 3),
            ("<=", Self::AtMost, 3),
            (">=", Self::AtLeast, 3),
            ("+", Self::Plus, 4),
            ("-", Self::Minus, 4),
            ("*", Self::Times, 5),
            ("/", Self::Divided, 5),
            ("%", Self::Modulo, 5),
            ("^", Self::Power, 6),
        ];
        let found = all.iter().find(|(w, ..)| *w == word);
        found.map(|(_, operator, strength)| (*operator, *strength))
    }

    pub(super) fn compares(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Less
                | Self::Greater
                | Self::AtMost
                | Self::AtLeast
        )
    }

    pub(super) fn is_of_sets(self) -> bool {
        matches!(self, Self::Or | Self::And | Self::Unless)
    }

    /// The value of two numbers, 1 or 0 for a comparison.
    #[allow(clippy::float_cmp)] // as the real one compares
    pub(super) fn of(self, a: f64, b: f64) -> f64 {
        let truth = |yes: bool| f64::from(u8::from(yes));
        match self {
            Self::Plus => a + b,
            Self::Minus => a - b,
            Self::Times => a * b,
            Self::Divided => a / b,
            Self::Modulo => a % b,
            Self::Power => a.powf(b),
            Self::Equal => truth(a == b),
            Self::NotEqual => truth(a != b),
            Self::Less => truth(a < b),
            Self::Greater => truth(a > b),
            Self::AtMost => truth(a <= b),
            Self::AtLeast => truth(a >= b),
            Self::Or | Self::And | Self::Unless => f64::NAN,
        }
    }
}
