//! The news that a member hands on: each so many times, those that were told least first.

use super::status::News;

/// What a member has to tell.
#[derive(Debug, Default)]
pub(super) struct Gossip {
    /// How often it has been told, and the news; one for each member at most.
    news: Vec<(u32, News)>,
}

impl Gossip {
    /// Newer news of a member take the place of older ones.
    pub fn add(&mut self, news: News) {
        self.news.retain(|(_, known)| known.member != news.member);
        self.news.push((0, news));
    }

    /// The news for one message, at most so many, each of which is told so often in all.
    pub fn pick(&mut self, most: usize, times: u32) -> Vec<News> {
        // A stable sort: those told as often keep their order.
        self.news.sort_by_key(|(told, _)| *told);
        let picked: Vec<News> = self.news.iter().take(most).map(|(_, news)| *news).collect();
        self.news.iter_mut().take(most).for_each(|(told, _)| *told += 1);
        self.news.retain(|(told, _)| *told < times);
        picked
    }
}

/// `factor * ceil(log2(members + 1))`: how often each news is told, so that it reaches all with
/// high probability (section 3.2).
pub(super) const fn times(factor: u32, members: usize) -> u32 {
    factor * (usize::BITS - members.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;

    #[test]
    fn each_news_is_told_so_often_and_the_freshest_first() {
        let news = |member| News::first(NodeId::new(member));
        let mut gossip = Gossip::default();
        gossip.add(news(0));
        assert_eq!(gossip.pick(1, 2), [news(0)]);
        gossip.add(news(1));
        assert_eq!(gossip.pick(1, 2), [news(1)], "it was told least");
        assert_eq!(gossip.pick(2, 2), [news(1), news(0)]);
        assert!(gossip.pick(2, 2).is_empty());
    }

    #[test]
    fn the_number_of_times_grows_with_the_logarithm_of_the_group() {
        assert_eq!([1, 3, 4, 7, 8, 1000].map(|n| times(3, n)), [3, 6, 9, 9, 12, 30]);
    }
}
