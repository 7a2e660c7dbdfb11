//! What operators and clients ask of nodes.

use crate::engine::digest::Tag;
use crate::engine::node::Mail;
use crate::engine::record::{Flow, Observer, Record, What};
use crate::engine::simulation::{Simulation, note};
use crate::id::NodeId;
use crate::protocol::{Input, Protocol, Words};
use crate::world::Condition;

impl<P: Protocol> Simulation<P> {
    pub(super) fn command<O: Observer<P>>(&mut self, place: usize, observer: &mut O) {
        let planned = self.plan.command(place);
        let command = planned.command.clone();
        let nodes = self.asked(&planned.to);
        self.hand_to(&nodes, &command, observer);
    }

    /// Gives a command to these nodes, if they are up.
    pub(in crate::engine) fn hand_to<O: Observer<P>>(
        &mut self,
        nodes: &[NodeId],
        command: &P::Command,
        observer: &mut O,
    ) {
        self.counts.unheard += u64::from(nodes.is_empty());
        for &node in nodes {
            match self.world.nodes[node.index()].condition {
                Condition::Up if !self.nodes[node.index()].is_busy() => {
                    self.give(node, command.clone(), observer);
                }
                Condition::Up | Condition::Paused => {
                    self.wait(node, Mail::Command(command.clone()))
                }
                Condition::Down => self.counts.unheard += 1,
            }
        }
    }

    pub(in crate::engine) fn give<O: Observer<P>>(
        &mut self,
        node: NodeId,
        command: P::Command,
        observer: &mut O,
    ) {
        self.event();
        self.counts.commanded += 1;
        self.digests.head(Tag::Commanded, self.world.now, node, u32::from(command.word()));
        self.digests.trace.fold_value(&command);
        note!(self, observer, node, What::Commanded(&command));
        self.step(node, Input::Command(command), observer);
    }
}
