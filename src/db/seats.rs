//! Class lists: which pupil sits where. Numbers are known to the lesson; names stay with the school.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::{Db, DbError};

/// A pupil on a class list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Number, 1 to 999, unique in the class.
    pub number: u16,
    /// Name, for the school's own eyes.
    pub name: String,
    /// The group it belongs to.
    #[serde(default)]
    pub group: Option<String>,
}

fn read(text: &str) -> Result<Vec<Seat>, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Value { column: "classrooms.seats" })
}

impl Db {
    /// A class's list, by number; empty if there is no such class.
    ///
    /// # Errors
    /// The database fails.
    pub async fn seats(&self, classroom: &str) -> Result<Vec<Seat>, DbError> {
        let row = sqlx::query("select seats from classrooms where id = $1")
            .bind(classroom)
            .fetch_optional(&self.read)
            .await?;
        row.map_or_else(|| Ok(Vec::new()), |row| read(row.get("seats")))
    }

    /// Replaces a class's list.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_seats(&self, classroom: &str, seats: &[Seat]) -> Result<(), DbError> {
        let text = serde_json::to_string(seats).map_err(|_| DbError::Value { column: "classrooms.seats" })?;
        let update = sqlx::query("update classrooms set seats = $1 where id = $2").bind(text).bind(classroom);
        update.execute(&self.write).await?;
        Ok(())
    }

    /// The class lists of a lesson, by classroom: as they were when it began, or as they are while it has not.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lesson_seats(&self, lesson: &str) -> Result<HashMap<String, Vec<Seat>>, DbError> {
        let rows = sqlx::query(
            "select lc.classroom, coalesce(lc.seats, c.seats) as seats
             from lesson_classrooms lc join classrooms c on c.id = lc.classroom where lc.lesson = $1",
        )
        .bind(lesson)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| Ok((row.get("classroom"), read(row.get("seats"))?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountRole;
    use crate::db::{Classroom, NewAccount, NewLesson, School, scratch};

    fn seat(number: u16) -> Seat {
        Seat { number, name: format!("学生{number}"), group: None }
    }

    #[tokio::test]
    async fn a_lesson_keeps_the_lists_it_began_with() {
        let (_folder, db) = scratch().await;
        db.add_school(&School { id: "s".into(), name: "良乡二中".into() }, 0).await.unwrap();
        let account = NewAccount {
            id: "m".into(),
            name: "wang".into(),
            display_name: "王老师".into(),
            role: AccountRole::Master,
            school: None,
            password_hash: String::new(),
        };
        db.add_account(&account, 0).await.unwrap();
        let room = Classroom {
            id: "c".into(),
            school: "s".into(),
            school_name: String::new(),
            name: "八（3）班".into(),
            assistant: None,
            assistant_name: None,
            consent: false,
        };
        db.add_classroom(&room, 0).await.unwrap();
        let lesson = NewLesson {
            id: "l".into(),
            title: "浮力".into(),
            subject: "物理".into(),
            master: "m".into(),
            starts_ms: 0,
            ends_ms: 1,
            recorded: false,
            floor_limit: 2,
            classrooms: vec!["c".into()],
        };
        db.add_lesson(&lesson, 0).await.unwrap();
        assert_eq!(db.lesson_seats("l").await.unwrap()["c"], []);
        db.set_seats("c", &[seat(1), seat(2)]).await.unwrap();
        assert_eq!(db.lesson_seats("l").await.unwrap()["c"].len(), 2);
        db.mark_started("l", 5).await.unwrap();
        db.set_seats("c", &[seat(1)]).await.unwrap();
        db.mark_started("l", 6).await.unwrap();
        assert_eq!(db.seats("c").await.unwrap(), [seat(1)]);
        assert_eq!(db.lesson_seats("l").await.unwrap()["c"].len(), 2, "as it began");
        let row = db.lesson("l").await.unwrap().unwrap();
        assert_eq!((row.started_ms, row.floor_limit), (Some(5), 2));
        assert_eq!(db.seats("nowhere").await.unwrap(), []);
    }
}
