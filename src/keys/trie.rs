//! Sequences of chords and what they give: one tree, in which nothing that is bound begins something else. Pure.

use std::collections::BTreeMap;

use super::Chord;

/// A tree of sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trie<T> {
    next: BTreeMap<Chord, Node<T>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node<T> {
    End(T),
    More(Trie<T>),
}

/// Where a sequence leads.
#[derive(Debug)]
pub enum Hit<'a, T> {
    /// To this.
    End(&'a T),
    /// To the beginning of others.
    More(&'a Trie<T>),
    /// Nowhere.
    Nothing,
}

/// A sequence cannot be bound next to what is bound already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash<'a, T> {
    /// It is bound itself.
    Same(&'a T),
    /// Its first chords, so many of them, are bound.
    Longer(&'a T, usize),
    /// It begins others.
    Shorter,
    /// It has no chord.
    Empty,
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self {
            next: BTreeMap::new(),
        }
    }
}

impl<T> Trie<T> {
    /// Where a sequence leads.
    #[must_use]
    pub fn find(&self, sequence: &[Chord]) -> Hit<'_, T> {
        let [first, rest @ ..] = sequence else {
            return Hit::More(self);
        };
        match self.next.get(first) {
            Some(Node::More(more)) => more.find(rest),
            Some(Node::End(value)) if rest.is_empty() => Hit::End(value),
            Some(Node::End(_)) | None => Hit::Nothing,
        }
    }

    /// What stands in the way of binding a sequence.
    #[must_use]
    pub fn clash(&self, sequence: &[Chord]) -> Option<Clash<'_, T>> {
        if sequence.is_empty() {
            return Some(Clash::Empty);
        }
        let mut at = self;
        for (done, chord) in sequence.iter().enumerate() {
            match at.next.get(chord)? {
                Node::End(value) if done + 1 == sequence.len() => return Some(Clash::Same(value)),
                Node::End(value) => return Some(Clash::Longer(value, done + 1)),
                Node::More(more) => at = more,
            }
        }
        Some(Clash::Shorter)
    }

    /// Binds a sequence; false, and nothing changes, when something stands in the way.
    pub fn bind(&mut self, sequence: &[Chord], value: T) -> bool {
        if self.clash(sequence).is_some() {
            return false;
        }
        self.put(sequence, value);
        true
    }

    fn put(&mut self, sequence: &[Chord], value: T) {
        match sequence {
            [] => {}
            [last] => {
                self.next.insert(*last, Node::End(value));
            }
            [first, rest @ ..] => {
                let node = self
                    .next
                    .entry(*first)
                    .or_insert_with(|| Node::More(Self::default()));
                if let Node::More(more) = node {
                    more.put(rest, value);
                }
            }
        }
    }

    /// The chords that lead on from here, and where to.
    pub fn steps(&self) -> impl Iterator<Item = (Chord, Hit<'_, T>)> {
        self.next.iter().map(|(chord, node)| match node {
            Node::End(value) => (*chord, Hit::End(value)),
            Node::More(more) => (*chord, Hit::More(more)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Chord> {
        text.chars().map(Chord::char).collect()
    }

    #[test]
    fn a_sequence_leads_to_its_value_and_its_beginning_to_more() {
        let mut trie = Trie::default();
        assert!(trie.bind(&keys("gg"), 1) && trie.bind(&keys("ge"), 2) && trie.bind(&keys("x"), 3));
        assert!(matches!(trie.find(&keys("gg")), Hit::End(1)));
        assert!(matches!(trie.find(&keys("g")), Hit::More(more) if more.steps().count() == 2));
        for nothing in ["y", "gx", "xx", "ggg"] {
            assert!(
                matches!(trie.find(&keys(nothing)), Hit::Nothing),
                "{nothing}"
            );
        }
    }

    #[test]
    fn nothing_bound_begins_another() {
        let mut trie = Trie::default();
        assert!(trie.bind(&keys("ab"), 1));
        assert_eq!(trie.clash(&keys("ab")), Some(Clash::Same(&1)));
        assert_eq!(trie.clash(&keys("abc")), Some(Clash::Longer(&1, 2)));
        assert_eq!(trie.clash(&keys("a")), Some(Clash::Shorter));
        assert_eq!(trie.clash(&[]), Some(Clash::Empty));
        assert!(!trie.bind(&keys("a"), 2) && !trie.bind(&keys("abc"), 2));
        assert!(trie.bind(&keys("ac"), 2));
    }
}
