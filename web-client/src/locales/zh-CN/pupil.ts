/** 学生设备上的答题页（简体中文）。 */

export const pupil = {
  title: "答题",
  lead: "输入老师给的六位代码。",
  code: "代码",
  next: "进入",
  short: "代码是六位。",
  unknown: "没有这个代码，或者课已经结束。请看看大屏，再输一次。",
  whoTitle: "你是哪个班、几号？",
  classroom: "班级",
  seat: "座位号",
  begin: "开始答题",
  needSeat: "请填座位号。",
  as: (room: string, seat: number) => `${room} ${seat} 号`,
  change: "不是我",
  waiting: "老师还没出题",
  waitingBody: "出题后这里会自动显示，不用刷新。",
  number: "答案（数字）",
  send: "交上",
  notANumber: "请填一个数字，例如 0.8",
  sent: (answer: string) => `已交：${answer}`,
  mayChange: "收题前可以改。",
  left: (time: string) => `还剩 ${time}`,
  problem: {
    seat_taken: "这个座位已经有别的设备在答。请核对座位号，或者告诉老师。",
    other_seat: "这台设备已经替另一个座位答过。请用自己的设备，或者告诉老师。",
    poll_closed: "已经收题了。",
    no_cookie: "浏览器不让保存 Cookie，答不了题。请换一个浏览器。",
    seat: "名单上没有这个座位号。",
    answer: "没有这个选项。",
  },
};

export type PupilMessages = typeof pupil;
