//! The order in which accepted requests wait for the master: who waits longest is next; among those of the same second,
//! whoever has spoken least in this lesson; then the one that was raised first. What the master put off comes after all
//! that was not, in the order in which it was put off.

use super::FloorRequest;
use crate::wire::FloorState;

/// Numbers the accepted hands from 1 and returns the indices of those whose place is new, in queue order.
///
/// `spoken_ms` tells how long a request's classroom has held the floor in this lesson so far.
pub(crate) fn renumber(requests: &mut [FloorRequest], spoken_ms: impl Fn(&FloorRequest) -> i64) -> Vec<usize> {
    let mut waiting: Vec<(Option<i64>, i64, i64, usize)> = requests
        .iter()
        .enumerate()
        .filter(|(_, request)| request.state == FloorState::Accepted)
        .map(|(index, request)| (request.put_off_ms, request.raised_ms.div_euclid(1_000), spoken_ms(request), index))
        .collect();
    waiting.sort_unstable();
    let mut moved = Vec::new();
    for (place, (_, _, _, index)) in (1..).zip(waiting) {
        let request = &mut requests[index];
        if request.position != Some(place) {
            request.position = Some(place);
            moved.push(index);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ClassroomId, FloorRequestId};

    fn accepted(name: &str, raised_ms: i64) -> FloorRequest {
        let mut request = FloorRequest::raised(FloorRequestId::new(name), ClassroomId::new(name), None, raised_ms);
        request.accept(raised_ms + 50_000);
        request
    }

    fn order(requests: &[FloorRequest]) -> Vec<&str> {
        let mut queue: Vec<_> = requests.iter().filter_map(|r| Some((r.position?, r.id.as_str()))).collect();
        queue.sort_unstable();
        queue.into_iter().map(|(_, id)| id).collect()
    }

    #[test]
    fn who_waits_longest_is_next_whenever_it_was_accepted() {
        let mut requests = vec![accepted("late", 9_000), accepted("early", 2_000), accepted("middle", 5_000)];
        renumber(&mut requests, |_| 0);
        assert_eq!(order(&requests), ["early", "middle", "late"]);
    }

    #[test]
    fn in_the_same_second_who_has_spoken_least_is_next() {
        let mut requests = vec![accepted("talker", 5_100), accepted("silent", 5_900)];
        renumber(&mut requests, |request| if request.id.as_str() == "talker" { 40_000 } else { 0 });
        assert_eq!(order(&requests), ["silent", "talker"]);
    }

    #[test]
    fn what_was_put_off_waits_behind_the_rest() {
        let mut requests = vec![accepted("twice", 1_000), accepted("once", 2_000), accepted("new", 9_000)];
        (requests[0].put_off_ms, requests[1].put_off_ms) = (Some(8_000), Some(7_000));
        renumber(&mut requests, |_| 0);
        assert_eq!(order(&requests), ["new", "once", "twice"]);
    }

    #[test]
    fn only_moved_places_are_reported() {
        let mut requests = vec![accepted("a", 1_000), accepted("b", 2_000)];
        assert_eq!(renumber(&mut requests, |_| 0).len(), 2);
        assert!(renumber(&mut requests, |_| 0).is_empty());
        requests.push(accepted("c", 3_000));
        assert_eq!(renumber(&mut requests, |_| 0), [2]);
    }
}
