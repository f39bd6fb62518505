//! What a filter sees of a row of a list, and what can be written in one. Pure; the list, and scripts that narrow the
//! same rows.

use std::collections::{BTreeMap, BTreeSet};

use super::{ListScreen, Listing};
use crate::app::column::Cell;
use crate::app::screen::{Checked, Ctx};
use crate::domain::{Labels, Row};
use crate::settings::Settings;
use crate::store::{
    Field, Filter, FilterMistake, Finder, Grammar, Piece, Rank, Sought, Subject, Table, quoted,
};

/// Most completions offered.
const OFFERED: usize = 50;

/// Rows looked at for values: they are to be offered before the next letter is typed.
const SCANNED: usize = 5_000;

/// Different values looked at to be offered: a column of ten thousand names is not worth more.
const LOOKED_AT: usize = 2_000;

/// The columns of a list, as a filter knows them.
#[must_use]
pub fn fields<L: Listing>() -> Vec<Field> {
    L::columns()
        .iter()
        .map(|column| Field {
            id: column.id,
            measure: column.size.as_ref().map(|size| size.measure),
        })
        .collect()
}

/// Reads a filter for a list.
pub fn parse<L: Listing>(text: &str, settings: &Settings) -> Result<Filter, FilterMistake> {
    let grammar = Grammar {
        fields: &fields::<L>(),
        saved: &settings.filters,
    };
    Filter::parse(text, &grammar)
}

/// Reads a filter that may be half typed: what of it is right, and what is wrong.
pub(super) fn right_part<L: Listing>(
    text: &str,
    settings: &Settings,
) -> (Filter, Option<FilterMistake>) {
    let grammar = Grammar {
        fields: &fields::<L>(),
        saved: &settings.filters,
    };
    Filter::right_part(text, &grammar)
}

/// How well a row fits a filter; `None` when it does not pass.
#[must_use]
pub fn rank<L: Listing>(
    filter: &Filter,
    row: &L::Row,
    ctx: &Ctx<'_>,
    finder: &mut Finder,
) -> Option<Rank> {
    if filter.is_empty() {
        return Some(Rank::default());
    }
    filter.rank(&Looked::<L> { row, ctx }, finder)
}

impl<L: Listing> ListScreen<L> {
    /// Why a filter may let nothing through: a state that no row can have.
    #[must_use]
    pub fn no_such_state(&self, ctx: &Ctx<'_>) -> Option<String> {
        let column = L::columns().iter().find(|c| c.id == "state")?;
        let cells: Vec<_> = self.all.iter().map(|r| (column.cell)(r, ctx)).collect();
        let seen: BTreeSet<&str> = cells.iter().map(Cell::word).collect();
        let known: Vec<&str> = L::STATES.iter().copied().chain(seen).collect();
        let (word, near) = self.narrowed().stranger("state", &known)?;
        match near {
            Some(near) => Some(format!(
                "no state is {word}; did you mean {}?",
                near.to_lowercase()
            )),
            None if L::STATES.is_empty() => None,
            None => Some(format!(
                "no state is {word}; there are {}",
                L::STATES.join(", ").to_lowercase()
            )),
        }
    }
}

/// A row of a list, as a filter looks at it.
struct Looked<'a, L: Listing> {
    row: &'a L::Row,
    ctx: &'a Ctx<'a>,
}

impl<L: Listing> Subject for Looked<'_, L> {
    fn name(&self) -> &str {
        self.row.name()
    }
    fn namespace(&self) -> &str {
        &self.row.key().namespace
    }
    fn cluster(&self) -> &str {
        self.row.key().cluster.as_str()
    }
    fn column(&self, index: usize, see: &mut dyn FnMut(&str)) {
        if let Some(column) = L::columns().get(index) {
            see((column.cell)(self.row, self.ctx).word());
        }
    }
    fn value(&self, index: usize) -> Option<i64> {
        let size = L::columns().get(index)?.size.as_ref()?;
        (size.of)(self.row, self.ctx)
    }
    fn labels(&self) -> &Labels {
        self.row.labels()
    }
}

/// What is wrong with a filter that is being typed, and how it could go on.
#[must_use]
pub fn check<L: Listing>(text: &str, cursor: usize, ctx: &Ctx<'_>) -> Checked {
    let grammar = Grammar {
        fields: &fields::<L>(),
        saved: &ctx.settings.filters,
    };
    let piece = Piece::at(text, cursor, &grammar);
    Checked {
        mistake: Filter::parse(text, &grammar)
            .err()
            .map(|wrong| (wrong.at, wrong.what)),
        completions: completions::<L>(&piece, &grammar, ctx),
        from: piece.from,
    }
}

fn completions<L: Listing>(piece: &Piece, grammar: &Grammar<'_>, ctx: &Ctx<'_>) -> Vec<String> {
    let typed = piece.typed.to_lowercase();
    let known: Vec<String> = match &piece.sought {
        Sought::Field => grammar.ids().iter().map(|id| format!("{id}:")).collect(),
        Sought::Saved => grammar.saved.keys().map(|name| quoted(name)).collect(),
        Sought::Nothing => Vec::new(),
        sought => values::<L>(sought, &typed, ctx),
    };
    // what begins like this comes before what only holds it
    let (mut begin, hold): (Vec<String>, Vec<String>) = known
        .into_iter()
        .filter(|word| word.to_lowercase().contains(&typed))
        .partition(|word| word.to_lowercase().starts_with(&typed));
    if piece.sought != Sought::Field || typed.len() > 1 {
        begin.extend(hold);
    }
    begin.truncate(OFFERED);
    begin
}

/// Values that rows have in a place, those of most rows first.
fn values<L: Listing>(sought: &Sought, typed: &str, ctx: &Ctx<'_>) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut see = |text: &str| {
        if let Some(count) = seen.get_mut(text) {
            *count += 1;
            return;
        }
        let nothing = text.is_empty() || text == "-";
        if !nothing && seen.len() < LOOKED_AT && text.to_lowercase().contains(typed) {
            seen.insert(text.to_owned(), 1);
        }
    };
    for row in ctx
        .world
        .table::<L::Row>()
        .into_iter()
        .flat_map(Table::iter)
        .take(SCANNED)
    {
        let looked = Looked::<L> { row, ctx };
        match sought {
            Sought::Column(index) => looked.column(*index, &mut see),
            Sought::Name => see(looked.name()),
            Sought::Namespace => see(looked.namespace()),
            Sought::Cluster => see(looked.cluster()),
            Sought::LabelKey => looked.labels().iter().for_each(|(key, _)| see(key)),
            Sought::LabelValue(key) => {
                let mine = |(k, _): &(&str, &str)| k == key || k.ends_with(&format!("/{key}"));
                looked
                    .labels()
                    .iter()
                    .filter(mine)
                    .for_each(|(_, v)| see(v));
            }
            Sought::Field | Sought::Saved | Sought::Nothing => {}
        }
    }
    let mut seen: Vec<(String, usize)> = seen.into_iter().collect();
    seen.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let written = |text: &str| match sought {
        Sought::LabelKey => text.to_owned(),
        _ => quoted(text),
    };
    seen.iter().map(|(text, _)| written(text)).collect()
}
