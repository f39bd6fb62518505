//! What the model does around a line that is typed: asks, checks, keeps. Pure.

use super::Model;
use super::guard;
use super::note::Note;
use super::prompt::Prompt;
use super::screen::Question;

/// Lines kept to be called up again, for each kind of question.
const KEPT: usize = 50;

impl Model {
    /// Asks for a line of text.
    pub(super) fn ask(&mut self, question: Question) {
        if question.text == "@" && self.settings.filters.is_empty() {
            let text =
                "no filter is saved: write NAME = \"FILTER\" below [filters] in the settings";
            self.notes.tell(Note::warn(text), self.now);
            return;
        }
        let past = self.lines.get(question.label).cloned().unwrap_or_default();
        self.prompt = Some(Prompt::new(question).with_past(past));
        self.check_prompt();
    }

    /// Asks the screen what it thinks of the line.
    pub(super) fn check_prompt(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        let (text, cursor) = (prompt.text().to_owned(), prompt.cursor());
        if self.guard.asks() {
            let checked = guard::check(self, &text);
            if let Some(prompt) = &mut self.prompt {
                prompt.check(checked);
            }
            return;
        }
        let checked = self
            .screen_mut()
            .map(|(screen, ctx)| screen.check(&text, cursor, &ctx));
        if let (Some(prompt), Some(checked)) = (&mut self.prompt, checked) {
            prompt.check(checked);
        }
    }

    /// The line is complete, or dropped.
    pub(super) fn end_prompt(&mut self, kept: bool) {
        let Some(prompt) = self.prompt.take() else {
            return;
        };
        let text = prompt.text().to_owned();
        if self.guard.asks() {
            guard::answered(self, &text, kept);
            return;
        }
        if kept && !text.trim().is_empty() {
            let lines = self.lines.entry(prompt.question.label).or_default();
            lines.retain(|line| *line != text);
            lines.push(text);
            if lines.len() > KEPT {
                lines.remove(0);
            }
        }
        if let Some((screen, _)) = self.screen_mut() {
            screen.answered(kept);
        }
    }
}
