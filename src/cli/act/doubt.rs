//! Actions of earlier sessions whose end is not known: those on the same object are looked at before anything else is
//! done to it. I/O.

use super::tell;
use crate::act::{Journal, Plane, Wire};
use crate::plan::{Ask, Entry, Halt, HaltKind, Target, Verdict};

/// Finds out what became of them, and tells. Stops when that cannot be told.
pub(super) async fn settle<W: Wire + 'static>(
    plane: &Plane<W>,
    journal: &Journal,
    ask: &Ask,
) -> Result<(), Halt> {
    let reading = journal
        .read()
        .map_err(|error| Halt::new(HaltKind::Journal, &error.to_string()).hint(&error.hint()))?;
    if !reading.mistakes.is_empty() {
        let many = reading.mistakes.len();
        tell(&format!(
            "the journal is not as it was written ({many} findings): midwatch audit verify names them"
        ));
    }
    let entries = Entry::fold(reading.records.iter());
    let open: Vec<&Entry> = entries.iter().filter(|e| e.in_doubt()).collect();
    if open.is_empty() {
        return Ok(());
    }
    let (own, others): (Vec<&Entry>, Vec<&Entry>) = open
        .into_iter()
        .partition(|entry| is_target(&entry.intent.target, ask));
    if !others.is_empty() {
        tell(&format!(
            "{} other actions in doubt: midwatch audit list --doubt",
            others.len()
        ));
    }
    for entry in own {
        one(plane, entry).await?;
    }
    Ok(())
}

fn is_target(target: &Target, ask: &Ask) -> bool {
    target.group == ask.resource.group
        && target.resource == ask.resource.plural
        && target.name == ask.name
        && (target.namespace.is_empty() || target.namespace == ask.namespace)
}

async fn one<W: Wire + 'static>(plane: &Plane<W>, entry: &Entry) -> Result<(), Halt> {
    let now = plane.wire().cluster().await;
    let now = now.map_err(|fault| Halt::new(HaltKind::Unreachable, &fault.what))?;
    if entry.intent.cluster.differs(&now).is_some() {
        return Ok(());
    }
    let (action, id) = (&entry.intent.action, &entry.id);
    let ended = plane.resolve(entry).await.map_err(|fault| {
        Halt::new(HaltKind::Blocked, &fault.what).hint(&format!("midwatch audit show {id}"))
    })?;
    tell(&format!(
        "{action} of {} at {} ({id}) was in doubt: {}: {}",
        entry.intent.target.words(),
        entry.at,
        ended.verdict.words(),
        ended.what
    ));
    if ended.verdict == Verdict::Unknown {
        let text = format!("What became of {action} ({id}) cannot be told by looking");
        let hint = "Look at the object yourself; then ask again, and it is done";
        return Err(Halt::new(HaltKind::Blocked, &text).hint(hint));
    }
    Ok(())
}
