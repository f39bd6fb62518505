//! Which device of a node the device plugin has given to which pod. Written by the played scheduler. Pure.

use super::dcgm::Device;
use crate::demo::store::Name;
use crate::demo::world::Cut;

/// All devices of all nodes.
#[derive(Debug, Clone, Default)]
pub(in crate::demo) struct Rack(Vec<Device>);

impl Rack {
    /// Puts in the boards of a node: whole ones first, then those that are cut, as many slices on each as fit.
    pub(in crate::demo) fn fill(&mut self, node: &str, model: &str, resources: &[(&str, u64)]) {
        let device = |gpu: u32, slice: Option<(u32, String)>| Device {
            node: node.to_owned(),
            model: model.replace('-', " "),
            gpu,
            slice,
            held: None,
            lost: None,
        };
        let mut gpu = 0;
        for (resource, count) in resources {
            let Some(profile) = resource.strip_prefix("nvidia.com/mig-") else {
                for _ in 0..*count {
                    self.0.push(device(gpu, None));
                    gpu += 1;
                }
                continue;
            };
            // instance ids as the driver gives them: 1 and 2 for halves, from 7 on for sevenths
            let (each, first) = if profile.starts_with('3') {
                (2, 1)
            } else {
                (7, 7)
            };
            for n in 0..u32::try_from(*count).unwrap_or(0) {
                let slice = (first + n % each, profile.to_owned());
                self.0.push(device(gpu + n / each, Some(slice)));
            }
            gpu += u32::try_from(*count).unwrap_or(0).div_ceil(each);
        }
    }

    /// How many boards a node has.
    pub(in crate::demo) fn boards(&self, node: &str) -> u32 {
        let all = self.0.iter().filter(|d| d.node == node);
        all.map(|d| d.gpu + 1).max().unwrap_or(0)
    }

    /// Cuts the boards of a node anew; nobody holds one.
    pub(in crate::demo) fn cut(&mut self, node: &str, model: &str, boards: &[Cut]) {
        let own = self.0.iter().filter(|d| d.node == node);
        let lost: Vec<(u32, Option<i64>)> = own.map(|d| (d.gpu, d.lost)).collect();
        let lost = |gpu: u32| lost.iter().find(|(g, _)| *g == gpu).and_then(|(_, at)| *at);
        self.0.retain(|d| d.node != node);
        for (gpu, cut) in (0..).zip(boards) {
            let device = |slice| Device {
                node: node.to_owned(),
                model: model.replace('-', " "),
                gpu,
                slice,
                held: None,
                lost: lost(gpu),
            };
            if cut.is_empty() {
                self.0.push(device(None));
            }
            // the driver numbers halves from 1 on, and sevenths from 7 on
            for (profile, count) in cut {
                let first: u32 = match profile.chars().next() {
                    Some('1') => 7,
                    Some('2') => 3,
                    _ => 1,
                };
                let slices = (first..).take(usize::try_from(*count).unwrap_or(0));
                self.0
                    .extend(slices.map(|id| device(Some((id, profile.clone())))));
            }
        }
    }

    /// A board is gone from the bus.
    pub(in crate::demo) fn lose(&mut self, node: &str, gpu: u32, at: i64) {
        let mine = |d: &&mut Device| d.node == node && d.gpu == gpu;
        for device in self.0.iter_mut().filter(mine) {
            device.lost = Some(at);
        }
    }

    /// Gives devices of a resource to a container.
    pub(in crate::demo) fn give(
        &mut self,
        (node, resource, count): (&str, &str, u64),
        pod: &Name,
        container: &str,
        at: i64,
    ) {
        let wanted = resource.strip_prefix("nvidia.com/mig-");
        let free = |d: &&mut Device| {
            let fits = d.slice.as_ref().map(|(_, profile)| profile.as_str()) == wanted;
            d.node == node && fits && d.held.is_none() && d.lost.is_none()
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        for device in self.0.iter_mut().filter(free).take(count) {
            device.held = Some((
                pod.namespace.clone(),
                pod.name.clone(),
                container.to_owned(),
                at,
            ));
        }
    }

    /// Takes back what a pod has.
    pub(in crate::demo) fn take_back(&mut self, pod: &Name) {
        for device in &mut self.0 {
            let its = |(namespace, name, ..): &(String, String, String, i64)| {
                *namespace == pod.namespace && *name == pod.name
            };
            if device.held.as_ref().is_some_and(its) {
                device.held = None;
            }
        }
    }

    pub(in crate::demo) fn devices(&self) -> &[Device] {
        &self.0
    }
}
