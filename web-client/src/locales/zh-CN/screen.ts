/** 教室大屏自己的页面：配对、等上课。 */

export const screen = {
  title: "请辅导教师用手机配对",
  scan: "用手机扫右边的码",
  type: (host: string) => `或打开 ${host}/pair，输入下面的配对码`,
  confirm: "核对学校和教室，点“确认”",
  asking: "正在取配对码……",
  code: (code: string) => `配对码 ${code.split("").join(" ")}`,
  qr: "配对二维码",
  renews: (minutes: number, seconds: number) => `${minutes} 分 ${String(seconds).padStart(2, "0")} 秒后换新码。`,
  once: "配对一次即可，以后开机自动进入课堂。",
  netGood: "网络正常",
  noServer: "连不上服务器，正在重试",
  revoked: "这块大屏的配对已经解除。要继续使用，请重新配对。",
  refused: "配对被拒绝了，马上换一个新码。",
  noLesson: "今天没有课了",
  noLessonBody: "有新的课会自动出现。",
  next: "下一节",
  gap: " · ",
  inMinutes: (n: number) => (n > 90 ? `还有 ${Math.floor(n / 60)} 小时 ${n % 60} 分` : `还有 ${n} 分`),
  byItself: "上课前 15 分钟自动进入课堂，不用操作。",
  check: "设备检查",
};
