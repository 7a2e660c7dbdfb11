//! Clients in a closed loop: each gives one command, and the next one when the first is answered or
//! its time is up.
//!
//! What an answer is, the protocol says ([`Protocol::answers`]); it comes from a node that was
//! given the command, and that has not crashed since. Whoever hears none does not know what became
//! of its command - it may take effect at any later time, or never - and goes on all the same.

use super::digest::Tag;
use super::plan::Act;
use super::record::{Flow, Observer, Record, What};
use super::simulation::{Simulation, note};
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::schedule::{Client, Recipient};

/// Where all clients are in their loops.
#[derive(Debug)]
pub(super) struct Clients {
    loops: Vec<Loop>,
    /// How many of them wait for an answer.
    waiting: u32,
}

#[derive(Clone, Debug, Default)]
struct Loop {
    /// The operation that it waits for, or that comes next.
    operation: usize,
    is_waiting: bool,
    /// Who was given the command, each in the life that it then led.
    asked: Vec<(NodeId, u32)>,
}

impl Clients {
    /// Clients that have not begun.
    ///
    /// # Panics
    /// If one of them asks a node that is not there.
    pub fn new<C>(clients: &[Client<C>], nodes: usize) -> Self {
        for operation in clients.iter().flat_map(|client| &client.operations) {
            if let Recipient::Node(node) = operation.to {
                assert!(node.index() < nodes, "a client asks {node}, one of {nodes} nodes");
            }
        }
        Clients { loops: vec![Loop::default(); clients.len()], waiting: 0 }
    }

    /// Whether an observation could be an answer to anybody.
    #[inline]
    pub const fn are_waiting(&self) -> bool {
        self.waiting > 0
    }
}

impl<P: Protocol> Simulation<P> {
    /// The first command of every client gets its time.
    pub(super) fn begin_clients(&mut self) {
        for client in 0..self.clients.loops.len() {
            self.queue_operation(client);
        }
    }

    /// The command that comes next is given when its client has thought, and not before its time.
    fn queue_operation(&mut self, client: usize) {
        let operations = &self.plan.schedule().clients[client].operations;
        let place = self.clients.loops[client].operation;
        let Some(operation) = operations.get(place) else { return };
        let thought = if place == 0 { self.world.now } else { self.world.now + operation.think };
        let at = thought.max(operation.not_before);
        let slot = self.plan.add_late(Act::Ask(client));
        self.queue_plan(at, slot, slot);
    }

    pub(super) fn ask<O: Observer<P>>(&mut self, client: usize, observer: &mut O) {
        let own = &mut self.clients.loops[client];
        let asks = &self.plan.schedule().clients[client];
        let operation = &asks.operations[own.operation];
        let command = operation.command.clone();
        let nodes = self.asked(&operation.to);
        let (at, place) = (self.world.now + asks.timeout, self.clients.loops[client].operation);
        let own = &mut self.clients.loops[client];
        own.is_waiting = true;
        own.asked.clear();
        own.asked.extend(nodes.iter().map(|&node| (node, self.world.nodes[node.index()].boots)));
        self.clients.waiting += 1;
        let slot = self.plan.add_late(Act::GiveUp(client, place));
        self.queue_plan(at, slot, slot);
        self.hand_to(&nodes, &command, observer);
    }

    /// A node has declared something: whoever waits for that goes on.
    pub(super) fn answered<O: Observer<P>>(
        &mut self,
        node: NodeId,
        observation: &P::Observation,
        observer: &mut O,
    ) {
        for client in 0..self.clients.loops.len() {
            let own = &self.clients.loops[client];
            let life = (node, self.world.nodes[node.index()].boots);
            if !own.is_waiting || !own.asked.contains(&life) {
                continue;
            }
            let command = &self.plan.schedule().clients[client].operations[own.operation].command;
            let process = &self.nodes[node.index()].process;
            let Some(state) = process.state() else { continue };
            if !state.answers(command, observation, process.durable()) {
                continue;
            }
            self.counts.answered += 1;
            self.digests.head(Tag::Answered, self.world.now, node, client as u32);
            let who = client as u32;
            note!(self, observer, node, What::Answered { client: who, command });
            self.move_on(client);
        }
    }

    /// A client has waited long enough, if it still waits for this operation.
    pub(super) fn give_up<O: Observer<P>>(
        &mut self,
        client: usize,
        place: usize,
        observer: &mut O,
    ) {
        let own = &self.clients.loops[client];
        if !own.is_waiting || own.operation != place {
            return;
        }
        let node = own.asked.first().map_or(NodeId::new(0), |(node, _)| *node);
        self.event();
        self.counts.given_up += 1;
        self.digests.head(Tag::GaveUp, self.world.now, node, client as u32);
        let command = &self.plan.schedule().clients[client].operations[place].command;
        note!(self, observer, node, What::GaveUp { client: client as u32, command });
        self.move_on(client);
    }

    fn move_on(&mut self, client: usize) {
        let own = &mut self.clients.loops[client];
        own.is_waiting = false;
        own.operation += 1;
        self.clients.waiting -= 1;
        self.queue_operation(client);
    }
}
