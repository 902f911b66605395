/** 讲义与白板；随堂测的结果图；回放的章节。 */

export const surface = {
  page: (n: number) => `讲义第 ${n} 页`,
  board: (n: number) => `白板第 ${n} 页`,
  loading: (n: number) => `第 ${n} 页正在打开……`,
  failed: "讲义暂时打不开，正在重试",
  missing: (n: number) => `第 ${n} 页讲义没有取到，讲课的声音和画面照常播放。`,
  retry: "再取一次",
};

export const poll = {
  others: "其他",
  right: "正确答案",
  people: (n: number) => `${n} 人`,
  noAnswers: "还没有人作答",
};

export const chapters = { title: "章节", floor: "连线发言", lost: "直播室断线" };
