/** What people paste: spreadsheets, saved files, typed lines, and their mistakes. */
import { describe, expect, it } from "vitest";
import { decodeFile, merged, NUMBER_MAX, problemsOf, readTable, SEATS_MAX } from "../src/lib/class-list";

const pupil = (number: number, name: string, group: string | null = null) => ({ number, name, group });

describe("a pasted class list", () => {
  const pair = [pupil(1, "王芳", "第一组"), pupil(2, "李明", "第二组")];
  it.each([
    ["cells of a spreadsheet", "座号\t姓名\t组别\n1\t王芳\t第一组\n2\t李明\t第二组\n"],
    ["other columns between, in another order", "性别,小组,姓名,座位号\r\n女,第一组,王芳,1\r\n男,第二组,李明,2"],
    ["no header", "1\t王芳\t第一组\n2\t李明\t第二组"],
    ["the name first", "王芳,1,第一组\n李明,2,第二组"],
    ["semicolons and quotes", '"seat";"name";"group"\n"1";"王芳";"第一组"\n2;"李明";第二组'],
    ["a byte order mark and empty lines", "\uFEFFno\tname\tteam\n\n1\t王芳\t第一组\n\n2\t李明\t第二组\n\n"],
    ["full-width digits and commas", "１，王芳，第一组\n２，李明，第二组"],
    ["typed lines", "1 王芳 第一组\n2 李明 第二组"],
    ["a seat number beside a student number", "学号\t座号\t姓名\t组\n20230312\t1\t王芳\t第一组\n20230313\t2\t李明\t第二组"],
    ["numbers a spreadsheet made decimals of", "1.0\t王芳\t第一组\n2.00\t李明\t第二组"],
  ])("reads %s", (_, text) => {
    expect(readTable(text).pupils).toEqual(pair);
  });

  it.each([
    ["names alone", "王芳\n李明", [pupil(1, "王芳"), pupil(2, "李明")], true],
    ["names with a header", "姓名\n王芳\n李明", [pupil(1, "王芳"), pupil(2, "李明")], true],
    ["names with long student numbers", "学号,姓名\n20230312,王芳\n20230313,李明", [pupil(1, "王芳"), pupil(2, "李明")], true],
    ["numbered lines", "1、王芳\n2、李明", [pupil(1, "王芳"), pupil(2, "李明")], false],
    ["English names", "1. Mary Ann Lee\n2. Tom Hill", [pupil(1, "Mary Ann Lee"), pupil(2, "Tom Hill")], false],
    ["gaps in the numbers", "3\t王芳\n7\t李明", [pupil(3, "王芳"), pupil(7, "李明")], false],
    ["a quoted cell with a comma and a line break", '1,"Lee, Mary\nAnn",A\n2,"""Tom""",B', [pupil(1, "Lee, Mary Ann", "A"), pupil(2, '"Tom"', "B")], false],
    ["nothing", " \n\n", [], false],
  ])("reads %s", (_, text, pupils, numbered) => {
    const list = readTable(text);
    expect(list.pupils).toEqual(pupils);
    expect(list.numbered).toBe(numbered);
  });

  it("says for every line what is wrong with it, by the line's own number", () => {
    const lines = ["座号,姓名,组", "1,王芳,A", ",李明,A", "0,赵强,A", "1,陈静,A", "5,,A", "x,刘洋,A", `6,${"长".repeat(65)},A`, `7,杨帆,${"组".repeat(17)}`, "8,孙悦,"];
    const list = readTable(lines.join("\n"));
    expect(list.lines.map(({ line, problem }) => [line, problem])).toEqual([
      [2, null],
      [3, "no_number"],
      [4, "bad_number"],
      [5, "number_twice"],
      [6, "no_name"],
      [7, "bad_number"],
      [8, "name_too_long"],
      [9, "group_too_long"],
      [10, null],
    ]);
    expect(list.pupils).toEqual([pupil(1, "王芳", "A"), pupil(8, "孙悦")]);
    expect(list.header).toBe(true);
  });

  it("counts lines as the spreadsheet does when a cell holds a line break", () => {
    const list = readTable('1,"王\n芳"\n\n2,');
    expect(list.lines.map(({ line, problem }) => [line, problem])).toEqual([
      [1, null],
      [4, "no_name"],
    ]);
  });

  it("takes as many as a class may have, and reads no endless paste", () => {
    const rows = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\t名`).join("\n");
    const list = readTable(rows(SEATS_MAX + 1));
    expect(list.pupils.length).toBe(SEATS_MAX);
    expect(list.lines.at(-1)?.problem).toBe("too_many");
    expect(readTable(rows(800)).unread).toBe(300);
  });

  it("keeps no letters that are not seen", () => {
    expect(readTable("1\t王\u202e芳\u0007\t\u200bA  组").pupils).toEqual([pupil(1, "王芳", "A 组")]);
  });
});

describe("a list typed by hand", () => {
  it("has a verdict for each row", () => {
    const rows = [
      { number: 1, name: "王芳", group: null },
      { number: null, name: "李明", group: null },
      { number: 1, name: "赵强", group: null },
      { number: NUMBER_MAX + 1, name: "陈静", group: null },
      { number: 4, name: " ", group: null },
      { number: 2.5, name: "刘洋", group: null },
    ];
    expect(problemsOf(rows)).toEqual([null, "no_number", "number_twice", "bad_number", "no_name", "bad_number"]);
  });

  it("takes a paste in by number", () => {
    const before = [pupil(1, "王芳", "A"), pupil(3, "李明")];
    expect(merged(before, [pupil(2, "赵强"), pupil(3, "李鸣", "B")])).toEqual([pupil(1, "王芳", "A"), pupil(2, "赵强"), pupil(3, "李鸣", "B")]);
  });
});

describe("a saved file", () => {
  it.each([
    ["UTF-8", [0x31, 0x2c, 0xe7, 0x8e, 0x8b]],
    ["GBK", [0x31, 0x2c, 0xcd, 0xf5]],
    ["UTF-16", [0xff, 0xfe, 0x31, 0x00, 0x2c, 0x00, 0x8b, 0x73]],
  ])("in %s is read", (_, bytes) => {
    expect(decodeFile(new Uint8Array(bytes))).toBe("1,王");
  });
});
