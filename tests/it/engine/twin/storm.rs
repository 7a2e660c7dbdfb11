//! The storm as the twin sees it: how faults strike and are taken back.

use super::{Coming, Mail, Tie, Twin};
use crate::engine::stage::Note;
use stormseed::conditions::InFlight;
use stormseed::fault::{Action, DiskFate, Fault, Target};
use stormseed::id::{FaultId, NodeId};
use stormseed::protocol::Protocol;
use stormseed::time::{Drift, LocalTime, SimTime};
use stormseed::topology::Cut;

impl Twin<'_> {
    pub(super) fn cut_by(&self, from: NodeId, to: NodeId) -> Option<FaultId> {
        if self.spared.as_ref().is_some_and(|core| core.contains(&from) && core.contains(&to)) {
            return None;
        }
        let faults = &self.faults;
        let cuts =
            self.active.iter().find(|(by, nodes)| closes(&faults[*by].action, nodes, from, to));
        cuts.map(|(by, _)| faults[*by].id)
    }

    pub(super) fn strike(&mut self, place: usize) {
        let fault = self.faults[place].clone();
        let all = || (0..self.actors.len() as u32).map(NodeId::new);
        let nodes: Vec<NodeId> = match &fault.who {
            Target::Nodes(nodes) => nodes.clone(),
            Target::All => all().collect(),
            Target::Role(role) => {
                let state = |node: &NodeId| self.actors[node.index()].process.state();
                all().filter(|node| state(node).is_some_and(|s| s.plays(role))).collect()
            }
        };
        if self.spared.is_some() || nodes.is_empty() {
            return;
        }
        nodes.iter().for_each(|node| self.row(node.index(), Note::Struck(fault.id.0)));
        if let Action::Spread { action, offsets } = &fault.action {
            for node in nodes {
                let id = FaultId(fault.id.0 + 1 + node.number());
                let (who, action) = (Target::Nodes(vec![node]), (**action).clone());
                self.faults.push(Fault { id, who, action, ..fault.clone() });
                self.add_late(offsets[node.index()], Coming::Strike(self.faults.len() - 1));
            }
            return;
        }
        if !matches!(fault.action, Action::Jump(_)) {
            self.active.push((place, nodes.clone()));
        }
        for node in nodes.iter().map(|node| node.index()) {
            match fault.action {
                Action::Crash { .. } | Action::CrashLoop { .. } | Action::Death { .. } => {
                    self.strike_down(node, place);
                }
                Action::Stall { after_effect } => {
                    self.actors[node].stall = Some((after_effect, place));
                }
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
        let ends_itself = !matches!(fault.action, Action::Jump(_) | Action::Stall { .. });
        if let (Some(length), true) = (fault.lasts, ends_itself) {
            self.add_late(length, Coming::End(place));
        }
    }

    fn strike_down(&mut self, node: usize, place: usize) {
        match self.faults[place].action.crash() {
            Some((Some(left), _)) => self.actors[node].doom = Some((left, place)),
            _ => self.crash(node, place),
        }
    }

    pub(super) fn restart_in_loop(&mut self, place: usize) -> bool {
        let Some((_, nodes)) = self.active.iter().find(|(by, _)| *by == place) else {
            return false;
        };
        let Action::CrashLoop { ups, .. } = &self.faults[place].action else { return false };
        let restarts = self.restarts.entry(place).or_default();
        let Some(&up) = ups.get(*restarts) else { return false };
        *restarts += 1;
        let nodes = nodes.clone();
        self.add_late(up, Coming::Again(place));
        nodes.iter().for_each(|node| self.stand_up(node.index(), place));
        true
    }

    pub(super) fn strike_again(&mut self, place: usize) {
        let Some((_, nodes)) = self.active.iter().find(|(by, _)| *by == place) else { return };
        nodes.clone().iter().for_each(|node| self.strike_down(node.index(), place));
        if let Some(length) = self.faults[place].lasts {
            self.add_late(length, Coming::End(place));
        }
    }

    pub(super) fn end_stall(&mut self, place: usize, node: usize) -> Result<(), Tie> {
        let Some(at) = self.active.iter().position(|(by, _)| *by == place) else { return Ok(()) };
        self.active[at].1.retain(|held| held.index() != node);
        if self.active[at].1.is_empty() {
            self.active.remove(at);
            self.row(node, Note::Ended(self.faults[place].id.0));
        }
        self.release(node, place)
    }

    /// One pause or stall fewer holds the node.
    fn release(&mut self, node: usize, place: usize) -> Result<(), Tie> {
        let actor = &mut self.actors[node];
        let was_held = actor.paused_by.remove(&place);
        let is_free = was_held && actor.paused_by.is_empty();
        is_free.then(|| self.wake(node)).transpose()?;
        Ok(())
    }

    fn stand_up(&mut self, node: usize, place: usize) {
        let actor = &mut self.actors[node];
        actor.down_by.remove(&place);
        if actor.doom.is_some_and(|(_, by)| by == place) {
            actor.doom = None;
        }
        if actor.down_by.is_empty() && !actor.up && !actor.is_gone {
            self.boot(node);
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
        let Some((_, disk)) = self.faults[place].action.crash() else { return };
        actor.is_gone |= matches!(self.faults[place].action, Action::Death { .. });
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
        actor.unfinished = None;
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
        let fault = self.faults[place].clone();
        self.row(nodes[0].index(), Note::Ended(fault.id.0));
        for node in nodes.iter().map(|node| node.index()) {
            match fault.action {
                _ if fault.action.crash().is_some() => self.stand_up(node, place),
                Action::Pause => self.release(node, place)?,
                Action::Stall { .. } => {
                    self.actors[node].stall.take_if(|(_, by)| *by == place);
                    self.release(node, place)?;
                }
                Action::Drift(_) => {
                    let newest = self.active.iter().rev().find_map(|(by, struck)| {
                        match self.faults[*by].action {
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
        let timers = actor.timers.iter().filter(|&(&timer, &(deadline, due))| {
            due < self.now && !actor.has_in_line(timer, deadline, due)
        });
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
        let overdue = overdue.into_iter().map(|(due, timer, line)| Mail::Timer(timer, line, due));
        let mail = &mut self.actors[node].mail;
        let place = if mail_first { mail.len() } else { 0 };
        mail.splice(place..place, overdue);
        self.end_step(node);
        self.open_all(node);
        Ok(())
    }

    pub(super) fn open_all(&mut self, node: usize) {
        while self.actors[node].is_free() && !self.actors[node].mail.is_empty() {
            let mail = self.actors[node].mail.remove(0);
            self.open(node, mail);
        }
    }

    pub(super) fn heal(&mut self) -> Result<(), Tie> {
        let core = self.stage.schedule.heal.as_ref().expect("it is planned").core.clone();
        let faults = &self.faults;
        let faults = faults.clone();
        let of_process = |by: usize| faults[by].action.holds_process();
        let was_active = std::mem::take(&mut self.active);
        let whole = core.len() == self.actors.len();
        let is_cut = |action: &Action| {
            matches!(action, Action::Partition(_) | Action::Isolate | Action::Mute { .. })
        };
        self.spared = Some(core.clone());
        // The cuts that remain are for good.
        let cuts = was_active.iter().filter(|(by, _)| !whole && is_cut(&faults[*by].action));
        self.active = cuts.cloned().collect();
        for last in [false, true] {
            for (by, nodes) in was_active.iter().filter(|(by, _)| of_process(*by) == last) {
                let action = &faults[*by].action;
                let of_nodes = last || matches!(action, Action::Drift(_) | Action::Slow { .. });
                let is_dead = |node: &NodeId| {
                    matches!(action, Action::Death { .. }) && self.actors[node.index()].is_gone
                };
                let is_healed = |n: &NodeId| !of_nodes || (core.contains(n) && !is_dead(n));
                let healed: Vec<NodeId> = nodes.iter().copied().filter(is_healed).collect();
                if let Action::Slow { step } = *action {
                    let left = nodes.iter().filter(|node| !core.contains(node));
                    left.for_each(|n| self.actors[n.index()].slow_for_good = Some(step));
                }
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
