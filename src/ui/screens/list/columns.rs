//! Which columns have room, and how wide they are. Pure.

use crate::app::list::{Column, ListScreen, Listing};
use crate::app::screen::Ctx;

/// Cells between two columns.
pub const GAP: u16 = 2;

/// Columns that have room, with their widths.
pub fn fitting<L: Listing>(width: u16, ctx: &Ctx<'_>) -> Vec<(usize, u16)> {
    let all = L::columns();
    let one_cluster = ctx.clusters.len() < 2;
    let chosen = ListScreen::<L>::columns(ctx);
    let known = |i: &usize| {
        all.get(*i)
            .is_some_and(|c| !(one_cluster && c.id == "cluster"))
    };
    let mut kept: Vec<usize> = chosen.into_iter().filter(known).collect();
    while need(all, &kept) > width {
        let drop = |i: &usize| all.get(*i).map_or(0, |c| c.drop);
        let last = kept
            .iter()
            .copied()
            .filter(|i| drop(i) > 0)
            .max_by_key(drop);
        let Some(worst) = last else { break };
        kept.retain(|i| *i != worst);
    }
    let room = u32::from(width.saturating_sub(need(all, &kept)));
    let columns = || kept.iter().filter_map(|&i| all.get(i).map(|c| (i, c)));
    let shares: u32 = columns().map(|(_, c)| u32::from(c.grow)).sum();
    let mut left = room;
    let mut widths = Vec::new();
    for (i, column) in columns() {
        let share = (room * u32::from(column.grow))
            .checked_div(shares)
            .unwrap_or(0);
        left -= share;
        widths.push((i, column.min + u16::try_from(share).unwrap_or(0)));
    }
    if let Some(last) = widths.last_mut() {
        last.1 += u16::try_from(left).unwrap_or(0);
    }
    widths
}

fn need<R>(all: &[Column<R>], kept: &[usize]) -> u16 {
    let widths = kept.iter().filter_map(|&i| all.get(i)).map(|c| c.min + GAP);
    widths.sum::<u16>().saturating_sub(GAP)
}
