//! What Kueue and the API server say about quota, in figures. Pure. Sources: Kueue,
//! `pkg/scheduler/flavorassigner/flavorassigner.go`; Kubernetes, `plugin/pkg/admission/resourcequota/controller.go`.

use crate::domain::{Amount, Clean};

/// How much of a resource is missing in a flavor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// The resource.
    pub resource: Clean,
    /// The flavor.
    pub flavor: Clean,
    /// So much more is needed than is free; none where there could never be enough.
    pub more: Option<Amount>,
    /// The most that there could ever be, where that is too little.
    pub most: Option<Amount>,
}

/// The shortage of the flavor that lacks least: another flavor that could never do does not matter then.
#[must_use]
pub fn shortage(message: &str) -> Option<Shortage> {
    let all = message.split("insufficient ").skip(1).filter_map(one);
    all.min_by_key(|s| (s.more.is_none(), s.more, std::cmp::Reverse(s.most)))
}

fn one(clause: &str) -> Option<Shortage> {
    let (_, rest) = clause.split_once("quota for ")?;
    let (resource, rest) = rest.split_once(" in flavor ")?;
    let end = rest.find([',', ' ', ';']).unwrap_or(rest.len());
    let (flavor, rest) = rest.split_at_checked(end)?;
    let before = |word: &str| {
        let (head, _) = rest.split_once(word)?;
        Amount::read(head.rsplit([' ', ',', '(']).next()?)
    };
    let most = rest.split_once("maximum capacity (").and_then(|(_, tail)| {
        let (digits, _) = tail.split_once(')')?;
        Amount::read(digits)
    });
    Some(Shortage {
        resource: Clean::new(resource),
        flavor: Clean::new(flavor),
        more: before(" more needed"),
        most,
    })
}

/// A pod that a quota refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// The quota.
    pub quota: Clean,
    /// What was asked of it beyond what is left, in the names of the quota.
    pub wanted: Vec<(Clean, Amount)>,
}

/// What `… is forbidden: exceeded quota: NAME, requested: a=1,b=2, used: a=4,b=2, limited: a=4,b=2` tells.
#[must_use]
pub fn exceeded(message: &str) -> Option<Exceeded> {
    let (_, rest) = message.split_once("exceeded quota: ")?;
    let (quota, rest) = rest.split_once(", requested: ").unwrap_or((rest, ""));
    let requested = rest.split(", used: ").next().unwrap_or_default();
    let wanted = requested.split(',').filter_map(|pair| {
        let (name, amount) = pair.trim().split_once('=')?;
        Some((Clean::new(name), Amount::read(amount)?))
    });
    Some(Exceeded {
        quota: Clean::new(quota),
        wanted: wanted.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flavor_that_lacks_least_is_told() {
        let message = "couldn't assign flavors to pod set main: insufficient quota for nvidia.com/gpu in flavor slices, previously considered \
            podsets requests (0) + current podset request (4) > maximum capacity (0), insufficient unused quota for nvidia.com/gpu in flavor \
            a100, 2 more needed";
        let found = shortage(message).unwrap();
        assert_eq!(
            (&*found.flavor, found.more),
            ("a100", Some(Amount::whole(2)))
        );
        let never = "couldn't assign flavors to pod set main: insufficient quota for nvidia.com/gpu in flavor a100, previously considered \
            podsets requests (0) + current podset request (64) > maximum capacity (16)";
        let found = shortage(never).unwrap();
        assert_eq!((found.more, found.most), (None, Some(Amount::whole(16))));
        for odd in [
            "",
            "insufficient ",
            "insufficient quota for x",
            "LocalQueue x doesn't exist",
        ] {
            assert_eq!(shortage(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_refusal_by_a_quota_tells_what_was_asked() {
        let message = "Error creating: pods \"sweep-x\" is forbidden: exceeded quota: kf-resource-quota, requested: \
            requests.nvidia.com/mig-1g.10gb=1,pods=1, used: requests.nvidia.com/mig-1g.10gb=4,pods=40, limited: pods=40";
        let found = exceeded(message).unwrap();
        assert_eq!(&*found.quota, "kf-resource-quota");
        assert_eq!(
            found.wanted[0],
            (
                Clean::new("requests.nvidia.com/mig-1g.10gb"),
                Amount::whole(1)
            )
        );
        assert_eq!(found.wanted.len(), 2);
        assert_eq!(exceeded("failed quota: x: must specify cpu"), None);
    }
}
