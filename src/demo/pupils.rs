//! The demo's class lists: forty made-up pupils a class, in groups.

use crate::db::Seat;

/// Pupils of a class.
pub(super) const PUPILS: u16 = 40;
const GROUP: u16 = 10;
const GROUPS: [&str; 4] = ["一组", "二组", "三组", "四组"];
const FAMILIES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马",
    "罗",
];
const GIVEN: [&str; 24] = [
    "子涵", "雨桐", "浩然", "欣怡", "宇轩", "思远", "梓萱", "俊杰", "诗涵", "明轩", "可欣", "博文", "佳怡", "天佑",
    "若曦", "一诺", "晨曦", "嘉豪", "语嫣", "泽宇", "静雯", "志远", "晓彤", "文博",
];

/// The list of the demo's class of that number: other names in every class.
pub(super) fn list(class: usize) -> Vec<Seat> {
    let seat = |number: u16| {
        let n = usize::from(number) + class * usize::from(PUPILS);
        let name = format!("{}{}", FAMILIES[n * 7 % FAMILIES.len()], GIVEN[(n * 5 + n / GIVEN.len()) % GIVEN.len()]);
        let group = GROUPS[usize::from((number - 1) / GROUP) % GROUPS.len()];
        Seat { number, name, group: Some(group.to_owned()) }
    };
    (1..=PUPILS).map(seat).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn lists_are_full_and_nearly_without_namesakes() {
        for class in 0..6 {
            let list = list(class);
            assert_eq!(list.len(), usize::from(PUPILS));
            let names: BTreeSet<&str> = list.iter().map(|seat| seat.name.as_str()).collect();
            assert!(names.len() >= 36, "{}", names.len());
            assert_eq!(list.iter().filter(|seat| seat.group.as_deref() == Some("二组")).count(), 10);
        }
    }
}
