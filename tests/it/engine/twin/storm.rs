//! The storm as the twin sees it: how faults strike and are taken back.

use super::network::Snag;
use super::{Coming, Mail, Tie, Twin};
use crate::engine::stage::Note;
use stormseed::conditions::InFlight;
use stormseed::fault::{Action, CutKind, DiskFate, Fault, Harm, Severed, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::time::{LocalTime, SimTime};
use stormseed::topology::Cut;

impl Twin<'_> {
    /// The place of the first fault that keeps a message from passing.
    pub(super) fn cut_by(&self, from: NodeId, to: NodeId) -> Option<usize> {
        if self.spared.as_ref().is_some_and(|core| core.contains(&from) && core.contains(&to)) {
            return None;
        }
        let faults = &self.faults;
        let cuts =
            self.closed.iter().find(|(by, nodes)| closes(&faults[*by].action, nodes, from, to));
        cuts.map(|(by, _)| *by)
    }

    pub(super) fn strike(&mut self, place: usize) {
        self.strike_if(place, |_| true);
    }

    fn strike_if(&mut self, place: usize, is_hit: impl Fn(&NodeId) -> bool) {
        let fault = self.faults[place].clone();
        if self.spared.is_some() {
            return;
        }
        let (mut nodes, receivers) = self.both(place);
        nodes.retain(is_hit);
        if nodes.is_empty() || receivers.as_ref().is_some_and(Vec::is_empty) {
            return self.wait(place);
        }
        self.waiting.retain(|(by, ..)| *by != place);
        if let Some(receivers) = receivers {
            self.receivers.insert(place, receivers);
            if matches!(fault.action, Action::Messages { harm: Harm::Hold, .. }) {
                self.open_pen(place, true);
            }
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
        self.turns.insert(place, 0);
        let is_lasting = !matches!(fault.action, Action::Jump(_) | Action::SlewedJump { .. });
        if is_lasting {
            self.active.push((place, nodes.clone()));
        }
        nodes.iter().for_each(|node| self.act(place, node.index(), &fault.action));
        self.sever(place, &nodes);
        // A stall lasts from its standstill on.
        let ends_then = is_lasting && !matches!(fault.action, Action::Stall { .. });
        if let (Some(length), true) = (fault.lasts, ends_then) {
            self.add_late(length, Coming::End(place));
        }
        self.plan_turn(place);
        self.plan_flap(place, 1);
    }

    fn act(&mut self, place: usize, node: usize, action: &Action) {
        match *action {
            Action::Crash { .. } | Action::CrashLoop { .. } | Action::Death { .. } => {
                self.strike_down(node, place);
            }
            Action::Stall { after_effect } => {
                self.actors[node].stall = Some((after_effect, place));
            }
            Action::Pause if self.actors[node].up => self.pause(node, place),
            Action::Suspend if self.actors[node].up => {
                self.pause(node, place);
                self.freeze(node, place);
            }
            Action::Freeze => {
                self.freeze(node, place);
            }
            Action::Drift(_) | Action::Wander(_) => self.bend(node),
            Action::Jump(by) | Action::Strobe { by, .. } => {
                self.actors[node].clock.jump(self.now, by);
            }
            Action::SlewedJump { by, slew } => {
                self.actors[node].clock.jump_and_slew(self.now, by, slew);
            }
            Action::SlowDisk(_) | Action::LyingDisk | Action::StalledDisk | Action::FullDisk => {
                self.actors[node].disk_faults.push(place)
            }
            _ => {}
        }
    }

    /// The next turn of a fault whose last one was just now.
    fn plan_turn(&mut self, place: usize) {
        let turn = self.turns[&place];
        match &self.faults[place].action.clone() {
            Action::Strobe { every, .. } => self.add_late(*every, Coming::Turn(place)),
            Action::Wander(changes) => {
                if let Some(next) = changes.get(turn + 1) {
                    let gap = next.after.saturating_sub(changes[turn].after);
                    self.add_late(gap, Coming::Turn(place));
                }
            }
            _ => {}
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
        self.let_run(node, place)
    }

    /// One pause or stall fewer holds the node.
    fn let_run(&mut self, node: usize, place: usize) -> Result<(), Tie> {
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

    /// Links close, or get slow.
    fn sever(&mut self, place: usize, struck: &[NodeId]) {
        let action = &self.faults[place].action.clone();
        if action.severs().is_none() {
            return;
        }
        let (kind, in_flight) = (self.manner(place).kind, self.in_flight(place));
        if let CutKind::Slow(_) = kind {
            self.slow.push((place, struck.to_vec()));
            return;
        }
        self.closed.push((place, struck.to_vec()));
        if kind == CutKind::Hold || in_flight == InFlight::Hold {
            self.open_pen(place, kind == CutKind::Hold);
        }
        for (_, _, coming) in &mut self.queue {
            let Coming::Arrive { from, to, snag, .. } = coming else { continue };
            if closes(action, struck, NodeId::new(*from), NodeId::new(*to)) {
                *snag = match (in_flight, *snag) {
                    (InFlight::Drop, Snag::None | Snag::Held(_) | Snag::Spoilt(_)) => {
                        Snag::Cut(place)
                    }
                    (InFlight::Hold, Snag::None) => Snag::Held(place),
                    (_, before) => before,
                };
            }
        }
    }

    /// Links open, or are fast again.
    fn mend(&mut self, place: usize) {
        if self.spared.is_none() {
            self.closed.retain(|(by, _)| *by != place);
            self.slow.retain(|(by, _)| *by != place);
        }
        self.release(place, false);
    }

    fn plan_flap(&mut self, place: usize, nth: u32) {
        let flap = self.manner(place).flap;
        if !flap.is_empty() {
            let length = flap[(nth - 1) as usize % flap.len()];
            self.add_late(length, Coming::Flap(place, nth));
        }
    }

    pub(super) fn flap(&mut self, place: usize, nth: u32) {
        let Some((_, struck)) = self.active.iter().find(|(by, _)| *by == place).cloned() else {
            return;
        };
        let (fault, closed) = (self.faults[place].id.0, nth % 2 == 0);
        if closed {
            self.sever(place, &struck);
        } else {
            self.mend(place);
        }
        self.row(struck[0].index(), Note::Flapped { fault, closed });
        self.plan_flap(place, nth + 1);
    }

    pub(super) fn turn(&mut self, place: usize) {
        let Some((_, nodes)) = self.active.iter().find(|(by, _)| *by == place).cloned() else {
            return;
        };
        if self.spared.is_some() {
            return;
        }
        let fault = self.faults[place].clone();
        self.row(nodes[0].index(), Note::Turned(fault.id.0));
        *self.turns.get_mut(&place).expect("it struck") += 1;
        for node in nodes {
            match fault.action {
                Action::Strobe { by, .. } => {
                    let is_forth = self.turns[&place] % 2 == 0;
                    let by = if is_forth { by } else { -by };
                    self.actors[node.index()].clock.jump(self.now, by);
                }
                _ => self.bend(node.index()),
            }
        }
        self.plan_turn(place);
    }

    fn pause(&mut self, node: usize, place: usize) {
        self.actors[node].paused_by.insert(place);
        if self.actors[node].paused_by.len() == 1 {
            self.row(node, Note::Paused);
        }
    }

    /// The clock runs as all that is in force says.
    fn bend(&mut self, node: usize) {
        let newest = self.active.iter().rev().find_map(|(by, struck)| {
            let is_struck = struck.iter().any(|n| n.index() == node);
            match &self.faults[*by].action {
                Action::Drift(drift) if is_struck => Some(*drift),
                Action::Wander(changes) if is_struck => Some(changes[self.turns[by]].rate),
                _ => None,
            }
        });
        let drift = newest.unwrap_or(self.stage.schedule.clocks[node].drift);
        let (now, actor) = (self.now, &mut self.actors[node]);
        actor.clock.set_drift(now, drift);
        actor.clock.set_frozen(now, !actor.frozen_by.is_empty());
        for (deadline, due) in actor.timers.values_mut().filter(|(_, due)| *due > now) {
            *due = actor.clock.true_time(*deadline).max(now);
        }
    }

    /// The monotonic clock stands still from the first of these faults to the last.
    fn freeze(&mut self, node: usize, place: usize) {
        let was_free = self.actors[node].frozen_by.is_empty();
        self.actors[node].frozen_by.insert(place);
        if was_free {
            self.bend(node);
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
        self.came_to_lead.retain(|other| other.index() != node);
        let actor = &mut self.actors[node];
        actor.doom = None;
        actor.unfinished = None;
        actor.view = None;
        // A suspended machine that is restarted runs.
        let paused_by = std::mem::take(&mut actor.paused_by);
        let was_frozen = !actor.frozen_by.is_empty();
        actor.frozen_by.retain(|by| !paused_by.contains(by));
        if was_frozen {
            actor.clock.set_frozen(self.now, !actor.frozen_by.is_empty());
        }
        actor.timers.clear();
        actor.syncs.clear();
        actor.kept_back = 0;
        actor.failed_late = false;
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
        self.mend(place);
        self.row(nodes[0].index(), Note::Ended(fault.id.0));
        for node in nodes.iter().map(|node| node.index()) {
            match fault.action {
                _ if fault.action.crash().is_some() => self.stand_up(node, place),
                Action::Stall { .. } => {
                    self.actors[node].stall.take_if(|(_, by)| *by == place);
                    self.let_run(node, place)?;
                }
                Action::Pause | Action::Suspend => {
                    if self.actors[node].thaws(place) {
                        self.bend(node);
                    }
                    self.let_run(node, place)?;
                }
                Action::Freeze if self.actors[node].thaws(place) => {
                    self.bend(node);
                }
                Action::Drift(_) | Action::Wander(_) => self.bend(node),
                Action::Strobe { by, .. } if self.turns[&place] % 2 == 0 => {
                    self.actors[node].clock.jump(self.now, -by);
                }
                Action::SlowDisk(_)
                | Action::LyingDisk
                | Action::StalledDisk
                | Action::FullDisk => self.mend_disk(place, node),
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

    /// Who takes steps and has open links to and from all of the core.
    fn whole(&self, core: &[NodeId]) -> Vec<NodeId> {
        let faults = &self.faults;
        let is_closed = |from: NodeId, to: NodeId| {
            self.closed.iter().any(|(by, struck)| closes(&faults[*by].action, struck, from, to))
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
        for place in 0..self.faults.len() {
            if self.faults[place].when == When::Heal {
                let whole = self.whole(&core);
                self.strike_if(place, |node| whole.contains(node) && !core.contains(node));
            }
        }
        let faults = self.faults.clone();
        let of_process = |by: usize| faults[by].action.holds_process();
        let of_network = |by: usize| {
            let is_harm = matches!(faults[by].action, Action::Loss(_) | Action::Messages { .. });
            is_harm || faults[by].action.severs().is_some()
        };
        // What is closed or slow stays so where an end is outside the core, but for what was the
        // failure of nodes that are all healed.
        let outside = |node: &NodeId| !core.contains(node);
        let stays = |(by, struck): &(usize, Vec<NodeId>)| {
            let action = &faults[*by].action;
            let is_of_links = matches!(action.severs(), Some((Severed::Between(_), _)));
            let all = 0..self.actors.len() as u32;
            let mut links = all.clone().flat_map(|a| all.clone().map(move |b| [a, b]));
            (is_of_links || struck.iter().any(outside))
                && links.any(|link| {
                    let link = link.map(NodeId::new);
                    closes(action, struck, link[0], link[1]) && link.iter().any(outside)
                })
        };
        let (closed, slow) = (std::mem::take(&mut self.closed), std::mem::take(&mut self.slow));
        self.closed = closed.into_iter().filter(stays).collect();
        self.slow = slow.into_iter().filter(stays).collect();
        let kept: Vec<usize> = self.closed.iter().chain(&self.slow).map(|(by, _)| *by).collect();
        let mut was_active = std::mem::take(&mut self.active);
        was_active.retain(|(by, _)| !kept.contains(by));
        self.spared = Some(core.clone());
        // What the cuts that remain hold is held for good.
        let holding: Vec<usize> = self.pens.iter().map(|pen| pen.fault).collect();
        holding.into_iter().for_each(|by| self.release(by, true));
        for last in [false, true] {
            for (by, nodes) in was_active.iter().filter(|(by, _)| of_process(*by) == last) {
                let action = &faults[*by].action;
                let of_nodes = last || !of_network(*by);
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

/// Whether an action that struck these nodes closes a link, or slows it down.
pub(super) fn closes(action: &Action, struck: &[NodeId], from: NodeId, to: NodeId) -> bool {
    let is_struck = |node: &NodeId| struck.contains(node);
    let links = match action {
        Action::Partition(cut) => Severed::Between(cut.clone()),
        Action::Isolate => Severed::Around,
        Action::Mute { sends, hears } => Severed::By { sends: *sends, hears: *hears },
        Action::Sever { links, .. } => links.clone(),
        _ => return false,
    };
    from != to
        && match &links {
            Severed::Between(cut) => divides(cut, from, to),
            Severed::Around => is_struck(&from) || is_struck(&to),
            Severed::By { sends, hears } => {
                (*sends && is_struck(&from)) || (*hears && is_struck(&to))
            }
        }
}

fn divides(cut: &Cut, from: NodeId, to: NodeId) -> bool {
    let rank = |groups: &[Vec<NodeId>], node: NodeId| {
        let alone = (groups.len(), node);
        let place = groups.iter().rposition(|group| group.contains(&node));
        place.map_or(alone, |place| (place, NodeId::new(0)))
    };
    match cut {
        Cut::Groups(groups) => rank(groups, from) != rank(groups, to),
        Cut::OneWay { from: senders, to: receivers } => {
            senders.contains(&from) && receivers.contains(&to)
        }
        Cut::Downhill(groups) => rank(groups, from) < rank(groups, to),
        Cut::Grudge { chance, .. } => chance.numerator == chance.denominator,
        Cut::BridgeLink { .. } => panic!("the twin knows no topology"),
    }
}
