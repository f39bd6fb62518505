//! Objectives that stand in the cluster: resources of sloth and pyrra, and `OpenSLO` in `ConfigMap`s with a label of
//! ours. Watched beside the figures, as sources of their own: one that is not installed, or that may not be read, says
//! so. Does I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::domain::{Clean, DocumentRow, Key, SourceId, WrittenRow};
use crate::fault::FaultKind;
use crate::feed::kube::{Link, Part, Source, Trouble, watched};
use crate::kinds::slo_document::{OPENSLO_LABEL, OpenSloDocuments, PyrraDocuments, SlothDocuments};
use crate::kinds::{Kind, KindSpec};
use crate::slo::{SPOKEN, Slo, spoken};
use crate::store::{Batch, Change, News, Scope, World};

/// News that may wait while they are not read.
const ROOM: usize = 64;

/// Most documents of one kind and namespace that are asked for once.
const MOST: usize = 200;

/// Watches documents until nobody listens any more: what they say goes to `tell`, how they are to the screens.
pub(super) async fn follow(source: Source, tell: watch::Sender<Vec<Slo>>) {
    let (tx, news) = mpsc::channel(ROOM);
    let own = |feed, scope: &str, part| Source {
        id: SourceId {
            feed,
            scope: scope.to_owned(),
            ..source.id.clone()
        },
        part: Part::Want(part),
        tx: tx.clone(),
        ..source.clone()
    };
    let labelled = Scope::Labelled {
        namespace: String::new(),
        selector: OPENSLO_LABEL.to_owned(),
    };
    let sloth = own(SlothDocuments::SPEC.feed, "", Scope::All);
    let pyrra = own(PyrraDocuments::SPEC.feed, "", Scope::All);
    let openslo = own(OpenSloDocuments::SPEC.feed, OPENSLO_LABEL, labelled);
    drop(tx);
    let reader = Reader {
        source,
        tell,
        world: World::default(),
        read: BTreeMap::new(),
    };
    tokio::join!(
        watched::<SlothDocuments>(sloth),
        watched::<PyrraDocuments>(pyrra),
        watched::<OpenSloDocuments>(openslo),
        reader.run(news),
    );
}

/// The objectives of services of these namespaces, asked for once, and why some are not known. What is not installed holds
/// none.
pub(super) async fn once(
    link: &Arc<Link>,
    namespaces: &BTreeSet<String>,
) -> (Vec<Slo>, Vec<Clean>) {
    let (mut slos, mut unread) = (Vec::new(), Vec::new());
    for namespace in namespaces.iter().filter(|name| is_name(name)) {
        let openslo = format!("&labelSelector={OPENSLO_LABEL}");
        let all = [
            of::<SlothDocuments>(link, namespace, "").await,
            of::<PyrraDocuments>(link, namespace, "").await,
            of::<OpenSloDocuments>(link, namespace, &openslo).await,
        ];
        for found in all {
            match found {
                Ok(rows) => slos.extend(rows.iter().flat_map(|row| spoken(row).0)),
                Err(trouble) if trouble.kind == FaultKind::Gone => {}
                Err(trouble) => unread.push(Clean::new(&trouble.what)),
            }
        }
    }
    slos.truncate(SPOKEN);
    unread.dedup();
    (slos, unread)
}

async fn of<K: Kind<Row = DocumentRow>>(
    link: &Arc<Link>,
    namespace: &str,
    only: &str,
) -> Result<Vec<DocumentRow>, Trouble> {
    #[derive(serde::Deserialize)]
    struct List<T> {
        items: Vec<T>,
    }
    let KindSpec {
        group,
        version,
        plural,
        ..
    } = K::SPEC;
    let api = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    let path = format!("{api}/namespaces/{namespace}/{plural}?limit={MOST}{only}");
    let list: List<K::Slim> = link
        .get(&path, &format!("list {plural} in {namespace}"))
        .await?;
    let rows = list.items.into_iter();
    Ok(rows.map(|slim| K::row(&link.target.id, slim)).collect())
}

/// It can stand in a path.
fn is_name(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty() && name.bytes().all(letter)
}

/// What a document said when it was read.
struct Read {
    document: Arc<DocumentRow>,
    slos: Vec<Slo>,
    mistakes: Vec<Clean>,
}

struct Reader {
    source: Source,
    tell: watch::Sender<Vec<Slo>>,
    /// The documents as they came: no screen sees them.
    world: World,
    read: BTreeMap<Key, Read>,
}

impl Reader {
    async fn run(mut self, mut news: mpsc::Receiver<News>) {
        while let Some(one) = news.recv().await {
            let told = match one {
                News::Rows(batch) => {
                    batch.apply(&mut self.world);
                    self.changes()
                }
                News::Forget(id) => {
                    self.world.forget(&id);
                    News::Forget(id)
                }
                other => other,
            };
            if self.source.tx.send(told).await.is_err() {
                return;
            }
        }
    }

    /// Reads what is new, and tells all of it.
    fn changes(&mut self) -> News {
        let documents: Vec<Arc<DocumentRow>> = match self.world.table::<DocumentRow>() {
            Some(table) => table.iter().cloned().collect(),
            None => Vec::new(),
        };
        let mut before = std::mem::take(&mut self.read);
        for document in documents {
            let known = before.remove(&document.key);
            let read = known.filter(|r| r.document == document).unwrap_or_else(|| {
                let (slos, mistakes) = spoken(&document);
                Read {
                    document: document.clone(),
                    slos,
                    mistakes,
                }
            });
            self.read.insert(document.key.clone(), read);
        }
        let (slos, rows) = taken(&self.read);
        self.tell.send_if_modified(|old| {
            let changed = *old != slos;
            *old = slos;
            changed
        });
        let mut changes = vec![Change::Restart];
        changes.extend(rows.into_iter().map(|row| Change::Put(Arc::new(row))));
        changes.push(Change::Swap);
        News::Rows(Box::new(Batch {
            source: self.source.id.clone(),
            changes,
        }))
    }
}

/// The objectives that are asked for, up to a limit that is told, and the row of each document.
fn taken(read: &BTreeMap<Key, Read>) -> (Vec<Slo>, Vec<WrittenRow>) {
    let mut slos: Vec<Slo> = Vec::new();
    let rows = read.iter().map(|(key, read)| {
        let room = SPOKEN.saturating_sub(slos.len()).min(read.slos.len());
        slos.extend(read.slos.iter().take(room).cloned());
        let mut mistakes = read.mistakes.clone();
        if room < read.slos.len() {
            let left = read.slos.len() - room;
            mistakes.push(Clean::new(&format!(
                "{left} of its objectives are left out: {SPOKEN} are measured of a cluster"
            )));
        }
        WrittenRow {
            key: key.clone(),
            object: read.document.object.clone(),
            objectives: room,
            mistakes: mistakes.into(),
        }
    });
    let rows = rows.collect();
    (slos, rows)
}
