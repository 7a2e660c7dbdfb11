//! `linearize`: a user's own history, judged.

use super::arguments::{Format as Layout, Linearize, Model as Named, Session};
use super::{Exit, Host};
use crate::history::file::{
    CAS, FENCED_LOCK, Format, KEY_VALUE, LOCK, REGISTER, Recorded, Told, Vocabulary, read,
};
use crate::history::{
    Answer, Broken, Budget, Contradiction, FencedLock, Guarantee, Keyed, Lock, Model, OperationId,
    Register, RegisterCall, RegisterReply, SessionError, Unfinished, linearizable, sequential,
    sessions,
};
use crate::report::terminal;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::io::Read;

/// So many operations of a prefix are printed, the last ones.
const PREFIX_SHOWN: usize = 10;

impl Host<'_> {
    /// Obeys `linearize`.
    pub fn linearize(&mut self, what: &Linearize) -> Exit {
        let registers = Keyed::new(Register::default());
        if !what.guarantee.is_empty() {
            return match what.model {
                Named::Register => self.judge_sessions(what, &REGISTER),
                Named::Cas => self.judge_sessions(what, &CAS),
                Named::KeyValue => self.judge_sessions(what, &KEY_VALUE),
                Named::Lock | Named::FencedLock => {
                    let sentence = "session guarantees are judged of reads and writes, and a lock \
                                    has none: use --model register or key-value";
                    self.terminal.error(sentence);
                    Exit::Usage
                }
            };
        }
        match what.model {
            Named::Register => self.judge(what, &registers, &REGISTER),
            Named::Cas => self.judge(what, &registers, &CAS),
            Named::KeyValue => self.judge(what, &registers, &KEY_VALUE),
            Named::Lock => self.judge(what, &Keyed::new(Lock), &LOCK),
            Named::FencedLock => self.judge(what, &Keyed::new(FencedLock), &FENCED_LOCK),
        }
    }

    fn judge<M, C, R>(&mut self, what: &Linearize, model: &M, words: &Vocabulary<C, R>) -> Exit
    where
        M: Model<Call = (String, C), Reply = R, Key = String>,
    {
        let recorded = match self.recorded(what, words) {
            Ok(recorded) => recorded,
            Err(exit) => return exit,
        };
        let budget = Budget { configurations: what.budget, ..Budget::default() };
        let found = match what.sequential {
            false => Found::of(linearizable(model, &recorded.history, budget), Some),
            true => Found::of(sequential(model, &recorded.history, budget), |()| None),
        };
        let report = Report { what, told: &recorded.told, clients: recorded.clients };
        match what.json {
            true => self.terminal.print(&report.json(&found).to_string()),
            false => self.terminal.print(&report.text(&found)),
        }
        match found {
            Found::Holds => Exit::AsExpected,
            Found::Broken(_) | Found::Contradiction(_) => Exit::Failed,
            Found::GaveUp(_) => Exit::Inconclusive,
        }
    }

    fn judge_sessions(
        &mut self,
        what: &Linearize,
        words: &Vocabulary<RegisterCall<String>, RegisterReply<String>>,
    ) -> Exit {
        let recorded = match self.recorded(what, words) {
            Ok(recorded) => recorded,
            Err(exit) => return exit,
        };
        let found = match sessions(&recorded.history, &guarantees(&what.guarantee)) {
            Ok(None) => Found::Holds,
            Ok(Some(contradiction)) => Found::Contradiction(contradiction),
            Err(error) => {
                let place = match error {
                    SessionError::WrittenTwice(_, id) | SessionError::NotReadOrWrite(id) => {
                        format!(":{}", recorded.told[id.0 as usize].line)
                    }
                    SessionError::TooLong => String::new(),
                };
                self.terminal.error(&format!("{}{place}: {error}", name(what)));
                return Exit::Usage;
            }
        };
        let report = Report { what, told: &recorded.told, clients: recorded.clients };
        match what.json {
            true => self.terminal.print(&report.json(&found).to_string()),
            false => self.terminal.print(&report.text(&found)),
        }
        match found {
            Found::Holds => Exit::AsExpected,
            _ => Exit::Failed,
        }
    }

    /// What the file tells, if that is anything that can be judged.
    fn recorded<C, R>(
        &mut self,
        what: &Linearize,
        words: &Vocabulary<C, R>,
    ) -> Result<Recorded<C, R>, Exit> {
        let name = name(what);
        let mut text = String::new();
        let came = match what.file.as_os_str() == "-" {
            true => std::io::stdin().lock().read_to_string(&mut text),
            false => std::fs::File::open(&what.file).and_then(|mut f| f.read_to_string(&mut text)),
        };
        if let Err(error) = came {
            self.terminal.error(&format!("cannot read the history {name}: {error}"));
            return Err(Exit::Usage);
        }
        let is_csv = what.file.extension().is_some_and(|extension| extension == "csv");
        let format = match (what.format, is_csv) {
            (Some(Layout::Csv), _) | (None, true) => Format::Csv,
            (Some(Layout::Jsonl), _) | (None, false) => Format::JsonLines,
        };
        let recorded = read(&text, format, words).map_err(|error| {
            let problem = terminal(&error.problem).into_owned();
            self.terminal.error(&format!("{name}:{}: {problem}", error.line));
            Exit::Usage
        })?;
        if recorded.told.is_empty() {
            self.terminal.error("there is no operation in this history: nothing was judged");
            return Err(Exit::Vacuous);
        }
        if recorded.told.iter().all(|told| told.answered.is_none()) {
            let sentence = "no operation of this history is known to have happened: any order \
                            explains it, and nothing was judged";
            self.terminal.error(sentence);
            return Err(Exit::Vacuous);
        }
        Ok(recorded)
    }
}

