//! How links differ: by themselves or by the zones of their ends. Found without a search through
//! all of them: where no link differs that costs a comparison, else a look at the sender's row.

use crate::conditions::{Bandwidth, Latency, Link, Network};
use crate::id::NodeId;
use crate::rng::Ratio;
use petgraph::Directed;
use petgraph::csr::Csr;

/// What each link is like.
#[derive(Debug)]
pub(super) struct Qualities {
    is_plain: bool,
    any_is_narrow: bool,
    latency: Latency,
    loss: Ratio,
    bandwidth: Option<Bandwidth>,
    zone_of: Vec<u32>,
    zones: u32,
    /// The latency from zone to zone, in rows, where it is not as for all.
    between: Vec<Option<Latency>>,
    links: Csr<(), Link, Directed, u32>,
}

impl Qualities {
    pub fn new(network: &Network) -> Self {
        let zones = network.zones.of.iter().max().map_or(0, |last| last + 1);
        let mut between = vec![None; (zones * zones) as usize];
        for pair in &network.zones.latency {
            between[(pair.from * zones + pair.to) as usize] = Some(pair.latency);
        }
        let mut links = network.links.clone();
        links.sort_by_key(|link| (link.from, link.to));
        links.dedup_by_key(|link| (link.from, link.to));
        let rows: Vec<(u32, u32, Link)> =
            links.iter().map(|link| (link.from.number(), link.to.number(), *link)).collect();
        let narrow = network.links.iter().any(|link| link.bandwidth.is_some());
        Qualities {
            is_plain: network.links.is_empty() && network.zones.latency.is_empty(),
            any_is_narrow: network.bandwidth.is_some() || narrow,
            latency: network.latency,
            loss: network.loss,
            bandwidth: network.bandwidth,
            zone_of: network.zones.of.clone(),
            zones,
            between,
            links: Csr::from_sorted_edges(&rows).expect("they are sorted, each once"),
        }
    }

    /// The latency of a link, and the chance that it loses a message.
    #[inline(always)]
    pub fn of(&self, from: NodeId, to: NodeId) -> (Latency, Ratio) {
        if self.is_plain { (self.latency, self.loss) } else { self.differing(from, to) }
    }

    #[inline(never)]
    fn differing(&self, from: NodeId, to: NodeId) -> (Latency, Ratio) {
        let own = self.link(from, to);
        let latency = own.and_then(|link| link.latency).or_else(|| self.between_zones(from, to));
        let loss = own.and_then(|link| link.loss);
        (latency.unwrap_or(self.latency), loss.unwrap_or(self.loss))
    }

    /// Whether there is a link that does not carry everything at once.
    #[inline(always)]
    pub const fn any_is_narrow(&self) -> bool {
        self.any_is_narrow
    }

    /// How much a link carries; `None` for anything.
    pub fn bandwidth(&self, from: NodeId, to: NodeId) -> Option<Bandwidth> {
        self.link(from, to).and_then(|link| link.bandwidth).or(self.bandwidth)
    }

    fn link(&self, from: NodeId, to: NodeId) -> Option<&Link> {
        if from.index() >= self.links.node_count() {
            return None;
        }
        let row = self.links.neighbors_slice(from.number());
        let place = row.binary_search(&to.number()).ok()?;
        self.links.edges_slice(from.number()).get(place)
    }

    fn between_zones(&self, from: NodeId, to: NodeId) -> Option<Latency> {
        let (from, to) = (self.zone_of.get(from.index())?, self.zone_of.get(to.index())?);
        self.between[(from * self.zones + to) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::{ZoneLatency, Zones};
    use crate::time::Duration;

    const fn n(number: u32) -> NodeId {
        NodeId::new(number)
    }

    const fn ms(millis: u64) -> Latency {
        Latency::Constant(Duration::from_millis(millis))
    }

    #[test]
    fn a_link_of_its_own_wins_over_zones_and_zones_over_the_rest() {
        let narrow = Bandwidth { spacing: Duration::from_millis(1), queue: 3 };
        let half = Ratio { numerator: 1, denominator: 2 };
        let network = Network {
            latency: ms(1),
            zones: Zones {
                of: vec![0, 1, 0, 1, 2],
                latency: vec![
                    ZoneLatency { from: 0, to: 1, latency: ms(10) },
                    ZoneLatency { from: 1, to: 1, latency: ms(2) },
                ],
            },
            links: vec![
                Link { bandwidth: Some(narrow), ..Link::new(n(3), n(0)) },
                Link::with_latency(n(0), n(1), ms(50)),
                Link { loss: Some(half), ..Link::new(n(0), n(3)) },
            ],
            ..Network::default()
        };
        let all = Qualities::new(&network);
        let latency = |from, to| all.of(n(from), n(to)).0;
        assert_eq!((latency(0, 1), latency(2, 1), latency(2, 3)), (ms(50), ms(10), ms(10)));
        assert_eq!((latency(1, 0), latency(1, 3), latency(0, 2)), (ms(1), ms(2), ms(1)));
        assert_eq!((latency(0, 4), latency(4, 1), latency(4, 4)), (ms(1), ms(1), ms(1)));
        assert_eq!(all.of(n(0), n(3)), (ms(10), half));
        assert_eq!(all.of(n(0), n(1)).1, Ratio::ZERO);
        let widths =
            [all.bandwidth(n(3), n(0)), all.bandwidth(n(0), n(3)), all.bandwidth(n(4), n(0))];
        assert_eq!(widths, [Some(narrow), None, None]);
        assert!(all.any_is_narrow() && !Qualities::new(&Network::default()).any_is_narrow());
    }
}
