//! A change moves keys to who comes and from who goes, and no others.

use super::node::Directory;
use super::said::{Named, Said};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::world::World;
use std::collections::BTreeMap;

/// No key goes from one who stays to another who was there before, as long as nobody's weight
/// changes.
#[derive(Clone, Debug, Default)]
pub struct MovesOnlyWhatItMust {
    /// What each node has named last, in this life.
    before: BTreeMap<NodeId, (Named, Witness)>,
}

fn weight(named: &Named, node: NodeId) -> Option<u32> {
    named.members.iter().find(|(member, _)| *member == node).map(|(_, weight)| *weight)
}

/// How many keys one who stays has given to one who was there, and the first of them.
fn moved(before: &Named, now: &Named) -> Option<(usize, usize)> {
    let stays = |node: NodeId| weight(before, node).is_some() && weight(now, node).is_some();
    let differs = |(node, weight): &(NodeId, u32)| {
        now.members.iter().any(|(member, now)| member == node && now != weight)
    };
    if before.members.iter().any(differs) {
        return None;
    }
    let pairs = before.owners.iter().zip(&now.owners).enumerate();
    let mut wrong = pairs.filter_map(|(key, pair)| match pair {
        (Some(then), Some(now)) if then != now && stays(*then) && stays(*now) => Some(key),
        _ => None,
    });
    let first = wrong.next()?;
    Some((1 + wrong.count(), first))
}

impl Invariant<Directory> for MovesOnlyWhatItMust {
    fn name(&self) -> &'static str {
        "moves-only-what-it-must"
    }

    fn explains(&self) -> &'static str {
        "a change of the members moves keys to who comes and from who goes, and no others (H-MONO)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        let Said::Named(named) = said else { return Ok(()) };
        let what =
            format!("names the owners of {} with {} members", named.epoch, named.members.len());
        let now = Witness::now(world, node, what);
        let before = self.before.insert(node, (named.clone(), now.clone()));
        let Some((before, then)) = before else { return Ok(()) };
        let Some((count, key)) = moved(&before, named) else { return Ok(()) };
        Err(Violation {
            invariant: "moves-only-what-it-must",
            message: format!(
                "{count} of {} keys go from members who stay to others who were there, key {key} \
                 among them",
                named.owners.len()
            ),
            witnesses: vec![then, now],
        })
    }

    fn on_view(&mut self, node: NodeId, view: Option<&super::node::View>, _: &World) -> Verdict {
        if view.is_none() {
            self.before.remove(&node);
        }
        Ok(())
    }
}