fn guarantees(named: &[Session]) -> Vec<Guarantee> {
    let of = |named: &Session| match named {
        Session::ReadYourWrites => vec![Guarantee::ReadYourWrites],
        Session::MonotonicReads => vec![Guarantee::MonotonicReads],
        Session::MonotonicWrites => vec![Guarantee::MonotonicWrites],
        Session::WritesFollowReads => vec![Guarantee::WritesFollowReads],
        Session::Causal => Guarantee::ALL.to_vec(),
    };
    named.iter().flat_map(of).collect()
}

fn name(what: &Linearize) -> String {
    match what.file.as_os_str() == "-" {
        true => "<stdin>".to_owned(),
        false => terminal(&what.file.display().to_string()).into_owned(),
    }
}

/// An answer, whichever question it is to: keys are names or nothing, states are text.
enum Found {
    Holds,
    Broken(Broken<Option<String>, String>),
    Contradiction(Contradiction),
    GaveUp(Vec<Unfinished<Option<String>>>),
}

impl Found {
    fn of<K, S: Debug>(answer: Answer<K, S>, key: fn(K) -> Option<String>) -> Self {
        let named = |text: K| key(text).filter(|key| !key.is_empty());
        match answer {
            Answer::Holds { .. } => Found::Holds,
            Answer::Broken(broken) => Found::Broken(Broken {
                key: named(broken.key),
                prefix: broken.prefix,
                state: format!("{:?}", broken.state),
                cannot_follow: broken.cannot_follow,
                answered: broken.answered,
            }),
            Answer::GaveUp { unfinished } => {
                let named = unfinished.into_iter().map(|one| Unfinished {
                    key: named(one.key),
                    prefix: one.prefix,
                    remaining: one.remaining,
                    configurations: one.configurations,
                });
                Found::GaveUp(named.collect())
            }
        }
    }
}

/// What is told of an answer.
struct Report<'a> {
    what: &'a Linearize,
    told: &'a [Told],
    clients: u64,
}

