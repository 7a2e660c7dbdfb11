//! The storm as the twin sees it: how faults strike and are taken back.

use super::{Coming, Mail, Tie, Twin};
use crate::engine::stage::Note;
use stormseed::conditions::InFlight;
use stormseed::fault::{Action, DiskFate, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::time::{Drift, LocalTime, SimTime};
use stormseed::topology::Cut;

impl Twin<'_> {
    pub(super) fn cut_by(&self, from: NodeId, to: NodeId) -> Option<FaultId> {
        if self.spared.as_ref().is_some_and(|core| core.contains(&from) && core.contains(&to)) {
            return None;
        }
        let faults = &self.stage.schedule.faults;
        let cuts =
            self.active.iter().find(|(by, nodes)| closes(&faults[*by].action, nodes, from, to));
        cuts.map(|(by, _)| faults[*by].id)
    }

    pub(super) fn strike(&mut self, place: usize) {
        self.strike_if(place, |_| true);
    }

    fn strike_if(&mut self, place: usize, is_hit: impl Fn(&NodeId) -> bool) {
        let fault = self.stage.schedule.faults[place].clone();
        let all = || (0..self.actors.len() as u32).map(NodeId::new);
        let mut nodes: Vec<NodeId> = match &fault.who {
            Target::Nodes(nodes) => nodes.clone(),
            Target::All => all().collect(),
            Target::Role(_) => {
                all().filter(|node| self.actors[node.index()].view == Some(true)).collect()
            }
        };
        nodes.retain(is_hit);
        if self.spared.is_some() || nodes.is_empty() {
            return;
        }
        nodes.iter().for_each(|node| self.row(node.index(), Note::Struck(fault.id.0)));
        if !matches!(fault.action, Action::Jump(_)) {
            self.active.push((place, nodes.clone()));
        }
        for node in nodes.iter().map(|node| node.index()) {
            match fault.action {
                Action::Crash { after_effect: Some(left), .. } => {
                    self.actors[node].doom = Some((left, place));
                }
                Action::Crash { .. } => self.crash(node, place),
                Action::Pause if self.actors[node].up => {
                    self.actors[node].paused_by.insert(place);
                    if self.actors[node].paused_by.len() == 1 {
                        self.row(node, Note::Paused);
                    }
                }
                Action::Drift(drift) => self.bend(node, drift),
                Action::Jump(by) => self.actors[node].clock.jump(self.now, by),
                _ => {}
            }
        }
        if self.stage.conditions.network.in_flight == InFlight::Drop {
            for (_, _, coming) in &mut self.queue {
                if let Coming::Arrive { from, to, cut_by, .. } = coming {
                    let (from, to) = (NodeId::new(*from), NodeId::new(*to));
                    if cut_by.is_none() && closes(&fault.action, &nodes, from, to) {
                        *cut_by = Some(fault.id.0);
                    }
                }
            }
        }
        if let (Some(length), false) = (fault.lasts, matches!(fault.action, Action::Jump(_))) {
            self.add_late(length, Coming::End(place));
        }
    }

    fn bend(&mut self, node: usize, drift: Drift) {
        let (now, actor) = (self.now, &mut self.actors[node]);
        actor.clock.set_drift(now, drift);
        for (deadline, due) in actor.timers.values_mut().filter(|(_, due)| *due > now) {
            *due = actor.clock.true_time(*deadline).max(now);
        }
    }

    pub(super) fn crash(&mut self, node: usize, place: usize) {
        let actor = &mut self.actors[node];
        actor.down_by.insert(place);
        let Action::Crash { disk, .. } = self.stage.schedule.faults[place].action else { return };
        let mut lost = actor.unsynced.len();
        if disk == DiskFate::Amnesia {
            lost += actor.disk.0.len();
            actor.disk = Default::default();
        }
        actor.process.crash(actor.disk.clone());
        actor.unsynced.clear();
        if !actor.up {
            return;
        }
        actor.up = false;
        actor.doom = None;
        actor.view = None;
        actor.paused_by.clear();
        actor.timers.clear();
        actor.syncs.clear();
        actor.held.clear();
        actor.done = 0;
        let mail = std::mem::take(&mut actor.mail);
        self.row(node, Note::Crashed(lost as u64));
        for mail in mail {
            if let Mail::Word(from, word) = mail {
                self.undeliverable(from, node, word);
            }
        }
    }

    pub(super) fn take_back(&mut self, place: usize, nodes: &[NodeId]) -> Result<(), Tie> {
        let fault = &self.stage.schedule.faults[place];
        self.row(nodes[0].index(), Note::Ended(fault.id.0));
        for node in nodes.iter().map(|node| node.index()) {
            let actor = &mut self.actors[node];
            match fault.action {
                Action::Crash { .. } => {
                    actor.down_by.remove(&place);
                    if actor.doom.is_some_and(|(_, by)| by == place) {
                        actor.doom = None;
                    }
                    if actor.down_by.is_empty() && !actor.up {
                        self.boot(node);
                    }
                }
                Action::Pause => {
                    let was_held = actor.paused_by.remove(&place);
                    let is_free = was_held && actor.paused_by.is_empty();
                    is_free.then(|| self.wake(node)).transpose()?;
                }
                Action::Drift(_) => {
                    let newest = self.active.iter().rev().find_map(|(by, struck)| {
                        match self.stage.schedule.faults[*by].action {
                            Action::Drift(drift) => {
                                struck.iter().any(|n| n.index() == node).then_some(drift)
                            }
                            _ => None,
                        }
                    });
                    self.bend(node, newest.unwrap_or(self.stage.schedule.clocks[node].drift));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn wake(&mut self, node: usize) -> Result<(), Tie> {
        self.row(node, Note::Resumed);
        let actor = &self.actors[node];
        let timers = actor.timers.iter().filter(|(_, (_, due))| *due < self.now);
        let mut overdue: Vec<(SimTime, u8, LocalTime)> =
            timers.map(|(&timer, &(deadline, due))| (due, timer, deadline)).collect();
        overdue.sort();
        if overdue.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Tie);
        }
        let mut mail_first = false;
        if !overdue.is_empty() && !actor.mail.is_empty() {
            mail_first = self.mail_first.get(self.guesses).copied().unwrap_or(false);
            self.guesses += 1;
        }
        if mail_first {
            self.open_all(node);
        }
        for (due, timer, deadline) in overdue {
            // It may have been cancelled or set again since.
            if self.actors[node].timers.get(&timer) == Some(&(deadline, due)) {
                self.ring(node, timer);
            }
        }
        if !mail_first {
            self.open_all(node);
        }
        Ok(())
    }

    fn open_all(&mut self, node: usize) {
        while !self.actors[node].mail.is_empty() {
            let mail = self.actors[node].mail.remove(0);
            self.open(node, mail);
        }
    }

    /// Who takes steps and has open links to and from all of the core.
    fn whole(&self, core: &[NodeId]) -> Vec<NodeId> {
        let faults = &self.stage.schedule.faults;
        let is_closed = |from: NodeId, to: NodeId| {
            self.active.iter().any(|(by, struck)| closes(&faults[*by].action, struck, from, to))
        };
        let all = (0..self.actors.len() as u32).map(NodeId::new);
        let is_joined = |a: NodeId, b: NodeId| !is_closed(a, b) && !is_closed(b, a);
        let is_whole = |node: &NodeId| {
            let actor = &self.actors[node.index()];
            let parted = core.iter().filter(|other| !is_joined(*node, **other)).count();
            actor.up && actor.paused_by.is_empty() && (parted == 0 || parted * 2 < core.len())
        };
        all.filter(is_whole).collect()
    }

    pub(super) fn heal(&mut self) -> Result<(), Tie> {
        let core = self.stage.schedule.heal.as_ref().expect("it is planned").core.clone();
        let faults = &self.stage.schedule.faults;
        for (place, _) in faults.iter().enumerate().filter(|(_, f)| f.when == When::Heal) {
            let whole = self.whole(&core);
            self.strike_if(place, |node| whole.contains(node) && !core.contains(node));
        }
        let of_process =
            |by: usize| matches!(faults[by].action, Action::Crash { .. } | Action::Pause);
        self.spared = Some(core.clone());
        let holds = |by: usize, struck: &[NodeId]| {
            let all = 0..self.actors.len() as u32;
            let mut links = all.clone().flat_map(|a| all.clone().map(move |b| [a, b]));
            links.any(|[a, b]| {
                let [a, b] = [a, b].map(NodeId::new);
                closes(&faults[by].action, struck, a, b)
                    && !(core.contains(&a) && core.contains(&b))
            })
        };
        let is_of_core = |by: usize, struck: &[NodeId]| {
            let is_of_nodes = matches!(faults[by].action, Action::Isolate | Action::Mute { .. });
            is_of_nodes && struck.iter().all(|node| core.contains(node))
        };
        let stays =
            |(by, struck): &(usize, Vec<NodeId>)| holds(*by, struck) && !is_of_core(*by, struck);
        let (kept, was_active): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.active).into_iter().partition(stays);
        self.active = kept;
        for last in [false, true] {
            for (by, nodes) in was_active.iter().filter(|(by, _)| of_process(*by) == last) {
                let of_nodes = last || matches!(faults[*by].action, Action::Drift(_));
                let healed: Vec<NodeId> =
                    nodes.iter().copied().filter(|n| !of_nodes || core.contains(n)).collect();
                if !healed.is_empty() {
                    self.take_back(*by, &healed)?;
                }
            }
        }
        self.row(core.first().map_or(0, |node| node.index()), Note::Healed);
        Ok(())
    }
}

/// Whether an action that struck these nodes closes a link.
fn closes(action: &Action, struck: &[NodeId], from: NodeId, to: NodeId) -> bool {
    let is_struck = |node: &NodeId| struck.contains(node);
    from != to
        && match action {
            Action::Partition(Cut::Groups(groups)) => {
                !groups.iter().any(|group| group.contains(&from) && group.contains(&to))
            }
            Action::Partition(Cut::OneWay { from: senders, to: receivers }) => {
                senders.contains(&from) && receivers.contains(&to)
            }
            Action::Isolate => is_struck(&from) || is_struck(&to),
            Action::Mute { sends, hears } => {
                (*sends && is_struck(&from)) || (*hears && is_struck(&to))
            }
            _ => false,
        }
}
