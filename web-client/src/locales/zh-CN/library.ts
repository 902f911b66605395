/** 课例库。 */

export const library = {
  title: "课例库",
  search: "搜课题、老师",
  searchButton: "搜索",
  clear: "清除",
  found: (n: number) => `找到 ${n} 节`,
  all: "全部课例",
  more: "再看一些",
  empty: "还没有课例",
  emptyBody: "课一下课，录像就会出现在这里。",
  noneFound: (query: string) => `没有找到“${query}”`,
  noneFoundBody: "换一个短一点的词，或者看看全部课例。",
  showAll: "看全部",
  state: { recording: "正在录", ready: "可回放", damaged: "有缺损" },
  watch: "看回放",
  noPoster: "没有封面",
};