impl Report<'_> {
    fn promise(&self) -> String {
        let names = self.what.guarantee.iter().map(|named| match named {
            Session::ReadYourWrites => "read your writes",
            Session::MonotonicReads => "monotonic reads",
            Session::MonotonicWrites => "monotonic writes",
            Session::WritesFollowReads => "writes follow reads",
            Session::Causal => "causal",
        });
        match (self.what.sequential, self.what.guarantee.is_empty()) {
            (true, _) => "sequentially consistent".to_owned(),
            (false, true) => "linearizable".to_owned(),
            (false, false) => names.collect::<Vec<_>>().join(", "),
        }
    }

    fn text(&self, found: &Found) -> String {
        let (name, promise) = (name(self.what), self.promise());
        let size = format!("{} operations of {} clients", self.told.len(), self.clients);
        match found {
            Found::Holds => format!("{name}: {size}: {promise}\n"),
            Found::Broken(broken) => {
                let mut text = format!("{name}: {size}: not {promise}\n");
                text += &self.broken(broken);
                text
            }
            Found::Contradiction(Contradiction { operations }) => {
                let mut text = format!("{name}: {size}: not {promise}\n");
                text += "  these contradict one another\n";
                text.extend(operations.iter().map(|id| self.line(*id)));
                text
            }
            Found::GaveUp(unfinished) => {
                let mut text = format!("{name}: {size}: gave up, the budget was used up\n");
                for one in unfinished {
                    text += &format!(
                        "  {}after {} configurations {} operations were not explained\n",
                        of_key(one.key.as_ref()),
                        one.configurations,
                        one.remaining
                    );
                }
                text += "  --budget N lets it search longer\n";
                text
            }
        }
    }

    fn broken(&self, broken: &Broken<Option<String>, String>) -> String {
        let hidden = broken.prefix.len().saturating_sub(PREFIX_SHOWN);
        let mut text = format!(
            "  {}the longest order that explains the answers has {} operations\n",
            of_key(broken.key.as_ref()),
            broken.prefix.len(),
        );
        if hidden > 0 {
            text += &format!("    ... {hidden} more before\n");
        }
        for id in &broken.prefix[hidden..] {
            text += &self.line(*id);
        }
        text += &format!("  then the state is {}, and none of these can follow\n", {
            terminal(&broken.state)
        });
        for id in &broken.cannot_follow {
            text += &self.line(*id);
        }
        text
    }

    fn line(&self, id: OperationId) -> String {
        let told = &self.told[id.0 as usize];
        let answer = told.answered.as_deref().unwrap_or("unknown");
        let text = format!("{}: {} -> {answer}", told.process, told.asked);
        let lines = match told.end_line {
            Some(end) => format!("{}-{end}", told.line),
            None => format!("{}-", told.line),
        };
        format!("    lines {lines:<12} {}\n", terminal(&text))
    }

    fn json(&self, found: &Found) -> Value {
        let mut line = json!({
            "v": 1, "kind": "linearize", "path": name(self.what), "promise": self.promise(),
            "operations": self.told.len(), "clients": self.clients,
        });
        let more = match found {
            Found::Holds => json!({"answer": "holds"}),
            Found::Broken(broken) => json!({
                "answer": "broken", "key": broken.key, "state": broken.state,
                "prefix": self.operations(&broken.prefix),
                "cannot_follow": self.operations(&broken.cannot_follow),
            }),
            Found::Contradiction(Contradiction { operations }) => {
                json!({"answer": "broken", "contradiction": self.operations(operations)})
            }
            Found::GaveUp(unfinished) => {
                let unfinished = unfinished.iter().map(|one| {
                    json!({
                        "key": one.key, "remaining": one.remaining,
                        "configurations": one.configurations,
                    })
                });
                json!({"answer": "gave-up", "unfinished": unfinished.collect::<Vec<_>>()})
            }
        };
        if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
            line.extend(more);
        }
        line
    }

    fn operations(&self, ids: &[OperationId]) -> Vec<Value> {
        let told = ids.iter().map(|id| &self.told[id.0 as usize]);
        let value = |told: &Told| {
            json!({
                "line": told.line, "end_line": told.end_line, "process": told.process,
                "asked": told.asked, "answered": told.answered,
            })
        };
        told.map(value).collect()
    }
}

fn of_key(key: Option<&String>) -> String {
    key.map_or_else(String::new, |key| format!("key {}: ", terminal(key)))
}
